"""Who comes first: the owner of a fleet stays its owner, and a sweep's teardown is as old as what the sweep saw."""

from __future__ import annotations

import asyncio
import json

import pytest

from fleetgate.local.installation import HOME_PROJECT
from fleetgate.local.run import LocalRun
from localcloud.time.clock import rfc3339_pacific
from localcloud.wire.messages import Json
from tests.acceptance.races import ANCHOR, LIGHT
from tests.acceptance.runs import store
from tests.support.copies import HOUR, deliver_late, ended
from tests.support.local_cloud import let_pass, put_anchor

GHOST = ANCHOR.replace("fleetgate-store", "fleetgate-ghost")


def labels_of(local: LocalRun, name: str = ANCHOR) -> Json:
    found: Json = (local.cloud.world.store["compute.addresses"].get(name) or {}).get("labels", {})
    return found


def publish(local: LocalRun, request: Json) -> str:
    return local.installation.publish(json.dumps(request).encode())


def deploying(**changes: object) -> Json:
    return {"action": "deploy", "environment": store(**changes)}


def owned(local: LocalRun, **values: str) -> str:
    """An environment that stands; its generation."""
    generation = f"{int(local.cloud.world.clock.now - 2 * HOUR) * 1000}-1"
    place = {
        "project": HOME_PROJECT,
        "network": "default",
        "gateway": "store_2finternal-cross-region-gateway",
    }
    put_anchor(local.installation, generation, "gone", action="deploy", **place, **values)
    return generation


def test_a_deploy_that_a_sweep_did_not_see_is_newer_than_its_teardown() -> None:
    """It was published a moment before, and came a moment after."""

    async def scenario() -> None:
        async with LocalRun(seed=1, preload=LIGHT) as local:
            now = int(local.cloud.world.clock.now)
            seen = owned(local, expires=str(now - 60))
            swept = {"action": "teardown", "name": "store", "generation": seen, "expires": now - 60}
            teardown = publish(local, swept)
            await local.cloud.run_until(lambda: labels_of(local)["fleetgate-action"] == "teardown")
            newest = deliver_late(local, deploying(), local.cloud.world.clock.now - now + 1)
            result = await ended(local, teardown)

            assert "superseded" == result["outcome"]
            assert labels_of(local)["fleetgate-generation"].endswith(f"-{newest}")

    asyncio.run(scenario())


@pytest.mark.long
def test_a_ghost_does_not_take_a_fleet_from_its_owner() -> None:
    """Somebody tears down a name that there is not, and deploys it while that runs, into a fleet that is in use."""

    async def scenario() -> None:
        async with LocalRun(seed=1, preload=LIGHT) as local:
            teardown = publish(local, {"action": "teardown", "name": "ghost"})
            await local.cloud.run_until(lambda: "fleetgate-action" in labels_of(local, GHOST))
            owned(local)
            anchors, created = local.cloud.world.store["compute.addresses"], local.cloud.world.clock.now
            anchors.change(
                ANCHOR, creationTimestamp=rfc3339_pacific(created)
            )  # it is younger than the ghost's
            deploy = await ended_in(local, publish(local, deploying(name="ghost")))
            newest = publish(local, deploying())
            await let_pass(local.cloud, 5.0)

            assert ("blocked", "FLEET_IN_USE") == (deploy["outcome"], deploy["code"])
            assert labels_of(local)["fleetgate-generation"].endswith(f"-{newest}")
            assert "done" == (await ended_in(local, teardown))["outcome"]

    asyncio.run(scenario())


async def ended_in(local: LocalRun, message: str) -> Json:
    """The result of a message's execution, whatever else is under way."""
    executions, workflow = local.cloud.executions, local.installation.workflow
    await local.cloud.run_until(lambda: any(each.ended for each in executions.of_event(workflow, message)))
    result: Json = json.loads(executions.of_event(workflow, message)[0].run.result or "{}")
    return result
