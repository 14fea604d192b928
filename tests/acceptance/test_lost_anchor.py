"""A teardown by name alone, of an environment whose anchor somebody has deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch

import pytest

from fleetgate.local.identities import prepare_fleet_project
from fleetgate.local.installation import HOME_PROJECT, Installation
from fleetgate.local.resources import compact
from fleetgate.local.run import LocalRun
from tests.acceptance import occupied
from tests.acceptance.runs import store
from tests.support.dumps import left
from tests.support.local_cloud import call, let_pass

ELSEWHERE = "fleet-prod"
ANCHOR = f"compute/compute/v1/projects/{HOME_PROJECT}/regions/us-central1/addresses/fleetgate-store"


@contextmanager
def two_projects() -> Iterator[None]:
    """Fleetgate's own project is one in which environments can be, too."""
    install, settings = Installation.install, Installation._settings

    def install_both(self: Installation, network_mode: str = "auto", sweep: bool = False) -> None:
        install(self, network_mode, sweep)
        prepare_fleet_project(self.cloud.world, self._roles, replace(self._place, fleet=HOME_PROJECT))

    def settings_of_both(self: Installation) -> dict[str, str]:
        networks = (self.network, f"projects/{HOME_PROJECT}/global/networks/default")
        topics = dict.fromkeys(networks, self.topic("verification-default"))
        return settings(self) | {"FLEETGATE_VERIFICATION_NETWORKS": compact(topics)}

    with (
        patch.object(Installation, "install", install_both),
        patch.object(Installation, "_settings", settings_of_both),
    ):
        yield


async def lose_anchor(local: LocalRun) -> None:
    """Somebody deletes the address."""
    call(local.cloud, "DELETE", ANCHOR)
    await let_pass(local.cloud, 60.0)


@pytest.mark.long
def test_what_is_in_another_project_is_not_clean() -> None:
    """It is found in the projects in which environments can be, and told; with the spec it is removed as ever."""

    async def scenario() -> None:
        async with LocalRun(seed=2, project=ELSEWHERE) as local:
            before, document = local.cloud.dump(), store(project=ELSEWHERE)
            assert "done" == (await local.deploy(document)).outcome
            await lose_anchor(local)
            removed = await local.teardown("store")

            assert "leaked" == removed.outcome, removed.diagnoses
            (told,) = removed.diagnoses
            assert "Deploy its spec again and tear it down" in told.fix
            found = [each for each in removed.leaks if "/clusters/" in each["resource"]]
            assert {"gke-west-1", "gke-east-1"} == {each["resource"].rpartition("/")[2] for each in found}
            assert all(f"--project={ELSEWHERE}" in each["fix"] for each in removed.leaks)

            assert "done" == (await local.deploy(document)).outcome
            assert "done" == (await local.teardown("store")).outcome
            assert [] == await left(local, before)

    with two_projects():
        asyncio.run(scenario())


@pytest.mark.long
def test_where_environments_can_be_in_one_project_it_is_removed_there() -> None:
    """Also if that is not Fleetgate's own."""

    async def scenario() -> None:
        async with LocalRun(seed=2, project=ELSEWHERE) as local:
            before = local.cloud.dump()
            assert "done" == (await local.deploy(store(project=ELSEWHERE))).outcome
            await lose_anchor(local)

            assert ("done", []) == ((removed := await local.teardown("store")).outcome, removed.leaks)
            assert [] == await left(local, before)

    asyncio.run(scenario())


@pytest.mark.long
def test_what_is_in_another_network_of_the_home_project_is_removed_by_its_marks() -> None:
    """The marks are looked for in every network."""

    async def scenario() -> None:
        async with LocalRun(seed=2, **occupied.IN_APPS) as local:
            before = local.cloud.dump()
            assert "done" == (await local.deploy(store(**occupied.APPS))).outcome
            await lose_anchor(local)

            assert ("done", []) == ((removed := await local.teardown("store")).outcome, removed.leaks)
            assert [] == await left(local, before)

    asyncio.run(scenario())
