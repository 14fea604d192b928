"""Changes of one sequence begin in order, and sequences side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from shared import errors
from shared.google.session import Session
from shared.step.outcome import Decision, Waiting
from shared.step.run import run
from shared.step.step import Step
from tests.support.changes import ScriptedChange
from tests.support.google_server import GoogleServer
from tests.support.rows import last_lines

Event = Callable[..., dict[str, Any]]
WAIT = Waiting(reason="Making", message="soon", retry_after=10)


class Sequences:
    """What began, in order."""

    def __init__(self) -> None:
        self.begun: list[str] = []

    def change(
        self, name: str, trouble: Exception | None = None, meet: threading.Barrier | None = None
    ) -> ScriptedChange:
        """A change of the sequence before the dot."""

        def meets(_: Session) -> None:
            if meet:
                meet.wait()
            self.begun.append(name)
            if trouble:
                raise trouble

        return ScriptedChange(name, meets, apart=name.partition(".")[0])


def _run(event: dict[str, Any], *changes: ScriptedChange) -> None:
    run(
        event,
        Step("subnets", lambda _: None, lambda seen, now: Decision(WAIT, changes), frozenset({"apply"})),
    )


def _refusal(kind: type[errors.ApiError]) -> errors.ApiError:
    return kind("container", "POST", "projects/p/thing", 0, "", "because")


def test_sequences_go_side_by_side_and_each_in_order(
    anchored: GoogleServer, event: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """The answer tells the changes in the order in which they were wanted."""
    those, meet = Sequences(), threading.Barrier(2, timeout=10)
    names = ["a.1", "b.1", "a.2", "b.2"]
    _run(event(), *(those.change(name, meet=meet) for name in names))

    assert {("a.1", "a.2"), ("b.1", "b.2")} == {
        tuple(name for name in those.begun if name.startswith(each)) for each in "ab"
    }
    assert 4 == last_lines(capsys)[0]["answer"]["changes"]


def test_a_change_without_a_sequence_is_in_order_with_all(anchored: GoogleServer, event: Event) -> None:
    """Those before it have begun, and none after it has."""
    those = Sequences()
    _run(event(), *map(those.change, ["a.1", "b.1", ".x", "a.2", "b.2"]))

    assert ".x" == those.begun[2]
    assert {"a.1", "b.1"} == set(those.begun[:2])


def test_a_busy_resource_keeps_nothing_else_and_any_other_refusal_ends_all(
    anchored: GoogleServer, event: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """In its own sequence, and in others that have more to begin."""
    those = Sequences()
    _run(event(), those.change("a.1", _refusal(errors.Busy)), *map(those.change, ["b.1", "a.2"]))
    assert {"a.1", "a.2", "b.1"} == set(those.begun)
    assert 2 == last_lines(capsys)[0]["answer"]["changes"]

    those, meet = Sequences(), threading.Barrier(2, timeout=10)
    refused = those.change("a.1", _refusal(errors.Refused), meet)
    _run(event(), refused, those.change("b.1", meet=meet), those.change("a.2"))
    assert {"a.1", "b.1"} == set(those.begun)
