"""Progress: on a pipe a line when something changes, on a terminal one row a step."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from fleetgate.local.progress import LiveTable, PlainLines, StepEvent, clock, progress_on
from fleetgate.terminal import Terminal


def news(at: float, outcome: str, text: str = "", step: str = "fleet", mode: str = "apply") -> StepEvent:
    """A step's answer."""
    return StepEvent(at, step, mode, outcome, text)


def test_a_line_is_printed_only_when_something_changes() -> None:
    """Waiting on for the same thing is no news, for each step and mode by itself."""
    file = io.StringIO()
    lines = PlainLines(Terminal(file=file, width=40))
    for each in (
        news(3.9, "waiting", "[gke-west-1] is joining the fleet as it should"),
        news(9, "waiting", "[gke-west-1] is joining the fleet as it should"),
        news(12, "done", mode="check"),
        news(75, "waiting", "another"),
        news(3601, "done"),
        news(3602, "done"),
    ):
        lines.tell(each)
    lines.close()

    assert [
        "   0:03  fleet                    waiting   [gke-west-1] is joining the fleet as it should",
        "   0:12  fleet (check)            done",
        "   1:15  fleet                    waiting   another",
        "  60:01  fleet                    done",
    ] == file.getvalue().splitlines()


def test_a_terminal_shows_the_newest_state_of_each_step() -> None:
    """In the order they began, and leaves them there; brackets are not markup."""
    file = io.StringIO()
    console = Terminal(file=file, width=80, colour=True)
    table = progress_on(console)
    assert isinstance(table, LiveTable)
    for each in (
        news(3, "waiting", "[/gone]"),
        news(4, "done", step="subnets"),
        news(5, "blocked", "[/no] way"),
    ):
        table.tell(each)
    table.close()

    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", file.getvalue())
    last = [" ".join(line.split()) for line in plain.splitlines()]
    for words in ("✗ fleet blocked [/no] way", "✓ subnets done", "simulated time 0:05"):
        assert any(words in line for line in last)


def test_a_pipe_gets_plain_lines() -> None:
    """No cursor movement in a log."""
    assert isinstance(progress_on(Terminal(file=io.StringIO())), PlainLines)


LABELS = {"logging.googleapis.com/labels": {"step": "fleet", "mode": "apply"}}


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({**LABELS, "answer": {"outcome": "done"}}, news(1, "done")),
        ({**LABELS, "answer": {"outcome": "waiting", "message": "soon"}}, news(1, "waiting", "soon")),
        ({**LABELS, "answer": {"outcome": "blocked", "cause": "no"}}, news(1, "blocked", "no")),
        ({"message": "hello"}, None),
        (LABELS, None),
        ({"answer": {"outcome": "done"}}, None),
    ],
)
def test_news_are_read_from_a_functions_canonical_line(
    payload: dict[str, Any], told: StepEvent | None
) -> None:
    """Any other line is none."""
    assert told == StepEvent.of_log(1, payload)


def test_seconds_are_shown_as_minutes() -> None:
    """Whole ones."""
    assert ["0:00", "0:59", "1:00", "61:01"] == [clock(seconds) for seconds in (0.9, 59.9, 60, 3661)]
