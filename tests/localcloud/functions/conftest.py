"""One cloud for all scenes of a module: each deploys a function of its own name."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from tests.localcloud.functions.clouds import APIS, Shop, a_cloud
from tests.support.projects import CLOUD_PROJECT as PROJECT

SEED = 5

Play = Callable[[Callable[[Shop], Coroutine[Any, Any, None]]], None]


@pytest.fixture(scope="module")
def play() -> Iterator[Play]:
    """Plays a scene in the cloud."""
    with pytest.MonkeyPatch.context() as patch, asyncio.Runner() as runner:
        patch.setitem(os.environ, "SECRET_OF_THE_PARENT", "hush")
        cloud = runner.run(a_cloud(SEED).__aenter__())
        cloud.create_project(PROJECT, APIS)
        shop = Shop(cloud)
        yield lambda scene: runner.run(scene(shop))
        runner.run(cloud.__aexit__(None, None, None))
        assert not cloud.folder.exists()
