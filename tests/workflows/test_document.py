"""`workflows/environment.yaml` as data: its table of phases, and the names that others know its steps by."""

from __future__ import annotations

from typing import Any

import pytest

from fleetgate.client import executions
from localcloud.workflows.deploy import compile_document
from localcloud.workflows.document import steps_within
from tests.support.cloud import TABLE
from tests.workflows.functions import SOURCE

PHASES: list[dict[str, Any]] = [
    *(TABLE[name] for name in ("claim", "diagnosis", "settle")),
    *(phase for action in TABLE["actions"].values() for phase in action),
]
ROWS: list[dict[str, Any]] = [row for phase in PHASES for row in phase["steps"]]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['name']}-{row['budget']}")
def test_every_step_has_a_budget_of_more_than_one_answer(row: dict[str, Any]) -> None:
    """An answer may get lost; in another column, and in none but these, is how long one is awaited."""
    assert set(row) == {"name", "budget", "patience"}
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

    assert {executions.PAUSING, executions.AROUND} <= steps
    assert executions.ASKING in document.routines
