"""gcloud as a judge: it must find nothing odd in what compute answers."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from localcloud.compute import create_default_network, service
from localcloud.edge import Edge
from localcloud.wire.dispatch import Dispatch
from localcloud.wire.identities import Identities
from localcloud.wire.log import CallLog
from localcloud.wire.messages import Caller, Response
from localcloud.world import World

from .conftest import PROJECT

TICK = 0.005  # real seconds for a simulated one

pytestmark = [
    pytest.mark.judge,
    pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed"),
]


class AtOnce:
    """A schedule that answers whoever calls."""

    async def admit(self, actor: str | None, kind: str, answer: Callable[[], Response]) -> Response:
        """The answer, now."""
        return answer()


@dataclass
class Gcloud:
    """gcloud, pointed at the service by its own variables."""

    environment: dict[str, str]

    def run(self, *words: str) -> tuple[int, str, str]:
        """(exit status, standard output, standard error) of a command."""
        command = ["gcloud", *words, "--quiet", f"--project={PROJECT}"]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def json(self, *words: str) -> Any:
        """What a command that is expected to succeed prints as JSON."""
        status, output, errors = self.run(*words, "--format=json")
        assert status == 0, errors
        return json.loads(output)


async def _serve(
    world: World, identities: Identities, ready: Callable[[str], None], over: threading.Event
) -> None:
    log = CallLog()
    dispatch = Dispatch(world, [service], log).dispatch
    edge = Edge(world, identities, AtOnce(), log, dispatch, dispatch)
    ready(edge.open("services", edge.handle_service))
    while not over.is_set():
        world.clock.advance_to(world.clock.now + 1)
        await asyncio.sleep(TICK)
    await edge.stop()


@pytest.fixture
def gcloud(tmp_path: Path) -> Iterator[Gcloud]:
    """gcloud against a project with an auto-mode default network, on a clock that runs fast."""
    world, identities = World.create(seed=7), Identities()
    world.projects.create(PROJECT).enabled.add("compute.googleapis.com")
    create_default_network(world, PROJECT)
    address: list[str] = []
    listening, over = threading.Event(), threading.Event()

    def ready(where: str) -> None:
        address.append(where)
        listening.set()

    thread = threading.Thread(target=lambda: asyncio.run(_serve(world, identities, ready, over)))
    thread.start()
    assert listening.wait(10)
    token = tmp_path / "token"
    token.write_text(identities.issue(Caller("dev@example.com")))
    yield Gcloud(
        {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "CLOUDSDK_CONFIG": str(tmp_path / "config"),
            "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
            "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
            "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
            "CLOUDSDK_CORE_CHECK_GCE_METADATA": "false",
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": f"http://{address[0]}/compute/compute/v1/",
        }
    )
    over.set()
    thread.join(10)


def _subnetworks(gcloud: Gcloud) -> None:
    subnets = ("compute", "networks", "subnets")
    proxy = (
        "proxy",
        "--region=us-west1",
        "--network=default",
        "--purpose=GLOBAL_MANAGED_PROXY",
        "--role=ACTIVE",
    )
    status, _, errors = gcloud.run(*subnets, "create", *proxy, "--range=10.129.0.0/23")
    assert status == 1 and "cannot overlap with 10.128.0.0/9" in errors
    (made,) = gcloud.json(*subnets, "create", *proxy, "--range=10.120.0.0/23")
    assert gcloud.json(*subnets, "describe", "proxy", "--region=us-west1") == made
    status, _, errors = gcloud.run(*subnets, "delete", "proxy", "--region=us-west1")
    assert status == 0, errors


def _addresses(gcloud: Gcloud) -> None:
    addresses = ("compute", "addresses")
    made = gcloud.json(*addresses, "create", "vip", "--region=us-west1", "--subnet=default")
    found = gcloud.json(*addresses, "list", "--filter=name=vip AND status=RESERVED")
    assert found == made
    subnetworks = gcloud.json("compute", "networks", "subnets", "list", "--network=default")
    assert len(subnetworks) >= 42
    status, _, errors = gcloud.run("compute", "networks", "delete", "default")
    assert status == 1 and "is already being used by" in errors


def test_gcloud_makes_finds_and_deletes(gcloud: Gcloud) -> None:
    """Its own commands, their waits and its schema checks, on two chains side by side."""
    with ThreadPoolExecutor(2) as pool:
        for chain in [pool.submit(_subnetworks, gcloud), pool.submit(_addresses, gcloud)]:
            chain.result()
