"""Whoever is on call hears of a request that is not fulfilled, and of an execution that could not say so itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from fleetgate.local.installation import HOME_PROJECT
from fleetgate.local.roles import Grant, read_roles
from fleetgate.local.run import LocalRun
from localcloud.faults.call_faults import Denied, Fault, Matcher
from localcloud.iam.grants import grant
from localcloud.wire.messages import Json
from tests.acceptance.races import LIGHT
from tests.acceptance.runs import STORE, store
from tests.support.local_cloud import call, let_pass, respond

FAILED, UNFULFILLED = "Fleetgate: an execution failed", "Fleetgate: a request was not fulfilled"
BROKEN = "main: {params: [event], steps: [{out: {raise: 'nobody foresaw this'}}]}"
ASKER = "asker@example.com"


def play(scene: Callable[[LocalRun], Coroutine[Any, Any, None]]) -> None:
    """Play a scene in a cloud with Fleetgate in it."""

    async def played() -> None:
        async with LocalRun(preload=LIGHT) as local:
            await scene(local)

    asyncio.run(played())


async def ended(local: LocalRun, request: Json) -> str:
    """Publish a request; the state of its execution when it has ended, and the log of it can be read."""
    report = await local.act(request)
    await let_pass(local.cloud, 10)
    return report.outcome


async def failed(local: LocalRun) -> list[tuple[str, Json]]:
    """Let an execution fail; the open alerts after that."""
    workflow = local.installation.workflow
    account = f"fleetgate-workflow@{HOME_PROJECT}.iam.gserviceaccount.com"
    local.cloud.executions.deploy(workflow, BROKEN, account)
    local.installation.publish(b'{"action": "sweep"}')
    await let_pass(local.cloud, 60)
    assert ["FAILED"] == [each.run.state.value for each in local.cloud.executions.of(workflow)]
    return alerts(local)


def alerts(local: LocalRun) -> list[tuple[str, Json]]:
    """The open alerts: policy and extracted labels."""
    found = call(local.cloud, "GET", f"monitoring/v3/projects/{HOME_PROJECT}/alerts").get("alerts", [])
    return [
        (each["policy"]["displayName"], each["log"]["extractedLabels"])
        for each in found
        if each["state"] == "OPEN"
    ]


def test_a_request_that_ends_well_raises_no_alert() -> None:
    """A sweep that finds nothing."""

    async def scene(local: LocalRun) -> None:
        assert "done" == await ended(local, {"action": "sweep"})
        assert [] == alerts(local)

    play(scene)


def test_a_request_that_is_refused_raises_an_alert() -> None:
    """With its environment and the step that said so; the execution itself has not failed."""

    async def scene(local: LocalRun) -> None:
        await ended(local, {"action": "deploy", "environment": store(project="nobodys-project")})
        assert [(UNFULFILLED, {"environment": STORE["name"], "step": "environment"})] == alerts(local)

    play(scene)


def test_an_execution_that_fails_raises_an_alert() -> None:
    """It names the execution, of which nothing else tells."""

    async def scene(local: LocalRun) -> None:
        raised = await failed(local)
        (execution,) = local.cloud.executions.of(local.installation.workflow)
        assert [(FAILED, {"execution": execution.id})] == raised

    play(scene)


def test_an_execution_whose_account_may_not_write_raises_no_alert() -> None:
    """So the workflow's role has the permission: the alert rests on it."""

    async def scene() -> None:
        grant = Grant("workflow", "home", "logging.logEntries.create")
        roles = tuple(role.without(grant) for role in read_roles())
        async with LocalRun(preload=LIGHT, roles=roles) as local:
            assert [] == await failed(local)

    asyncio.run(scene())


def test_who_may_request_may_read_the_log() -> None:
    """By the bootstrap's role, which lets nobody do anything else; others may not."""

    async def scene(local: LocalRun) -> None:
        await ended(local, {"action": "sweep"})
        home = f"projects/{HOME_PROJECT}"
        body = {"resourceNames": [home], "filter": 'labels.step="environment"'}

        def read(who: str) -> tuple[int, int]:
            answer = respond(local.cloud, "POST", "logging/v2/entries:list", body, who)
            return answer.status, answer.body.count(b'"jsonPayload"')

        assert (403, 0) == read(ASKER)
        grant(local.cloud.world, home, f"{home}/roles/fleetgate_requester", f"user:{ASKER}")
        status, lines = read(ASKER)
        assert 200 == status and lines >= 2  # claim and settlement
        other = respond(local.cloud, "GET", f"monitoring/v3/{home}/alerts", None, ASKER)
        assert 403 == other.status

    play(scene)


def run_by_hand(local: LocalRun, **body: str) -> None:
    """Start an execution by the API, as somebody does who tries it out."""
    call(local.cloud, "POST", f"workflowexecutions/v1/{local.installation.workflow}/executions", body)


def refuse_settlements(local: LocalRun) -> None:
    """Whatever is asked of the environment function is refused, the settlement of an ending too."""
    asked = Matcher(method="pubsub.projects.topics.publish", resource="*/fleetgate-environment:publish")
    local.cloud.faults.plan(Fault(asked, Denied("pubsub.topics.publish"), nth=None))
    local.installation.publish(b'{"action": "teardown", "name": "store"}')


def refuse_endings(local: LocalRun) -> None:
    """Besides, nobody can be told: the topic of events is gone."""
    local.cloud.world.store["pubsub.topics"].delete(local.installation.topic("events"))
    refuse_settlements(local)


WAYS: dict[str, Callable[[LocalRun], Any]] = {
    "a run without an event": lambda local: run_by_hand(local),
    "a malformed event": lambda local: run_by_hand(local, argument='{"data": {"message": []}}'),
    "an event that is a text": lambda local: run_by_hand(local, argument='"event"'),
    "a message that is no request": lambda local: local.installation.publish(b"\xff{"),
    "too much memory": lambda local: local.installation.publish(b"x" * 300_000),
    "a refused settlement": refuse_settlements,
    "a refused settlement, and nobody to tell": refuse_endings,
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_go_wrong_ends_in_an_event_or_an_alert(way: str) -> None:
    """So whoever waits for the request hears of it, or whoever is on call."""

    async def scene(local: LocalRun) -> None:
        events: list[Json] = []
        local.cloud.broker.listen(local.installation.topic("events"), events.append)
        WAYS[way](local)
        await let_pass(local.cloud, 3600, to_the_end=True)
        (execution,) = local.cloud.executions.of(local.installation.workflow)
        assert execution.ended and (events or alerts(local))

    play(scene)
