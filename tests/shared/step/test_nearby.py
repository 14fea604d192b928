"""What is expected any moment is waited for within the call, by narrow looks, for a part of the call's time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.google import deadline
from shared.step import nearby
from shared.step.outcome import Decision, Done, Outcome, Waiting
from shared.step.run import run
from shared.step.step import Mode, Step
from tests.support.google_server import NOW, GoogleServer

Event = Callable[..., dict[str, Any]]
APPLY: frozenset[Mode] = frozenset({"check", "apply"})


class Sleeper:
    """A step that waits `pause` seconds for what comes at its look number `ready`, and a clock that it sleeps by."""

    def __init__(self, pause: float, ready: int = 1000) -> None:
        self.pause, self.ready = pause, ready
        self.slept, self.wide, self.narrow = 0.0, 0, 0

    def monotonic(self) -> float:
        return 100.0 + self.slept

    def sleep(self, seconds: float) -> None:
        self.slept += seconds

    def observe(self, context: Any) -> int:
        self.wide += 1
        return self.wide + self.narrow

    def look(self, context: Any) -> int:
        self.narrow += 1
        return self.wide + self.narrow

    def decide(self, looks: int, now: float) -> Decision:
        done = looks >= self.ready
        wait = Waiting(reason="Changed", message="", retry_after=self.pause)
        outcome: Outcome = Done() if done else wait
        return Decision(outcome, near=None if done else self.look)


@pytest.fixture
def asked(anchored: GoogleServer, event: Event, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Lets a sleeper's step be asked; what it answers."""

    def ask(sleeper: Sleeper, **fields: Any) -> Any:
        class Clock:
            monotonic, sleep = sleeper.monotonic, sleeper.sleep

        monkeypatch.setattr(nearby, "time", Clock)
        monkeypatch.setattr(deadline, "time", Clock)
        run(event(**fields), Step("subnets", sleeper.observe, sleeper.decide, APPLY))
        return anchored.posted("/callbacks/")[-1]

    return ask


def test_what_comes_soon_is_seen_within_the_call(asked: Callable[..., Any]) -> None:
    """By narrow looks; and the claim is looked at again before the end is told."""
    sleeper = Sleeper(1.0, ready=4)
    answer = asked(sleeper)

    assert ("done", 1, 3, 3.0) == (answer["outcome"], sleeper.wide, sleeper.narrow, sleeper.slept)
    assert 2 == answer["calls"]["total"]  # both are reads of the anchor


def test_it_is_waited_for_a_part_of_the_time(asked: Callable[..., Any]) -> None:
    """And told how long that was: the workflow counts it for the reason."""
    sleeper = Sleeper(2.0)
    answer = asked(sleeper)

    assert ("waiting", 2.0) == (answer["outcome"], answer["retryAfter"])
    assert answer["waited"] == sleeper.slept == 24.0 <= nearby.HELD


@pytest.mark.parametrize("pause", [10.5, 300])
def test_what_is_far_away_is_waited_for_by_the_workflow(asked: Callable[..., Any], pause: float) -> None:
    """An attempt is cheaper than a function that waits."""
    sleeper = Sleeper(pause)

    assert "waited" not in asked(sleeper)
    assert 0 == sleeper.narrow


def test_nobody_waits_who_has_hardly_any_time(asked: Callable[..., Any]) -> None:
    """A message that came late: a call has to fit in after the pause."""
    sleeper = Sleeper(1.0)

    assert "waiting" == asked(sleeper, sent=NOW - 70, deadline=NOW + 20)["outcome"]
    assert 0 == sleeper.narrow


def test_a_check_waits_for_nothing(asked: Callable[..., Any]) -> None:
    """What is not there yet is no fault of the request."""
    sleeper = Sleeper(1.0)

    assert "done" == asked(sleeper, mode="check")["outcome"]
    assert 0 == sleeper.narrow
