"""Whatever happens to an execution, an ending is told: by an event, or by a failed execution, which an alert tells.

Each test goes one way in which an execution can go wrong, on a whole local cloud.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from fleetgate.local.roles import Grant, Role
from fleetgate.local.run import LocalRun
from localcloud.wire.messages import Json
from localcloud.workflows.callbacks import CallbackRequest, Callbacks
from tests.acceptance.permissions import without
from tests.acceptance.runs import settle, store
from tests.support.local_cloud import call

TYPE = "dev.fleetgate.environment."
MESSAGE = {"data": "e30=", "messageId": "77", "publishTime": "2026-01-05T10:00:00.123Z"}
DEPLOY = b64encode(json.dumps({"action": "deploy", "environment": store()}).encode()).decode()


@dataclass(frozen=True)
class Ended:
    """An execution that ended: its state, its result or its error, and the events of its ending."""

    state: str
    result: Json
    error: Json
    events: list[Json]

    @property
    def told(self) -> tuple[str, str]:
        """What its one event tells: the ending, and the code."""
        (event,) = self.events
        return event["ce-type"].removeprefix(TYPE), event["data"].get("code", "")


@dataclass(frozen=True)
class Way:
    """How an execution begins: with an `argument` (None: without one), or with a message that is `published`.

    `mode` is that of the environment function's answer which arrives as `alter` makes it, of no other if it is "".
    """

    argument: Any = None
    published: bytes | None = None
    mode: str = ""
    alter: Callable[[Json], Json] = lambda answer: answer


def gone(*ways: Way, roles: Sequence[Role] | None = None) -> list[Ended]:
    """The executions that went these ways, one after another on one cloud."""
    return asyncio.run(_gone(ways, roles))


async def _gone(ways: Sequence[Way], roles: Sequence[Role] | None) -> list[Ended]:
    async with LocalRun(roles=None if roles is None else tuple(roles)) as local:
        return [await _ended(local, way) for way in ways]


async def _ended(local: LocalRun, way: Way) -> Ended:
    """The execution that goes this way, as the API shows it in the end."""
    events: list[Json] = []
    local.cloud.broker.listen(local.installation.topic("events"), events.append)
    workflow, before = local.installation.workflow, set(_names(local))
    if way.published is None:
        body = {} if way.argument is None else {"argument": json.dumps(way.argument)}
        call(local.cloud, "POST", f"workflowexecutions/v1/{workflow}/executions", body)
    else:
        local.installation.publish(way.published)
    with altered(way.mode, way.alter):
        await local.cloud.run_until(
            lambda: len(_ended_names(local)) > len(before) and local.cloud.schedule.idle
        )
        await settle(local, events)
    (name,) = set(_names(local)) - before
    shown = call(local.cloud, "GET", f"workflowexecutions/v1/{workflow}/executions/{name}")
    payload = json.loads(shown.get("error", {}).get("payload", "{}"))
    mine = [each for each in events if each["attributes"]["ce-id"].startswith(name)]
    return Ended(
        shown["state"], json.loads(shown.get("result", "{}")), payload, [_read(each) for each in mine]
    )


def _names(local: LocalRun) -> list[str]:
    return [each.id for each in local.cloud.executions.of(local.installation.workflow)]


def _ended_names(local: LocalRun) -> list[str]:
    return [
        each.id for each in local.cloud.executions.of(local.installation.workflow) if each.ended is not None
    ]


def _read(event: Json) -> Json:
    return {**event["attributes"], "data": json.loads(b64decode(event["data"]))}


@contextmanager
def altered(mode: str, alter: Callable[[Json], Json]) -> Iterator[None]:
    """The answers of the environment function in a mode arrive otherwise than they were sent."""
    send = Callbacks.send

    def sent(callbacks: Callbacks, request: CallbackRequest) -> int:
        answer = json.loads(request.body)
        if mode == ("claim" if "outputs" in answer else "settle"):
            request = replace(request, body=json.dumps(alter(answer)).encode())
        return send(callbacks, request)

    with patch.object(Callbacks, "send", sent):
        yield


def event(**message: Any) -> Json:
    """The argument that a trigger gives, with these fields of its message."""
    return {"data": {"message": {**MESSAGE, **message}, "subscription": "s"}}


NO_EVENTS: list[Any] = [
    None,
    "text",
    7,
    ["list"],
    {},
    {"data": None},
    {"data": {"message": "text"}},
    {"data": {"message": {"data": "e30="}}},
    event(data=7),
    event(data={"action": "deploy"}),
]
NO_REQUESTS = ["", "no base64", "e30=", b64encode(b"\xff\xfe").decode(), "{}"]
EXTEND = event(data=b64encode(b'{"action": "extend", "name": "x", "ttl": "1h"}').decode())
BROKEN: dict[str, Callable[[Json], Json]] = {
    "no outcome": lambda answer: {"nonce": answer["nonce"]},
    "another outcome": lambda answer: {**answer, "outcome": "perhaps"},
    "waiting for what": lambda answer: {"nonce": answer["nonce"], "outcome": "waiting"},
    "outputs of another kind": lambda answer: {**answer, "outputs": [1]},
    "counts of another kind": lambda answer: {**answer, "tally": "many"},
}


def test_what_is_no_event_is_told_by_an_event() -> None:
    """A manual run without an argument, another trigger's, a message too large to be carried: nobody is asked."""
    for ended in gone(*(Way(argument) for argument in NO_EVENTS), Way(published=b"x" * 70_000)):
        assert (ended.state, ended.told) == ("SUCCEEDED", ("blocked", "NO_REQUEST"))
        assert (ended.result["outcome"], ended.result["code"]) == ("blocked", "NO_REQUEST")
        assert [step["mode"] for step in ended.result["steps"]] == ["settle"]
        assert "fleetgate-requests" in ended.result["fix"]


def test_what_is_no_request_is_told_by_an_event() -> None:
    """The claim judges it, also what somebody wrote by hand."""
    found = gone(*(Way(event(data=data)) for data in NO_REQUESTS))

    assert [each.told for each in found] == [("blocked", "INVALID_REQUEST")] * len(NO_REQUESTS)


def test_a_message_whose_own_fields_are_wrong_is_told_by_an_event() -> None:
    """Its time of publication is what a claim is ordered by."""
    (ended,) = gone(Way(event(data=DEPLOY, publishTime="yesterday")))

    assert (ended.state, ended.told) == ("SUCCEEDED", ("blocked", "INVALID_REQUEST"))


def test_too_much_for_the_memory_fails_the_execution() -> None:
    """Nothing in a workflow can catch that; the failure is what the alert counts."""
    (ended,) = gone(Way(published=b"x" * 190_000))

    assert (ended.state, ended.error["tags"], ended.events) == ("FAILED", ["ResourceLimitError"], [])


def test_an_answer_that_is_none_is_told_by_an_event() -> None:
    """What the workflow does not know fails the request."""
    found = gone(*(Way(EXTEND, mode="claim", alter=alter) for alter in BROKEN.values()))

    assert [(each.state, each.told) for each in found] == [("SUCCEEDED", ("failed", "WORKFLOW_ERROR"))] * len(
        BROKEN
    )


def test_a_settlement_that_breaks_is_told_by_the_workflow() -> None:
    """The function may have published the ending, too: both events have the same id."""
    for ended in gone(*(Way(event(), mode="settle", alter=alter) for alter in BROKEN.values())):
        assert (ended.state, {each["ce-type"] for each in ended.events}) == ("SUCCEEDED", {f"{TYPE}blocked"})
        assert len({each["ce-id"] for each in ended.events}) == 1


def test_a_settlement_that_is_refused_is_told_by_the_workflow() -> None:
    """The environment function may not publish."""
    (ended,) = gone(Way(event()), roles=without(Grant("environment", "topics", "events")))

    assert (ended.state, ended.told) == ("SUCCEEDED", ("blocked", "INVALID_REQUEST"))
    assert "PERMISSION_DENIED" in [each["code"] for each in ended.result["reasons"]]


def test_an_ending_that_nobody_may_publish_fails_the_execution() -> None:
    """Its error has the result, with what was refused."""
    first = without(Grant("environment", "topics", "events"))
    neither = [role.without(Grant("workflow", "topics", "events")) for role in first]
    (ended,) = gone(Way(event()), roles=neither)

    assert (ended.state, ended.error["tags"], ended.events) == ("FAILED", ["EndingNotTold"], [])
    assert ended.error["result"]["code"] == "INVALID_REQUEST"
    assert [each["code"] for each in ended.error["result"]["reasons"]].count("PERMISSION_DENIED") == 2


def test_a_workflow_that_may_ask_nobody_tells_the_ending_itself() -> None:
    """Neither the claim nor the settlement is ever asked for."""
    (ended,) = gone(Way(event()), roles=without(Grant("workflow", "topics", "environment")))

    assert (ended.state, ended.told) == ("SUCCEEDED", ("blocked", "PERMISSION_DENIED"))
