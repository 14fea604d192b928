"""Where the result of an ended execution is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fleetgate.log.entries import LogSource
from fleetgate.log.waiting import LogReading
from fleetgate.report import EXIT, Report
from fleetgate.results import Ended, calls_of, invocations_of, report_of_result

RESULT = {"environment": "store", "outcome": "done", "steps": []}


def content(result: str | None, error: Any) -> dict[str, Any]:
    return Ended("FAILED", result, error, 0.0, 0.0).content


def test_an_ending_that_nobody_could_publish_has_its_result_in_the_error() -> None:
    """The execution failed, so that somebody is told; the report is made as ever."""
    payload = json.dumps({"tags": ["EndingNotTold"], "message": "m", "result": RESULT})

    assert content(None, {"payload": payload, "context": "c"}) == RESULT
    assert content(json.dumps(RESULT), None) == RESULT


@pytest.mark.parametrize(
    "error",
    [
        None,
        "the execution was deleted",
        {},
        {"payload": None},
        {"payload": "text"},
        {"payload": '"text"'},
        {"payload": '{"tags": ["ResourceLimitError"]}'},
        {"payload": '{"result": "text"}'},
    ],
)
def test_any_other_error_has_none(error: Any) -> None:
    """Whatever it looks like."""
    assert content(None, error) == {}


WRONG: list[Any] = [None, 7, -1.5, True, "text", "é" * 3, [], [7], ["text"], [[[]]], [{}], {}, {"a": [1]}]
STEP = {"name": "s", "mode": "apply", "start": 1.0, "end": 2.0, "attempts": 1, "answered": 0, "waits": []} | {
    "changes": 0,
    "rows": 0,
}
REASON = {"code": "C", "cause": "c", "fix": "f", "step": "s"}


class Unread:
    """A log that nobody has to read, for nothing was answered."""

    def post(self, service: str, path: str, body: Any, form: Any = None, /, **query: str) -> Any:
        """No call is meant to come."""
        raise AssertionError


def report(result: Any) -> Report:
    ended = Ended("SUCCEEDED", json.dumps(result), None, 0.0, 0.0)
    log = LogReading(Unread(), LogSource("p", "e", 0.0), ended.counts)
    assert list(log.pauses()) == []
    return report_of_result(ended, {"action": "deploy"}, log)


@pytest.mark.parametrize("wrong", WRONG, ids=str)
@pytest.mark.parametrize(
    "name", ["addresses", "traffic", "leaks", "foreign", "diagnoses", "reasons", "warnings"]
)
def test_a_list_of_the_result_may_be_anything(name: str, wrong: Any) -> None:
    """What a function answered is in the result; the report says what can be said, with the outcome's exit status."""
    told = report(
        {"environment": "store", "outcome": "blocked", "steps": [STEP], "reasons": [REASON], name: wrong}
    )

    assert EXIT[told.outcome] == 3
    assert name == "reasons" or [each.code for each in told.diagnoses] == ["C"]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
@pytest.mark.parametrize("name", ["code", "cause", "fix", "faults"])
def test_a_reason_may_have_anything(name: str, wrong: Any) -> None:
    """Or lack something."""
    some = {key: value for key, value in REASON.items() if key != name}
    for reason in (some, {**some, name: wrong}):
        told = report({"outcome": "failed", "steps": [{**STEP, "omitted": wrong}], "reasons": [reason]})

        assert [each.step for each in told.diagnoses] == ["s"]


@pytest.mark.parametrize("wrong", ["stopped", "waiting", *WRONG], ids=str)
def test_an_outcome_that_no_report_has_is_a_failure(wrong: Any) -> None:
    """Its exit status is never that of success."""
    assert report({"outcome": wrong, "steps": []}).outcome == "failed"


def test_what_each_step_counted_is_added_up() -> None:
    """Its messages, and its calls; and those that only woke a function."""
    some = {
        **STEP,
        "attempts": 3,
        "calls": {"total": 5, "mutations": 1, "byService": {"compute": 4, "gkehub": 1}},
    }
    more = {**STEP, "attempts": 2, "calls": {"total": 2, "mutations": 2, "byService": {"compute": 2}}}
    result = {"steps": [some, more, STEP], "woken": 4}

    assert invocations_of(result) == 10
    assert calls_of(result).model_dump() == {
        "total": 7,
        "mutations": 3,
        "by_service": {"compute": 6, "gkehub": 1},
    }
