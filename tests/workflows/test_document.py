"""`workflows/environment.yaml` as data: its table of phases, and the names that others know its steps by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fleetgate.client import executions
from localcloud.workflows.deploy import compile_document
from localcloud.workflows.document import steps_within
from localcloud.workflows.expressions import Binary, Literal, Name, Node, children, parse
from tests.support.cloud import DOCUMENT, TABLE
from tests.workflows.functions import SOURCE

PHASES: list[dict[str, Any]] = [
    *(TABLE[name] for name in ("begin", "claim", "diagnosis", "settle")),
    *(phase for action in TABLE["actions"].values() for phase in action),
]
ROWS: list[dict[str, Any]] = [row for phase in PHASES for row in phase["steps"]]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['name']}-{row['budget']}")
def test_every_step_has_a_budget_of_more_than_one_answer(row: dict[str, Any]) -> None:
    """An answer may get lost; in another column, and in none but these, is how long one is awaited."""
    assert set(row) == {"name", "topic", "budget", "patience"}
    assert row["topic"] == row["name"].replace("_", "-")
    assert 0 < row["patience"] < row["budget"]


def test_a_step_is_awaited_as_long_in_one_phase_as_in_another() -> None:
    """How long an answer takes is a matter of the function."""
    assert len({(row["name"], row["patience"]) for row in ROWS}) == len({row["name"] for row in ROWS})


def test_the_phases_that_are_diagnosed_are_those_of_deploy_and_verify() -> None:
    """By name; a teardown's are not among them."""
    actions = {name: {phase["name"] for phase in phases} for name, phases in TABLE["actions"].items()}

    assert set(TABLE["diagnosed"]) == actions["deploy"] | actions["verify"]
    assert not set(TABLE["diagnosed"]) & actions["teardown"]


def test_the_client_knows_steps_by_the_names_that_they_have() -> None:
    """`status` says in words what an execution is at."""
    document = compile_document(SOURCE)
    steps = {
        (name, step.name)
        for name, routine in document.routines.items()
        for step in steps_within(routine.block)
    }

    assert executions.PAUSING | executions.AROUND <= steps
    assert executions.ASKING in document.routines


def test_nothing_rests_on_a_condition_that_is_cut_short() -> None:
    """No page says whether `and` and `or` evaluate their second operand.

    So conditions stand one after another, unless the second one is about variables alone and cannot fail.
    """
    assert [
        text for text in _expressions(DOCUMENT) if any(_may_fail(each) for each in _cut(parse(text)))
    ] == []


@pytest.mark.parametrize("text", ["a or b.c", "f(x[1 and y[0]]) == 2", "{'k': [not (a and f(b))]}"])
def test_conditions_that_may_be_cut_short_are_found_anywhere(text: str) -> None:
    """In an argument, an index, a list or a map."""
    assert any(_may_fail(each) for each in _cut(parse(text)))


@pytest.mark.parametrize("text", ["stop or sent > until", "a and seconds <= 0"])
def test_variables_can_always_be_compared(text: str) -> None:
    """Whatever is evaluated of it."""
    assert not any(_may_fail(each) for each in _cut(parse(text)))


def _expressions(value: Any) -> Iterator[str]:
    """Every `${…}` of the document, without its braces."""
    if isinstance(value, str) and value.startswith("${"):
        yield value[2:-1]
    for each in (*value.keys(), *value.values()) if isinstance(value, dict) else ():
        yield from _expressions(each)
    for each in value if isinstance(value, list) else ():
        yield from _expressions(each)


def _cut(node: Node) -> Iterator[Node]:
    """The second operands of each `and` and `or`."""
    if isinstance(node, Binary) and node.operator in ("and", "or"):
        yield node.right
    for each in children(node):
        yield from _cut(each)


def _may_fail(node: Node) -> bool:
    if not isinstance(node, Name | Literal | Binary):
        return True
    return any(_may_fail(each) for each in children(node))
