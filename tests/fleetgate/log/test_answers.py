"""Lines put together to answers, and lines that are none."""

from __future__ import annotations

from typing import Any

import pytest

from fleetgate.log.answers import LoggedAnswer, answers
from tests.support.logged import EXECUTION, change, entry

ONE, TWO = change("one"), change("two")


def found(*entries: Any) -> list[LoggedAnswer]:
    """The answers in these entries."""
    return answers(entries, EXECUTION)


def test_a_line_is_an_answer_with_its_rows() -> None:
    """Whatever lists it has, by their names."""
    (answer,) = found(entry(attempt=3, changes=[ONE], leaks=[{"resource": "r"}]))

    assert ("clusters", "apply", 3, "00000003", True) == (
        answer.step, answer.mode, answer.attempt, answer.invocation, answer.is_accepted,
    )  # fmt: skip
    assert {"changes": [ONE], "leaks": [{"resource": "r"}]} == answer.rows


def test_parts_are_one_answer_in_the_order_of_their_numbers() -> None:
    """Cloud Logging gives them in any order, when their times are the same."""
    parts = [entry(part=number, parts=3, changes=[change(str(number))]) for number in (3, 1, 2)]

    (answer,) = found(*parts)

    assert [change("1"), change("2"), change("3")] == answer.rows["changes"]


def test_an_answer_without_all_its_parts_is_none() -> None:
    """Half of the changes would look like all of them."""
    assert [] == found(entry(part=1, parts=2, changes=[ONE]))
    assert [] == found(entry(part=2, parts=2, changes=[ONE]))


def test_a_part_that_comes_twice_counts_once() -> None:
    """Also as an entry of another insertId."""
    line = entry(changes=[ONE])

    (answer,) = found(line, line, {**line, "insertId": "another"})

    assert [ONE] == answer.rows["changes"]


def test_answers_come_in_the_order_in_which_they_were_given() -> None:
    """Times may lack zeros at their end, so they do not sort as they stand."""
    first, second = entry(attempt=1), entry(attempt=2)
    first["timestamp"], second["timestamp"] = "2026-01-05T08:00:00Z", "2026-01-05T08:00:00.5Z"

    assert [1, 2] == [each.attempt for each in found(second, first)]


STRANGE = {
    "another execution's": entry(execution="x-2"),
    "a text": {"timestamp": "2026-01-05T08:00:00Z", "insertId": "i", "textPayload": "hello"},
    "a refusal": {"timestamp": "t", "insertId": "i", "jsonPayload": {"message": "BadMessage"}},
    "without labels": {**entry(), "labels": {}},
    "an attempt that is no number": {**entry(), "jsonPayload": {**entry()["jsonPayload"], "attempt": "many"}},
    "a part beyond its parts": entry(part=2, parts=1),
    "part zero": entry(part=0, parts=1),
    "no parts": entry(part=1, parts=0),
    "a payload that is a list": {**entry(), "jsonPayload": []},
    "a payload that is null": {**entry(), "jsonPayload": None},
    "no entry at all": "hello",
}


@pytest.mark.parametrize("line", STRANGE.values(), ids=STRANGE.keys())
def test_other_lines_are_passed_over(line: Any) -> None:
    """A stack, a refusal, or what somebody has written there who may."""
    assert ["clusters"] == [each.step for each in found(line, entry(attempt=2))]


def test_what_is_no_list_is_no_rows() -> None:
    """Whoever wrote it."""
    (answer,) = found(entry(changes="all of them", traffic={"0": {}}))

    assert {} == answer.rows
