"""Where the result of an ended execution is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fleetgate.results import Ended

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
