"""A copy of an old message changes nothing, however late; and the newest request wins, whoever it comes from."""

from __future__ import annotations

import asyncio
import json

import pytest

from fleetgate.local.installation import HOME_PROJECT
from fleetgate.local.run import LocalRun
from localcloud.wire.messages import Json
from tests.acceptance.races import LIGHT
from tests.acceptance.runs import settle, store
from tests.support.copies import HOUR, Wiretap, deliver_late, ended
from tests.support.local_cloud import let_pass, put_anchor

DAYS = {"action": "extend", "name": "store", "ttl": "30d"}
FOR_EVER = {key: value for key, value in store().items() if key != "ttl"}
REFUSED = {"us-west1": "10.129.0.0/23", "us-east1": "10.130.0.0/23"}  # by a network in auto mode


def deploying(document: Json) -> Json:
    return {"action": "deploy", "environment": document}


def anchors(local: LocalRun) -> list[Json]:
    return [
        each for name, each in local.cloud.world.store["compute.addresses"].items() if "/fleetgate-" in name
    ]


@pytest.mark.parametrize(("hours", "document"), [(5, store(ttl="1h")), (20, FOR_EVER)], ids=["5 h", "20 h"])
def test_a_deploy_that_comes_hours_late_makes_nothing(hours: int, document: Json) -> None:
    """It brought the clusters back, with a lease that was over, or with none. Now its ending says what to do."""

    async def scenario() -> None:
        async with LocalRun(seed=1, preload=LIGHT) as local:
            events = Wiretap(local, "events")
            before = local.cloud.dump()
            result = await ended(local, deliver_late(local, deploying(document), hours * HOUR))
            await settle(local, [])

            assert "stale" == result["outcome"]
            assert f"published {hours} h ago" in result["cause"]
            assert "Publish it again if it is still wanted." == result["fix"]
            assert before == local.cloud.dump()
            assert ["dev.fleetgate.environment.stale"] == [
                each["attributes"]["ce-type"] for each in events.messages
            ]

    asyncio.run(scenario())


def test_an_old_extension_does_not_reach_a_later_life() -> None:
    """It turned a lease of one hour into thirty days."""

    async def scenario() -> None:
        async with LocalRun(seed=1, preload=LIGHT) as local:
            now = local.cloud.world.clock.now
            claimed = {"action": "deploy", "project": HOME_PROJECT, "expires": str(int(now + HOUR))}
            put_anchor(local.installation, f"{int(now - 60) * 1000}-1", "gone", **claimed)
            before = anchors(local)
            outcomes = [
                (await ended(local, deliver_late(local, DAYS, age)))["outcome"] for age in (600, 5 * HOUR)
            ]

            assert ["superseded", "stale"] == outcomes
            assert before == anchors(local)

    asyncio.run(scenario())


def test_a_copy_of_a_claim_that_was_refused_takes_no_fleet() -> None:
    """It made an anchor again, for an execution that has ended: the fleet was in use for good."""

    async def scenario() -> None:
        async with LocalRun(seed=1) as local:
            claims = Wiretap(local, "environment")
            refused = await local.deploy(store(proxyRanges=REFUSED))
            assert "blocked" == refused.outcome
            claims.deliver_again()
            await settle(local, [])

            assert not [each for each in anchors(local) if "fleetgate-project" in each.get("labels", {})]
            newest = local.installation.publish(json.dumps(deploying(store(name="other"))).encode())
            await local.cloud.run_until(lambda: any("other" in each["name"] for each in anchors(local)))
            await let_pass(local.cloud, 8.0)
            holder = next(each for each in anchors(local) if "other" in each["name"])
            assert holder["labels"]["fleetgate-generation"].endswith(newest)

    asyncio.run(scenario())
