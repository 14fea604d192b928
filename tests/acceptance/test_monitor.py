"""The monitor, by its schedule: an event when what served no longer serves, another when it does again, none else."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

from fleetgate.local.run import LocalRun
from localcloud.container.kube import CLUSTER_APIS
from shared import labels
from tests.acceptance.hands import WEST
from tests.acceptance.runs import store
from tests.support.local_cloud import let_pass

HALF_HOURLY = "*/30 * * * *"
TURN = 1800.0 + 900.0  # seconds in which a turn of the monitor begins, and ends, whatever it finds


def serving(local: LocalRun) -> str:
    (anchor,) = local.cloud.dump()["resources"]["compute.addresses"].values()
    return str(anchor["labels"][labels.SERVING])


def test_it_tells_what_changes_and_nothing_else() -> None:
    """Somebody deletes a route by hand; a deploy brings it back, and says that it serves again."""

    async def story() -> None:
        async with LocalRun(seed=1) as local:
            events: list[dict[str, Any]] = []
            local.cloud.broker.listen(local.installation.topic("events"), events.append)
            document = store()
            del document["ttl"]
            assert "done" == (await local.deploy(document)).outcome
            local.installation.schedule_monitor(HALF_HOURLY)
            proven = serving(local)
            await let_pass(local.cloud, 2 * TURN)
            assert (["verified"], "verified") == (_kinds(events), serving(local).partition("-")[0])
            assert proven < serving(local)

            west = local.cloud.world[CLUSTER_APIS].get(WEST)
            assert west is not None
            west.delete("gateway.networking.k8s.io/HTTPRoute", "store", "store-route")
            await let_pass(local.cloud, 2 * TURN)
            assert ["verified", "broken"] == _kinds(events)
            told = json.loads(base64.b64decode(events[-1]["data"]))
            assert f"broken-{told['since']}" == serving(local)
            assert ("store", "verify") == (told["environment"], told["action"])

            assert "done" == (await local.deploy(document)).outcome
            await let_pass(local.cloud, TURN)
            assert ["verified", "broken", "recovered", "verified"] == _kinds(events)

    asyncio.run(story())


def _kinds(events: list[dict[str, Any]]) -> list[str]:
    return [each["attributes"]["ce-type"].rpartition(".")[2] for each in events]
