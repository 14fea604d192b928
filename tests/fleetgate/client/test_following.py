"""A request, from its publication to the report."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from fleetgate.client.errors import ClientError
from fleetgate.client.executions import started_by
from fleetgate.client.following import Following, Published, publish, publish_to_follow
from fleetgate.client.target import Target
from fleetgate.report import EXIT, Report
from shared import errors
from tests.fleetgate.client.conftest import EXECUTIONS, FakeTime, Heard, execution, result
from tests.support.google_grpc import GoogleGrpc
from tests.support.google_server import NOW, GoogleServer
from tests.support.logged import FakeLog, change, entry

PUBLISH = "POST /pubsub/v1/projects/hub/topics/fleetgate-requests:publish"
REQUEST = {"action": "deploy", "environment": {"name": "store"}}


def listed(google: GoogleServer, *executions: dict[str, Any]) -> None:
    """What the workflow has run, the newest first, each readable by itself."""
    google.answers[f"GET {EXECUTIONS}"] = {"executions": list(executions)}
    for each in executions:
        google.answers[f"GET {EXECUTIONS}/{each['name'].rsplit('/', 1)[-1]}"] = each


def follow(here: Target, time: FakeTime, heard: Heard | None = None) -> Report:
    """The report of message m-1."""
    following = Following(here, Published("m-1", ""), heard or Heard(), time.watch())
    return following.to_the_end(REQUEST)


def test_a_request_is_published_as_json(google: GoogleServer, front: GoogleGrpc, here: Target) -> None:
    """With the user's token, and once: nothing else is asked."""
    google.answers[PUBLISH] = {"messageIds": ["m-1"]}

    assert "m-1" == publish(here, REQUEST)

    [body] = google.posted(":publish")
    assert REQUEST == json.loads(base64.b64decode(body["messages"][0]["data"]))
    assert (1, ["Bearer a-token"]) == (len(google.requests), front.tokens)


def test_a_request_to_follow_is_published_after_a_look_at_what_ran_before(
    google: GoogleServer, here: Target
) -> None:
    """What is looked for later is newer than that; of a workflow that never ran everything is."""
    google.answers[PUBLISH] = {"messageIds": ["m-1"]}
    google.answers[f"GET {EXECUTIONS}"] = {}
    assert Published("m-1", "") == publish_to_follow(here, REQUEST)

    listed(google, execution("x-5", "m-0"), execution("x-4", "m-0"))
    assert Published("m-1", "x-5") == publish_to_follow(here, REQUEST)


def test_nothing_is_published_for_somebody_who_may_not_follow(google: GoogleServer, here: Target) -> None:
    """They may publish with --no-wait."""
    body = {"status": "PERMISSION_DENIED", "message": "Permission 'workflows.executions.list' denied"}
    google.answers[f"GET {EXECUTIONS}"] = (403, {"error": body})

    with pytest.raises(errors.PermissionDenied) as told:
        publish_to_follow(here, REQUEST)

    assert "workflows.executions.list" == told.value.permission
    assert [] == google.posted(":publish")


def test_executions_that_are_older_than_the_request_are_not_looked_at(
    google: GoogleServer, here: Target
) -> None:
    """However many there are: only the pages that are needed are read."""
    rows = [execution(f"x-{number}", "m-0") for number in range(10, 0, -1)]

    def page(_: Any, query: dict[str, list[str]]) -> dict[str, Any]:
        first = int(query.get("pageToken", ["0"])[0])
        token = str(first + 4) if first + 4 < len(rows) else ""
        return {"executions": rows[first : first + 4], "nextPageToken": token}

    google.answers[f"GET {EXECUTIONS}"] = page

    assert ["x-8", "x-9", "x-10"] == [each.id for each in started_by(here, "m-0", "x-7")]
    assert 1 == len(google.requests)
    assert [] == started_by(here, "m-1", "x-6")
    assert 3 == len(google.requests)


def test_the_execution_of_the_message_is_followed_until_it_ends(
    google: GoogleServer, here: Target, fake_time: FakeTime
) -> None:
    """Others are not; what only a local cloud can tell is left empty."""
    busy = execution("x-1", status={"currentSteps": [
        {"routine": "attempt", "step": "listen"}, {"routine": "ask_all", "step": "side_by_side"},
        {"routine": "attempt", "step": "send"}, {"routine": "ask_all", "step": "wait"}]})  # fmt: skip
    ended = execution("x-1", result=result(woken=3))
    listed(google, execution("x-9", "m-9", result=result()), busy)
    fake_time.then = lambda count: listed(google, ended) if count == 4 else None
    heard = Heard()

    report = follow(here, fake_time, heard)

    assert ("store", "deploy", "done", 3) == (
        report.environment, report.action, report.outcome, report.invocations,
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


def test_an_execution_whose_ending_could_not_be_told_has_its_result_in_the_error(
    google: GoogleServer, here: Target, fake_time: FakeTime
) -> None:
    """It failed, so that an alert tells; what was done is no less true."""
    told = result("failed", code="NOT_TOLD", cause="c", fix="f", addresses=[], woken=5)
    payload = json.dumps({"tags": ["EndingNotTold"], "message": "c", "result": told})
    listed(google, execution("x-1", state="FAILED", error={"payload": payload, "context": "RuntimeError"}))

    report = follow(here, fake_time)

    assert ("failed", "NOT_TOLD", 5) == (report.outcome, report.diagnoses[0].code, report.invocations)


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


STEP = {
    "name": "clusters", "mode": "apply", "outcome": "done", "start": NOW, "end": NOW + 9, "attempts": 1,
    "answered": 1, "changes": 1, "rows": 0, "waits": [], "calls": {},
}  # fmt: skip
LINE = entry("clusters", changes=[change("gke-west-1")])
LEFT = [{"resource": f"projects/p/global/firewalls/f-{n}", "why": "…", "fix": "…"} for n in range(9)]


class TestTheLog:
    """Rows of the report are in the log, which is read once the execution has ended."""

    def followed(self, here: Target, time: FakeTime, heard: Heard | None = None) -> Report:
        """The report, with lines waited for for ten seconds."""
        following = Following(here, Published("m-1", ""), heard or Heard(), time.watch(), log_limit=10.0)
        return following.to_the_end(REQUEST)

    def ended(self, google: GoogleServer) -> FakeLog:
        """An execution that has ended; its log."""
        listed(google, execution("x-1", result=result(steps=[STEP])))
        return FakeLog().at(google)

    def test_changes_are_those_of_the_log(
        self, google: GoogleServer, here: Target, fake_time: FakeTime
    ) -> None:
        """The result counts them."""
        self.ended(google).entries = [LINE]

        report = self.followed(here, fake_time)

        assert ([change("gke-west-1")["resource"]], 1, 1, None) == (
            [each.resource for each in report.steps[0].changes],
            report.steps[0].answered,
            report.steps[0].logged,
            report.incomplete,
        )
        assert [] == fake_time.pauses

    def test_late_lines_are_waited_for_and_the_person_is_told(
        self, google: GoogleServer, here: Target, fake_time: FakeTime
    ) -> None:
        """The time of the request is without that wait."""
        log, heard = self.ended(google), Heard()
        fake_time.then = lambda count: setattr(log, "entries", [LINE]) if count == 2 else None

        report = self.followed(here, fake_time, heard)

        assert ([1.0, 1.5], None, 0.0) == (fake_time.pauses, report.incomplete, report.wall_seconds)
        assert "waiting for lines of the log" in heard.words

    def test_what_does_not_come_is_told_and_is_no_failure(
        self, google: GoogleServer, here: Target, fake_time: FakeTime
    ) -> None:
        """The exit status is that of the outcome."""
        self.ended(google)

        report = self.followed(here, fake_time)

        assert ("done", 0) == (report.outcome, EXIT[report.outcome])
        assert report.incomplete is not None and (0, 1) == (report.incomplete.have, report.incomplete.of)
        assert 10 >= fake_time.now > 5

    def test_rows_of_another_form_are_left_out(
        self, google: GoogleServer, here: Target, fake_time: FakeTime
    ) -> None:
        """Whoever may write to the log can write them."""
        line = entry("clusters", changes=[change("gke-west-1"), "everything", {"verb": 3}])
        self.ended(google).entries = [line]

        assert 1 == len(self.followed(here, fake_time).steps[0].changes)


class TestListsThatTheAnswerCouldNotHold:
    """The result has the worst rows; the log has all, of the same answer."""

    def told(
        self, here: Target, google: GoogleServer, time: FakeTime, shown: Any, *lines: Any, **omitted: int
    ) -> list[Any]:
        """The report's, where the result tells these and has left out so many, and the log has these lines."""
        row = {
            **STEP,
            "name": "verification",
            "mode": "destroy",
            "changes": 0,
            "attempts": len(lines),
            "omitted": omitted,
        }
        left = {"code": "LEAKED", "cause": "c", "fix": "f", "leaks": shown}
        ended = result("failed", **left, steps=[{**row, "answered": len(lines)}])
        listed(google, execution("x-1", result=ended))
        FakeLog(list(lines)).at(google)
        return follow(here, time).leaks

    def test_the_whole_list_is_told(self, google: GoogleServer, here: Target, fake_time: FakeTime) -> None:
        """Instead of its first rows."""
        line = entry("verification", "destroy", leaks=LEFT)

        assert LEFT == self.told(here, google, fake_time, LEFT[:2], line)

    def test_a_list_of_which_no_row_fitted_is_told(
        self, google: GoogleServer, here: Target, fake_time: FakeTime
    ) -> None:
        """The result says how many rows were left out."""
        line = entry("verification", "destroy", leaks=LEFT)

        assert LEFT == self.told(here, google, fake_time, [], line, leaks=9)

    def test_a_list_of_an_earlier_answer_is_not(
        self, google: GoogleServer, here: Target, fake_time: FakeTime
    ) -> None:
        """The last answer held its whole list, and logged none."""
        lines = entry("verification", "destroy", leaks=LEFT[:5]), entry("verification", "destroy", 2)

        assert LEFT[6:] == self.told(here, google, fake_time, LEFT[6:], *lines)
        assert [] == self.told(here, google, fake_time, [], *lines)
