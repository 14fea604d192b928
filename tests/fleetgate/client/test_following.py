"""A request, from its publication to the report."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from fleetgate.client.errors import ClientError
from fleetgate.client.following import Following, Published, publish
from fleetgate.client.target import Target
from fleetgate.report import Report
from shared import errors
from tests.fleetgate.client.conftest import EXECUTIONS, FakeTime, Heard, execution, result
from tests.support.google_server import NOW, GoogleServer

PUBLISH = "POST /pubsub/v1/projects/hub/topics/fleetgate-requests:publish"
REQUEST = {"action": "deploy", "environment": {"name": "store"}}


def listed(google: GoogleServer, *executions: dict[str, Any]) -> None:
    """What the workflow has run, the newest first, each readable by itself."""
    google.answers[f"GET {EXECUTIONS}"] = {"executions": list(executions)}
    for each in executions:
        google.answers[f"GET {EXECUTIONS}/{each['name'].rsplit('/', 1)[-1]}"] = each


def follow(here: Target, time: FakeTime, heard: Heard | None = None) -> Report:
    """The report of message m-1."""
    following = Following(here, Published("m-1", NOW), heard or Heard(), time.watch())
    return following.to_the_end(REQUEST)


def test_a_request_is_published_as_json(google: GoogleServer, here: Target) -> None:
    """With the user's token; the time is the server's."""
    google.answers[PUBLISH] = {"messageIds": ["m-1"]}

    published = publish(here, REQUEST)

    assert Published("m-1", NOW) == published
    [body] = google.posted(":publish")
    assert REQUEST == json.loads(base64.b64decode(body["messages"][0]["data"]))


def test_the_execution_of_the_message_is_followed_until_it_ends(
    google: GoogleServer, here: Target, fake_time: FakeTime
) -> None:
    """Others are not; what only a local cloud can tell is left empty."""
    busy = execution("x-1", status={"currentSteps": [
        {"routine": "attempt", "step": "listen"}, {"routine": "ask_all", "step": "side_by_side"},
        {"routine": "attempt", "step": "send"}, {"routine": "ask_all", "step": "wait"}]})  # fmt: skip
    ended = execution(
        "x-1", result=result(invocations=3, calls={"total": 5, "mutations": 1, "byService": {}})
    )
    listed(google, execution("x-9", "m-9", result=result()), busy)
    fake_time.then = lambda count: listed(google, ended) if count == 4 else None
    heard = Heard()

    report = follow(here, fake_time, heard)

    assert ("store", "deploy", "done", 3, 5) == (
        report.environment, report.action, report.outcome, report.invocations, report.api_calls.total,
    )  # fmt: skip
    assert report.seed is None
    assert report.simulated_seconds is None
    assert report.critical_path_seconds is None
    assert report.workflow_steps is None
    assert [] == report.operations
    assert "execution x-1 has begun" == heard.words[0]
    assert {"2 × asking a step, pausing before a step"} == set(heard.words[1:])
    assert fake_time.now == report.wall_seconds


def test_pauses_grow_with_the_time_that_it_takes(
    google: GoogleServer, here: Target, fake_time: FakeTime
) -> None:
    """A quarter of an hour is not asked for five times a second; nor is an end noticed minutes late."""
    listed(google, execution("x-1"))
    fake_time.then = lambda _: (
        listed(google, execution("x-1", result=result())) if fake_time.now > 900 else None
    )

    follow(here, fake_time)

    assert sorted(fake_time.pauses) == fake_time.pauses
    assert (0.2, 10.0) == (fake_time.pauses[0], fake_time.pauses[-1])
    assert len(google.requests) < 140


def test_of_a_message_that_came_twice_the_execution_that_did_the_work_is_told(
    google: GoogleServer, here: Target, fake_time: FakeTime
) -> None:
    """The other made way for it."""
    second = execution("x-1", result=result("superseded"))
    listed(google, execution("x-2", result=result(addresses=[])), second)

    assert "done" == follow(here, fake_time).outcome


def test_a_request_that_a_newer_one_overtook_is_superseded(
    google: GoogleServer, here: Target, fake_time: FakeTime
) -> None:
    """There is nobody else who did its work."""
    listed(google, execution("x-2", "m-2", result=result()), execution("x-1", result=result("superseded")))

    assert "superseded" == follow(here, fake_time).outcome


@pytest.mark.parametrize(("code", "outcome"), [("RANGE_REFUSED", "failed"), ("LEAKED", "leaked")])
def test_what_went_wrong_is_in_the_report(
    google: GoogleServer, here: Target, fake_time: FakeTime, code: str, outcome: str
) -> None:
    """A leak is an outcome of its own, with the list of what was left."""
    left = [{"resource": "projects/p/global/firewalls/f", "why": "…", "fix": "…"}]
    reasons = [{"code": code, "cause": "c", "fix": "f", "step": "subnets"}]
    listed(google, execution("x-1", result=result("failed", code=code, reasons=reasons, leaks=left)))

    report = follow(here, fake_time)

    assert (outcome, left) == (report.outcome, report.leaks)
    assert [(code, "subnets")] == [(each.code, each.step) for each in report.diagnoses]


def test_an_execution_without_a_result_is_a_failure_with_its_error(
    google: GoogleServer, here: Target, fake_time: FakeTime
) -> None:
    """Somebody cancelled it, for instance."""
    listed(google, execution("x-1", state="CANCELLED", error={"payload": "stopped by hand"}))

    report = follow(here, fake_time)

    assert ("failed", "EXECUTION_FAILED") == (report.outcome, report.diagnoses[0].code)
    assert "CANCELLED" in report.diagnoses[0].cause and "stopped by hand" in report.diagnoses[0].cause


def test_an_answer_that_does_not_come_is_overlooked_five_times(
    google: GoogleServer, here: Target, fake_time: FakeTime
) -> None:
    """Not for good."""
    listed(google, execution("x-1"))
    away = (503, {"error": {"status": "UNAVAILABLE", "message": "later"}})
    google.answers[f"GET {EXECUTIONS}/x-1"] = away
    fake_time.then = lambda count: listed(google, execution("x-1", result=result())) if count == 5 else None
    assert "done" == follow(here, fake_time).outcome

    google.answers[f"GET {EXECUTIONS}/x-1"] = away
    google.answers[f"GET {EXECUTIONS}"] = {"executions": [execution("x-1")]}
    fake_time.then = lambda _: None
    with pytest.raises(errors.Transient):
        follow(here, fake_time)


def test_a_message_that_starts_nothing_is_given_up(
    google: GoogleServer, here: Target, fake_time: FakeTime
) -> None:
    """After two minutes, with the place to look at."""
    google.answers[f"GET {EXECUTIONS}"] = {}

    with pytest.raises(ClientError, match="started no execution") as told:
        follow(here, fake_time)

    assert 100 < fake_time.now <= 120
    assert "eventarc" in told.value.fix
