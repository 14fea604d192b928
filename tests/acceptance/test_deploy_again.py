"""A deploy of what stands already: nothing is looked at twice, and what was changed by hand is mended all the same."""

from __future__ import annotations

import asyncio

from fleetgate.local.run import LocalRun
from localcloud.container.kube import CLUSTER_APIS
from tests.acceptance.hands import WEST
from tests.acceptance.runs import STORE, settle

EXPORT = "net.gke.io/ServiceExport"


async def _again() -> None:
    async with LocalRun() as local:
        assert "done" == (await local.deploy(STORE)).outcome
        await settle(local, [])

        local.cloud.log.calls.clear()
        assert "done" == (await local.deploy(STORE)).outcome
        lists = [c for c in local.cloud.log.calls if c.method.endswith("features.list")]
        assert 1 == len(lists), "check looks once, and no apply after it"

        api = local.cloud.world[CLUSTER_APIS][WEST]
        export = api.list(EXPORT, labels={"fleetgate-env": "store"})[0]["metadata"]
        api.delete(EXPORT, export["namespace"], export["name"])
        assert "done" == (await local.deploy(STORE)).outcome
        names = [each["metadata"]["name"] for each in api.list(EXPORT, labels={"fleetgate-env": "store"})]
        assert export["name"] in names, "what was deleted by hand is made again"


def test_what_stands_is_looked_at_once_and_what_was_deleted_is_mended() -> None:
    """The shortcut is for what check found as wanted, and for nothing else."""
    asyncio.run(_again())
