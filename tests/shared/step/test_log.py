"""The log lines of an attempt: what they say, and that its rows are all in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.step.answer import answer
from shared.step.change import Description
from shared.step.log import LINE_LIMIT, log_answer
from shared.step.message import Message
from shared.step.outcome import Done, Failed, Outcome, Waiting
from tests.support.changes import ScriptedChange

Make = Callable[..., Message]
Logged = Callable[..., list[dict[str, Any]]]
CALLS = {"total": 1, "mutations": 0, "byService": {"compute": 1}}


@pytest.fixture
def logged(message: Make, capsys: pytest.CaptureFixture[str]) -> Logged:
    """The lines of one attempt that had this outcome and made these changes."""

    def lines(outcome: Outcome, *changes: ScriptedChange, **fields: Any) -> list[dict[str, Any]]:
        capsys.readouterr()
        asked = message(**fields)
        log_answer(asked, answer(asked, outcome, changes, CALLS), "sent")
        out = capsys.readouterr().out.splitlines()
        assert max(len(line.encode()) for line in out) <= LINE_LIMIT
        return [json.loads(line) for line in out]

    return lines


def rows(lines: list[dict[str, Any]], name: str) -> list[Any]:
    return [row for line in lines for row in line.get(name, [])]


def test_a_line_says_what_was_answered_and_counts_the_rows(logged: Logged) -> None:
    """The rows stand beside it."""
    (line,) = logged(Waiting(reason="Making", message="soon", retry_after=5), ScriptedChange("a"))

    assert line["answer"] == {
        "outcome": "waiting",
        "reason": "Making",
        "message": "soon",
        "retryAfter": 5,
        "calls": CALLS,
        "changes": 1,
        "rows": 0,
    }
    assert line["changes"] == [{"verb": "create", "resource": "a"}]
    assert (line["part"], line["parts"], line["attempt"], line["callback"]) == (1, 1, 1, "sent")


def test_each_invocation_has_its_own_number(logged: Logged) -> None:
    """One message may be delivered twice."""
    (first,), (second,) = logged(Done()), logged(Done())

    assert len(first["invocation"]) == 8
    assert first["invocation"] != second["invocation"]


def test_rows_that_one_line_cannot_hold_are_in_as_many_as_it_takes(logged: Logged) -> None:
    """Changes, then traffic; every line says which of how many it is, and an alert counts the first alone."""
    changes = [ScriptedChange(f"projects/p/{number:04}" + "x" * 200) for number in range(1_000)]
    traffic = [{"vip": f"10.0.0.{number}", "pad": "x" * 300, "ok": True} for number in range(900)]
    lines = logged(Failed(code="C", cause="c", fix="f", outputs={"traffic": traffic}), *changes)

    assert len(lines) > 4
    assert [line["part"] for line in lines] == list(range(1, len(lines) + 1))
    assert {line["parts"] for line in lines} == {len(lines)}
    assert len({line["invocation"] for line in lines}) == 1
    assert [each["resource"] for each in rows(lines, "changes")] == [each.resource for each in changes]
    assert rows(lines, "traffic") == traffic
    assert (lines[0]["answer"]["changes"], lines[0]["answer"]["rows"]) == (1_000, 900)
    assert ["ERROR"] + ["INFO"] * (len(lines) - 1) == [line["severity"] for line in lines]
    assert ["answer" in line for line in lines] == [True] + [False] * (len(lines) - 1)


def test_a_list_that_the_answer_holds_whole_is_not_logged(logged: Logged) -> None:
    """One that it does not is, under its own name."""
    leak = {"resource": "r" * 300, "why": "its name", "fix": "gcloud"}
    few, many = (logged(Done(outputs={"leaks": [leak] * number}))[0] for number in (2, 200))

    assert "leaks" not in few
    assert rows([many], "leaks") == [leak] * 200


def test_a_value_that_is_too_long_is_told_by_its_size(
    logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No row makes a line too long."""
    huge = Description("update", "r", "field", "x" * 300_000, "y")
    monkeypatch.setattr(ScriptedChange, "describe", lambda self: huge)
    (line,) = logged(Done(), ScriptedChange("r"))

    assert line["changes"] == [
        {"verb": "update", "resource": "r", "field": "field", "before": "(300002 bytes)", "after": "y"}
    ]


VALUES = st.integers(0, 9_000).map(lambda size: "é" * size)
ROWS = st.lists(st.dictionaries(st.sampled_from("abcdefgh"), VALUES, max_size=8), max_size=30)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(ROWS)
def test_no_row_is_lost_and_none_is_told_twice(logged: Logged, traffic: list[dict[str, Any]]) -> None:
    """Whatever is in them; `logged` looks at each line's size."""
    found = rows(logged(Done(outputs={"traffic": traffic})), "traffic")

    assert [sorted(row) for row in found] == [sorted(row) for row in traffic]
    whole = [row for row in traffic if all(len(value) < 1_000 for value in row.values())]
    assert [row for row in found if row in whole] == whole
