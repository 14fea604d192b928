"""Every reason of waiting in the code has a bound, and what explains it are codes that rules give."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.verification.step import FAULT_MESSAGES
from shared.step.bounds import BOUNDS
from shared.step.error_outcomes import _WAITS
from shared.step.outcome import Waiting
from tests.support.paths import ROOT

REASON = re.compile(r"(?:[A-Z][a-z]+){2,}|Deleting|Changed|Transient|Unreachable|Inventoried")
MAKERS = {"Waiting", "Wait", "_wait", "Plan"}
WORKFLOW = (ROOT / "workflows" / "environment.yaml").read_text("utf-8")
BUDGETS = {
    (found[1], int(found[2]))
    for found in re.finditer(r"\{name: (\w+), topic: [\w-]+, budget: (\d+)", WORKFLOW)
}
UNANSWERED = re.compile(r'unanswered\(message, "(\w+)", .*, (\d+)\)\}')  # the reason, and its bound


def _reasons() -> Iterator[tuple[str, str]]:
    """The place and the text of each reason that a step may give."""
    for folder in ("functions", "shared"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield from ((str(path.relative_to(ROOT)), each) for each in _in(path))
    yield from (("functions/verification/step.py", each) for each in FAULT_MESSAGES)
    yield from (("shared/step/error_outcomes.py", reason) for reason, _ in _WAITS.values())
    yield from (("workflows/environment.yaml", reason) for reason, _ in UNANSWERED.findall(WORKFLOW))


def _in(path: Path) -> Iterator[str]:
    """The reasons in the calls that make a wait, and in tables whose names say that they have reasons."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MAKERS:
            values = [*node.args, *(each.value for each in node.keywords)]
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "CHANGING":
            values = node.value.values if isinstance(node.value, ast.Dict) else []
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "reason":
            values = [each for each in ast.walk(node.value) if isinstance(each, ast.Constant)]
        else:
            continue
        texts = (each.value for each in values if isinstance(each, ast.Constant))
        yield from (each for each in texts if isinstance(each, str) and REASON.fullmatch(each))


REASONS = sorted(set(_reasons()))


@pytest.mark.parametrize(("place", "reason"), REASONS, ids=lambda each: str(each))
def test_a_reason_of_waiting_has_a_bound(place: str, reason: str) -> None:
    """After it the cause is looked for."""
    assert reason in BOUNDS, f"{place} waits for {reason}: give it a bound in shared/step/bounds.py"


def test_every_bound_is_of_a_reason_that_is_given() -> None:
    """What nobody waits for any more leaves the table."""
    assert set(BOUNDS) == {reason for _, reason in REASONS}


def test_a_wait_of_unknown_text_is_seen() -> None:
    """The search finds reasons in every way in which they are written."""
    found = {reason for _, reason in REASONS}

    assert {
        "ClusterUpdating",
        "MembershipState",
        "FeatureDisabling",
        "NoHealthyUpstream",
        "Transient",
    } <= found
    assert {"Changed", "NoAnswer", "GatewayHeld", "AddressReserving"} <= found


def test_a_bound_comes_long_before_the_time_of_a_step_is_up() -> None:
    """Half of the shortest budget in which there is such a wait; checks and the claim end by themselves."""
    budgets = [seconds for _, seconds in BUDGETS if seconds > 300]

    assert 600 == min(budgets)
    assert max(BOUNDS[each].seconds for each in FAULT_MESSAGES) <= 300
    assert max(each.seconds for each in BOUNDS.values()) <= 1200


@pytest.mark.parametrize("reason", ["NoHealthyUpstream", "WrongCluster", "BackendUnseen"])
def test_health_checks_have_the_five_minutes_that_they_may_take(reason: str) -> None:
    """After the Gateway is programmed; the route and its URL map take the first half a minute of them."""
    assert BOUNDS[reason].seconds + 30.0 >= 300.0


def test_the_answer_carries_the_bound() -> None:
    """The workflow knows no reasons."""
    told = Waiting(reason="RoutePending", message="m", retry_after=1.0).wire()

    assert told["lookAfter"] == BOUNDS["RoutePending"].seconds


def test_the_workflows_own_reasons_have_the_bounds_of_the_table() -> None:
    """They are written there, as no function answers them."""
    found = UNANSWERED.findall(WORKFLOW)

    assert {"NoAnswer", "NotSent"} == {reason for reason, _ in found}
    assert all(BOUNDS[reason].seconds == float(seconds) for reason, seconds in found)
