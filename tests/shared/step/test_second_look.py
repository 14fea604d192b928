"""No step is done by what it saw while functions of the claim before could still act."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.step.outcome import Blocked, Decision, Done, Outcome, Waiting
from shared.step.run import run
from shared.step.step import Mode, Step
from tests.support.google_server import EXECUTION, NOW, GoogleServer
from tests.support.messages import GENERATION

Event = Callable[..., dict[str, Any]]
ANY: frozenset[Mode] = frozenset({"check", "apply", "destroy", "settle"})


def claimed(quiet_from: float | None) -> dict[str, Any]:
    """A claim as messages carry it."""
    return {"name": "store", "generation": GENERATION, "execution": EXECUTION, "quietFrom": quiet_from}


def answered(google: GoogleServer, event: dict[str, Any], outcome: Outcome, fenced: bool = True) -> Any:
    """What is answered when a step decides so."""
    run(event, Step("subnets", lambda context: None, lambda observed, now: Decision(outcome), ANY, fenced))
    return google.posted("/callbacks/")[-1]


@pytest.mark.parametrize("mode", ["apply", "destroy"])
def test_done_is_looked_at_again_when_nobody_else_can_act(
    anchored: GoogleServer, event: Event, mode: str
) -> None:
    """When the moment comes; until then it is waited, with what was seen so far."""
    early = answered(anchored, event(mode=mode, claim=claimed(NOW + 20)), Done(outputs={"seen": 1}))
    assert ("waiting", "SecondLook", {"seen": 1}) == (early["outcome"], early["reason"], early["outputs"])
    assert early["retryAfter"] == pytest.approx(20.0, abs=0.5)

    message = event(mode=mode, claim=claimed(NOW + 20), sent=NOW + 20, deadline=NOW + 110)
    assert "done" == answered(anchored, message, Done())["outcome"]


def test_what_counts_is_when_the_look_began(anchored: GoogleServer, event: Event) -> None:
    """A look that lasts beyond the moment has read what may have changed since."""

    def looks(context: Any) -> None:
        anchored.now = NOW + 30

    step = Step("subnets", looks, lambda observed, now: Decision(Done()), ANY)
    run(event(claim=claimed(NOW + 20)), step)

    (told,) = anchored.posted("/callbacks/")
    assert ("waiting", 0.0) == (told["outcome"], told["retryAfter"])


@pytest.mark.parametrize("quiet_from", [None, NOW - 1], ids=["undisturbed", "long ago"])
def test_a_claim_that_disturbed_nobody_waits_for_nothing(
    anchored: GoogleServer, event: Event, quiet_from: float | None
) -> None:
    """It is done at its first look."""
    assert "done" == answered(anchored, event(claim=claimed(quiet_from)), Done())["outcome"]


@pytest.mark.parametrize(
    ("mode", "fenced", "outcome"),
    [
        ("check", True, Done()),
        ("settle", False, Done()),
        ("apply", True, Blocked(code="C", cause="c", fix="f")),
        ("apply", True, Waiting(reason="Making", message="m", retry_after=9.0)),
    ],
)
def test_everything_else_is_answered_at_once(
    anchored: GoogleServer, event: Event, mode: str, fenced: bool, outcome: Outcome
) -> None:
    """A check says nothing of how the world is in the end, and an ending is told when it is there."""
    message = event(mode=mode, claim=claimed(NOW + 20))
    assert outcome.name == answered(anchored, message, outcome, fenced)["outcome"]


@pytest.mark.parametrize(
    ("outcome", "stands"),
    [(Done(), True), (Waiting(reason="ClusterProvisioning", message="m", retry_after=9.0), False)],
    ids=["as wanted", "not there yet"],
)
def test_a_check_tells_what_need_not_be_applied(
    anchored: GoogleServer, event: Event, outcome: Outcome, stands: bool
) -> None:
    """A check passes while something is awaited, too: then there is still something to see to."""
    told = answered(anchored, event(mode="check"), outcome)
    assert ("done", stands) == (told["outcome"], "subnets_stands" in told.get("outputs", {}))
