"""gcloud as a judge: it must find nothing odd in what compute answers."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from localcloud.compute import create_default_network, service
from tests.support.judges import Gcloud, gcloud_in, judged_by_gcloud
from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import a_world

pytestmark = judged_by_gcloud


@pytest.fixture
def gcloud(tmp_path: Path) -> Iterator[Gcloud]:
    """gcloud against a project with an auto-mode default network, on a clock that runs fast."""
    world = a_world("compute")
    create_default_network(world, PROJECT)
    with gcloud_in(world, [service], PROJECT, tmp_path) as judge:
        yield judge


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


@pytest.mark.long  # `tests/acceptance/test_google_programs.py` has gcloud read what a deploy made
def test_gcloud_makes_finds_and_deletes(gcloud: Gcloud) -> None:
    """Its own commands, their waits and its schema checks, on two chains side by side."""
    with ThreadPoolExecutor(2) as pool:
        for chain in [pool.submit(_subnetworks, gcloud), pool.submit(_addresses, gcloud)]:
            chain.result()
