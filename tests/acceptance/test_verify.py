"""`verify` by name: the rows that it proves, and what it says of whatever somebody has deleted or changed by hand."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from typing import Any

import pytest

from fleetgate.local.run import LocalRun
from fleetgate.report import Report
from fleetgate.screens import show
from fleetgate.terminal import Terminal
from tests.acceptance import missed
from tests.acceptance.hands import KINDS
from tests.acceptance.runs import settle, store
from tests.support.local_cloud import let_pass

LIMIT = 20.0  # simulated seconds in which a verification names what is missing
QUICK = {"route"}  # `make test` has this, `make prove` all
CASES = [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.long]) for name in missed.MISSED]


async def verify(local: LocalRun) -> tuple[Report, float]:
    """The report of a verification, and how many simulated seconds it took."""
    began = local.cloud.world.clock.now
    report = await local.act({"action": "verify", "name": "store"})
    return report, local.cloud.world.clock.now - began


def rows(report: Report) -> list[tuple[Any, ...]]:
    """What a report says of traffic, and of the addresses."""
    traffic = [(each.vip, each.region, each.rule, each.served_by, each.ok) for each in report.traffic]
    return [*traffic, *((each.region, each.address, each.kind) for each in report.addresses)]


@pytest.mark.parametrize("name", CASES)
def test_what_was_deleted_by_hand_is_named_within_seconds(name: str) -> None:
    """And the deploy that the fix asks for brings it back: then the same rows are proven as before."""

    async def scenario() -> None:
        async with LocalRun(seed=3) as local:
            expected = missed.MISSED[name]
            document = store(healthCheck={"requestPath": "/"}, gateway={"addresses": "static"})
            deployed = await local.deploy(document)
            proven, _ = await verify(local)
            assert ("done", rows(deployed)) == (proven.outcome, rows(proven))

            assert KINDS[name](local)
            await let_pass(local.cloud, expected.later)
            found, seconds = await verify(local)
            told = found.diagnoses[0]
            assert ("blocked", expected.code) == (found.outcome, told.code), found.diagnoses
            assert expected.cause in told.cause
            assert "Deploy store again" in told.fix or name == "anchor"
            assert seconds < LIMIT
            await settle(local, [])

            repaired = await local.deploy(document)
            assert "done" == repaired.outcome, repaired.diagnoses
            assert "done" == (await verify(local))[0].outcome

    asyncio.run(scenario())


def test_what_was_changed_by_hand_is_named_with_its_field() -> None:
    """What somebody else has put in place of ours is called so, with the command that removes it."""

    async def scenario() -> None:
        async with LocalRun(seed=3) as local:
            document = store()
            assert "done" == (await local.deploy(document)).outcome
            missed.change_route(local)
            changed, seconds = await verify(local)
            assert seconds < LIMIT
            (told,) = changed.diagnoses
            assert ("blocked", "OBJECT_CHANGED") == (changed.outcome, told.code)
            assert "HTTPRoute store/store-route" in told.cause
            assert "spec.rules[0].backendRefs[0].name" in told.cause

            missed.replace_route(local)
            replaced, _ = await verify(local)
            (told,) = replaced.diagnoses
            assert ("blocked", "HTTPROUTE_FOREIGN") == (replaced.outcome, told.code)
            assert "not this environment's" in told.cause and "kubectl delete httproutes" in told.fix

    asyncio.run(scenario())


def test_what_somebody_elses_route_breaks_is_a_warning_beside_what_is_proven() -> None:
    """Their route stops the Gateway: it serves as before. It is said on screen, in JSON and in the event."""

    async def scenario() -> None:
        events: list[dict[str, Any]] = []
        async with LocalRun(seed=3) as local:
            deployed = await local.deploy(store())
            missed.add_route(local, "theirs", timeouts={"request": "10s"})
            missed.add_route(local, "their-dead", path="/dead")
            await let_pass(local.cloud, 300.0)
            local.cloud.broker.listen(local.installation.topic("events"), events.append)
            proven, _ = await verify(local)
            await settle(local, [])

            assert ("done", rows(deployed)) == (proven.outcome, rows(proven)), proven.diagnoses
            (told,) = proven.warnings
            assert told.code == "GATEWAY_NOT_PROGRAMMED" and told.step == "verification"
            assert "HTTPRoute store/theirs is not this environment's" in told.cause
            assert "kubectl delete httproutes.gateway.networking.k8s.io theirs" in told.fix
            assert proven.wire()["warnings"][0]["code"] == told.code
            (event,) = [json.loads(base64.b64decode(each["data"])) for each in events]
            assert (event["outcome"], event["warnings"][0]["code"]) == ("done", told.code)

        for width in (60, 200):
            text = shown(proven, width)
            assert "store verify: verified" in text
            assert "warning GATEWAY_NOT_PROGRAMMED (verification)" in text
            assert all(f"{each.address} in {each.region} (ephemeral)" in text for each in proven.addresses)
            assert text.count("✓  GET ") == len(proven.traffic) == 6

    asyncio.run(scenario())


def shown(report: Report, width: int) -> str:
    """What a person sees in a terminal of that width."""
    out = io.StringIO()
    show(report, Terminal(out, width=width))
    return out.getvalue()
