"""A claim tells until when functions of the claim before may act; one that disturbs nobody tells nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared import labels
from shared.google.deadline import LONGEST_CALL
from shared.step.fence import ACTING
from tests.support.anchors import EXECUTIONS, OTHER, alive, anchor
from tests.support.google_server import EXECUTION, NOW, GoogleServer
from tests.support.messages import Ask

THIRD = "33333333-2222-4333-8444-555555555555"
RIGHT_BEFORE, LONG_BEFORE = "2026-01-05T07:59:30Z", "2026-01-05T07:58:00Z"  # NOW less 30 s, 120 s


def ended(outcome: str, at: str = RIGHT_BEFORE, state: str = "SUCCEEDED") -> dict[str, Any]:
    """An execution that has ended so."""
    return {"state": state, "endTime": at, "result": json.dumps({"outcome": outcome})}


@pytest.fixture
def before(anchored: GoogleServer) -> Callable[[dict[str, Any]], None]:
    """Sets what is known of the execution that holds the anchor."""

    def say(execution: dict[str, Any]) -> None:
        anchored.answers[f"{EXECUTIONS}/{EXECUTION}"] = execution

    return say


@pytest.mark.parametrize(
    ("execution", "disturbs"),
    [
        ({"state": "ACTIVE"}, True),
        (ended("", state="CANCELLED"), True),
        (ended("blocked"), True),
        ({"state": "FAILED"}, True),
        (ended("blocked", LONG_BEFORE), False),
        (ended("", LONG_BEFORE, "CANCELLED"), False),
        (ended("done"), False),
    ],
    ids=["alive", "cancelled now", "blocked now", "no end known", "blocked then", "cancelled then", "done"],
)
@pytest.mark.parametrize(
    "request_", [None, {"action": "teardown", "name": "store"}], ids=["deploy", "teardown"]
)
def test_the_moment_is_told_if_functions_of_the_claim_before_may_act(
    google: GoogleServer,
    before: Callable[[Any], None],
    claim: Ask,
    execution: Any,
    disturbs: bool,
    request_: Any,
) -> None:
    """That depends on how and when its execution ended: messages are acted on until their deadline."""
    before(execution)
    told = claim(**({"request": request_} if request_ else {}), execution=OTHER)

    assert "done" == told["outcome"]
    assert (NOW + ACTING if disturbs else None) == told["outputs"].get("quietFrom")
    assert disturbs is (labels.QUIET in anchor(google)["labels"])


def test_an_answer_that_was_lost_is_told_again(
    google: GoogleServer, before: Callable[[Any], None], claim: Ask
) -> None:
    """The execution before can be seen no more, so the anchor keeps the moment."""
    before({"state": "ACTIVE"})
    claim(execution=OTHER)
    alive(google, OTHER)
    google.now = NOW + 30
    kept = int(anchor(google)["labels"][labels.QUIET])

    assert NOW + LONGEST_CALL + ACTING <= kept == claim(execution=OTHER)["outputs"]["quietFrom"]
    google.now = kept + 1
    assert "quietFrom" not in claim(execution=OTHER)["outputs"]


def test_a_claim_soon_after_takes_over_from_both(
    google: GoogleServer, before: Callable[[Any], None], claim: Ask
) -> None:
    """Although the second has ended done, the first may still act."""
    before({"state": "ACTIVE"})
    claim(execution=OTHER)
    kept = anchor(google)["labels"][labels.QUIET]
    google.answers[f"{EXECUTIONS}/{OTHER}"] = ended("done")
    later = claim(execution=THIRD, time="2026-01-05T08:00:01Z", id="89")

    assert kept == anchor(google)["labels"][labels.QUIET]
    assert NOW + ACTING == later["outputs"]["quietFrom"]

    google.now = int(kept) + 1
    google.answers[f"{EXECUTIONS}/{THIRD}"] = ended("done")
    last = claim(request={"action": "teardown", "name": "store"}, time="2026-01-05T08:00:02Z", id="90")
    assert "quietFrom" not in last["outputs"]
    assert labels.QUIET not in anchor(google)["labels"]


def test_an_environment_that_begins_disturbs_nobody(google: GoogleServer, claim: Ask) -> None:
    """Nothing is asked of any execution."""
    claim(), claim()
    assert "quietFrom" not in claim()["outputs"]
    assert labels.QUIET not in anchor(google)["labels"]
    assert not [
        path for _, path, _ in google.requests if path.startswith(EXECUTIONS) and "callbacks" not in path
    ]
