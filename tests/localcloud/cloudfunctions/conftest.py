"""A project whose functions are deployed by their API, without processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.localcloud.cloudfunctions.clouds import Deploying


@pytest.fixture
def cloud(tmp_path: Path) -> Deploying:
    """With a topic, a repository, an archive and Eventarc's agent."""
    return Deploying(tmp_path)
