"""What the answers of a step add up to: the next message carries it, and the workflow adds up nothing."""

from __future__ import annotations

from typing import Any

import pytest

from shared.step.tally import Tally, tallied

CALLS = {"total": 3, "mutations": 1, "byService": {"compute": 2, "gkehub": 1}}
NOTHING: dict[str, Any] = {
    "attempts": 0, "answered": 0, "changes": 0, "rows": 0, "omitted": {}, "waits": [], "due": {},
    "calls": {"total": 0, "mutations": 0, "byService": {}},
}  # fmt: skip
DONE = {"outcome": "done", "changes": 2, "rows": 4, "calls": CALLS}
WAIT = {
    "outcome": "waiting", "reason": "Creating", "message": "m", "retryAfter": 40.0, "changes": 0, "rows": 0,
    "calls": CALLS,
}  # fmt: skip


def counted(*answers: dict[str, Any]) -> dict[str, Any]:
    """The last of these answers, one after another, with its tally."""
    told: dict[str, Any] = {"tally": NOTHING}
    for attempt, each in enumerate(answers, 1):
        told = tallied(Tally.of(told["tally"]), attempt, each)
    return told


def test_changes_calls_and_waits_are_added_up() -> None:
    """Of rows, the last answer's: each is about all of them."""
    told = counted({**WAIT, "changes": 3, "rows": 9, "omitted": {"traffic": 5}}, WAIT, DONE)["tally"]

    assert (told["attempts"], told["answered"], told["changes"], told["rows"], told["omitted"]) == (
        3,
        3,
        5,
        4,
        {},
    )
    assert told["calls"] == {"total": 9, "mutations": 3, "byService": {"compute": 6, "gkehub": 3}}
    assert told["waits"] == [{"reason": "Creating", "seconds": 80.0}]


def test_an_answer_has_its_counts_in_the_tally_alone() -> None:
    """It is small; the workflow holds it."""
    assert set(counted({**WAIT, "lookAfter": 300.0, "omitted": {}})) == {
        "outcome", "reason", "message", "retryAfter", "plain", "tally",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("told", "plain"),
    [
        (WAIT, True),
        ({**WAIT, "retryAfter": 61.0}, False),
        ({**WAIT, "outputs": {"inventory": "x"}}, False),
        ({**WAIT, "warnings": [{}]}, False),
        ({**WAIT, "lookAfter": 0.0}, False),
        (DONE, False),
    ],
)
def test_a_short_wait_with_nothing_besides_is_plain(told: dict[str, Any], plain: bool) -> None:
    """The workflow sleeps and asks again, and looks at nothing else."""
    assert ("plain" in counted(told)) == plain


def test_a_long_wait_is_looked_into_less_and_less() -> None:
    """At its bound, and each time when it has lasted twice as long."""
    waits = [{**WAIT, "lookAfter": 100.0}] * 20

    assert [count for count in range(1, 21) if "look" in counted(*waits[:count])] == [4, 9, 19]


@pytest.mark.parametrize(
    "broken", [{}, {**NOTHING, "waits": [{}]}, {**NOTHING, "calls": []}, {**NOTHING, "due": 1}]
)
def test_what_is_no_tally_is_refused(broken: dict[str, Any]) -> None:
    """Anybody who may publish on the topic can have written it."""
    with pytest.raises((LookupError, TypeError, ValueError, AttributeError)):
        Tally.of(broken)
