"""After a teardown the cloud is what it was: in another network, and with clusters that were there before."""

from __future__ import annotations

import asyncio

import pytest

from fleetgate.local.run import LocalRun
from shared.google.importer import ROLE
from tests.acceptance import foreign, occupied
from tests.acceptance.runs import STORE, settle, store
from tests.acceptance.test_teardown import lived
from tests.support.dumps import left, swept


@pytest.mark.long
def test_nothing_is_left_in_a_network_of_another_name() -> None:
    """With subnetworks of another name, too."""

    async def scenario() -> None:
        async with LocalRun(seed=7, **occupied.IN_APPS) as local:
            before, outcomes = await lived(local, store(**occupied.APPS))

            assert ["done", "done"] == outcomes
            assert [] == await left(local, before)

    asyncio.run(scenario())


@pytest.mark.long
def test_existing_clusters_keep_all_that_others_made_in_them() -> None:
    """In the fleet before, with namespaces, objects and an export of somebody's: all of it stays."""

    async def scenario() -> None:
        async with LocalRun(seed=8) as local:
            await occupied.occupy(local)
            document = occupied.document()
            before, theirs = local.cloud.dump(), occupied.picture(local)
            deployed = await local.deploy(document)
            await settle(local, [])
            assert ("done", theirs) == (deployed.outcome, occupied.picture(local))

            removed = await local.teardown("store")
            await settle(local, [])
            assert ("done", theirs) == (removed.outcome, occupied.picture(local))
            assert [] == await left(local, before)

    asyncio.run(scenario())


@pytest.mark.long
def test_no_firewall_rule_is_left_where_multi_cluster_services_stay() -> None:
    """Other people enabled them, so they are not disabled: clusters leave the fleet, then the rule goes, then they."""

    async def scenario() -> None:
        async with LocalRun(seed=9) as local:
            await foreign.make(local)
            before, outcomes = await lived(local, STORE)

            assert ["done", "done"] == outcomes
            assert [] == [each for each in await swept(local, before) if ROLE not in each], (
                "but for the importer's grant, which others use"
            )

    asyncio.run(scenario())
