"""Zones and regions that cannot be reached: elsewhere they change nothing, in an environment's own it waits."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from fleetgate.local.run import LocalRun
from fleetgate.report import Outcome, Report
from localcloud.faults.outages import OUTAGES
from localcloud.records.call_log import LoggedCall
from tests.acceptance.runs import settle, store
from tests.support.dumps import left

Json = dict[str, Any]

FAR_ZONES, FAR_REGION = ("asia-east1-a", "europe-west1-b"), "asia-east1"
OWN = "us-west1"  # the config cluster's, so that every step needs it


async def life(*places: str, removal: bool = True) -> tuple[list[object], list[Outcome], Json]:
    """Every call of an environment's life while these places cannot be reached, its outcomes, and what is left."""
    async with LocalRun(seed=4) as local:
        local.cloud.world[OUTAGES].begin(*places)
        outcomes = [(await local.deploy(store())).outcome]
        outcomes += [(await local.teardown("store")).outcome] if removal else []
        await settle(local, [])
        return [*map(_told, local.cloud.log.calls)], outcomes, local.cloud.dump()


def _told(call: LoggedCall) -> object:
    return call.when, call.caller.instance or "", call.method, call.resource, call.status


@pytest.mark.long
def test_a_zones_outage_elsewhere_changes_nothing() -> None:
    """The same calls at the same times from the first look to the audit, and the same end."""
    undisturbed, disturbed = asyncio.run(life()), asyncio.run(life(*FAR_ZONES))
    assert ["done", "done"] == undisturbed[1]
    assert undisturbed == disturbed


@pytest.mark.long
def test_a_regions_outage_elsewhere_changes_no_deploy() -> None:
    """Neither does that of a region."""
    assert asyncio.run(life(removal=False)) == asyncio.run(life(FAR_REGION, removal=False))


@pytest.mark.long
@pytest.mark.parametrize(
    "step", ["subnets", "clusters", "fleet", "service-export", "gateway", "verification-default"]
)
def test_an_outage_in_its_own_region_is_waited_for(step: str) -> None:
    """Whichever step meets it says so, and goes on once the place is back; then the environment is as wanted."""

    async def scenario() -> None:
        async with LocalRun(seed=4) as local:
            _when_asked(local, step, lambda: _outage(local, OWN, 0.0, 120.0))
            deployed = await local.deploy(store())
            assert "done" == deployed.outcome
            assert step.removesuffix("-default").replace("-", "_") in _waiting(deployed)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("place", "waiting"),
    [pytest.param(*each, marks=pytest.mark.long) for each in ((OWN, "gateway"), (FAR_REGION, "fleet"))],
)
def test_a_teardown_ends_when_it_has_seen_every_place(place: str, waiting: str) -> None:
    """While a region is down that it needs, nothing counts as gone; then it is removed, and nothing is left.

    Far away it needs only to know whether others use the fleet's multi-cluster Services.
    """

    async def scenario() -> None:
        async with LocalRun(seed=4) as local:
            before = local.cloud.dump()
            assert "done" == (await local.deploy(store())).outcome
            _outage(local, place, 0.0, 1200.0)
            removed = await local.teardown("store")
            assert ("done", True) == (removed.outcome, waiting in _waiting(removed))
            assert [] == await left(local, before)

    asyncio.run(scenario())


@pytest.mark.long
def test_a_deploy_that_never_sees_a_place_is_told_which() -> None:
    """The cause, and what a person can do; not that things are missing there, which may be as wanted."""

    async def scenario() -> None:
        async with LocalRun(seed=4) as local:
            assert "done" == (await local.deploy(store())).outcome
            local.cloud.world[OUTAGES].begin(OWN)
            report = await local.deploy(store(healthCheck={"requestPath": "/healthz"}))
            place, *given_up = report.diagnoses
            assert ("failed", {"TOOK_TOO_LONG"}) == (report.outcome, {each.code for each in given_up})
            assert ("PLACE_UNREACHABLE", ["gke-west-1"]) == (place.code, place.evidence["clusters there"])
            assert OWN in place.cause and OWN in place.fix

    asyncio.run(scenario())


@pytest.mark.long
def test_a_teardown_that_never_sees_a_place_is_not_done() -> None:
    """It fails with the place's name, and the environment is still claimed: the sweep comes for it again."""

    async def scenario() -> None:
        async with LocalRun(seed=4) as local:
            assert "done" == (await local.deploy(store())).outcome
            local.cloud.world[OUTAGES].begin(OWN)
            removed = await local.teardown("store")
            told = removed.diagnoses[0]
            assert ("failed", "TOOK_TOO_LONG") == (removed.outcome, told.code)
            assert "PlaceUnreachable" in told.cause and OWN in told.cause
            local.cloud.world[OUTAGES].end()
            assert "done" == (await local.teardown("store")).outcome

    asyncio.run(scenario())


def _when_asked(local: LocalRun, step: str, act: Callable[[], None]) -> None:
    """Act once when a step is first asked to apply."""
    asked: list[Json] = []

    def hear(message: Json) -> None:
        asked.append(json.loads(base64.b64decode(message["data"])))
        if [each["mode"] for each in asked].count("apply") == 1 and asked[-1]["mode"] == "apply":
            act()

    local.cloud.broker.listen(local.installation.topic(step), hear)


def _outage(local: LocalRun, place: str, begins: float, ends: float) -> None:
    clock, outages = local.cloud.world.clock, local.cloud.world[OUTAGES]
    clock.after(begins, lambda: outages.begin(place))
    clock.after(ends, lambda: outages.end(place))


def _waiting(report: Report) -> set[str]:
    """The steps that waited for a place."""
    return {step.name for step in report.steps for wait in step.waits if wait.reason == "PlaceUnreachable"}
