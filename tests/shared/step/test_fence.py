"""When a change may begin: within a second of a read of the anchor, before the deadline, by the own clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import urllib3

from shared.google.session import Session
from shared.step.fence import FRESH, READS
from shared.step.outcome import Decision, Waiting
from shared.step.run import run
from shared.step.step import Context, Step
from tests.support.changes import ScriptedChange
from tests.support.google_server import NOW, GoogleServer
from tests.support.rows import last_lines

Event = Callable[..., dict[str, Any]]
ANCHOR = "/compute/v1/projects/hub/regions/us-west1/addresses/fleetgate-store"
THINGS = "/compute/v1/projects/p/global/urlMaps"
WAIT = Waiting(reason="Making", message="soon", retry_after=10)


class Watch:
    """The instance's monotonic clock, which stands but for the seconds that calls take."""

    def __init__(self, google: GoogleServer) -> None:
        self.google = google
        self.now = 5000.0
        self.seconds: dict[str, float] = {}  # by the end of a path
        self.newer_claim_at: float | None = None
        google.before = self.called

    def called(self, method: str, path: str) -> None:
        """A call reaches Google, which takes its time."""
        self.now += sum(took for end, took in self.seconds.items() if path.endswith(end))
        if self.newer_claim_at is not None and self.now >= self.newer_claim_at:
            self.google.addresses["fleetgate-store"]["labels"]["fleetgate-generation"] = "9999999999999-1"

    @property
    def anchor_reads(self) -> int:
        """How often the anchor was read."""
        return [path for _, path, _ in self.google.requests].count(ANCHOR)


@pytest.fixture
def watch(anchored: GoogleServer, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """The clock, and an environment whose claim holds."""
    watch = Watch(anchored)
    monkeypatch.setattr(time, "monotonic", lambda: watch.now)
    return watch


def deletion(number: int) -> ScriptedChange:
    """One call."""

    def perform(session: Session) -> None:
        session.post("compute", f"projects/p/global/urlMaps/{number}", {})

    return ScriptedChange(f"projects/p/global/urlMaps/{number}", perform)


def attempted(watch: Watch, event: dict[str, Any], count: int = 3, looking: float = 0.0) -> list[str]:
    """The changes that reached Google, of so many that were wanted by a step that looks for so many seconds."""
    for number in range(count):
        watch.google.answers[f"POST {THINGS}/{number}"] = {}

    def look(_: Context) -> None:
        watch.now += looking

    step: Step[None] = Step(
        "subnets",
        look,
        lambda observed, now: Decision(WAIT, [deletion(number) for number in range(count)]),
        frozenset({"apply"}),
    )
    run(event, step)
    return [path.removeprefix(THINGS) for _, path, _ in watch.google.requests if path.startswith(THINGS)]


def test_a_newer_claim_is_seen_before_the_next_change(
    watch: Watch, event: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three changes at 14 s a call, and a claim at 0.8 s: the second never begins."""
    watch.seconds = {"/0": 14.0, "/1": 14.0, "/2": 14.0}
    watch.newer_claim_at = watch.now + 0.8

    assert ["/0"] == attempted(watch, event())
    (line,) = last_lines(capsys)
    assert ("superseded", 1) == (line["answer"]["outcome"], line["answer"]["changes"])


def test_one_read_serves_the_changes_that_begin_within_a_second(watch: Watch, event: Event) -> None:
    """And each second after it takes one more."""
    watch.seconds = {"/0": 0.4, "/1": 0.4, "/2": 0.4, "/3": 0.4}

    assert ["/0", "/1", "/2", "/3"] == attempted(watch, event(), count=4)
    assert 2 == watch.anchor_reads


def test_changes_that_begin_side_by_side_share_a_read(
    anchored: GoogleServer, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And each of them has asked: nobody begins before it is there."""
    watch = Watch(anchored)
    monkeypatch.setattr(time, "monotonic", lambda: watch.now)
    for number in range(12):
        anchored.answers[f"POST {THINGS}/{number}"] = {}

    def look(_: Context) -> None:
        return None

    def decide(_: None, now: float) -> Decision:
        watch.now += FRESH + 0.1  # what the runner has read is too old
        return Decision(WAIT, [replace(deletion(number), apart=f"{number}") for number in range(12)])

    run(event(), Step("subnets", look, decide, frozenset({"apply"})))
    sent = [path for _, path, _ in anchored.requests]
    assert 2 == watch.anchor_reads
    assert 12 == sum(path.startswith(THINGS) for path in sent)
    assert [ANCHOR] == [path for path in sent if path == ANCHOR or path.startswith(THINGS)][1:2]


def test_nothing_begins_while_the_anchor_takes_too_long_to_read(
    watch: Watch, event: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second runs from when the read was sent: what it says may be as old as that."""
    watch.seconds = {"/fleetgate-store": 1.5}

    assert [] == attempted(watch, event())
    (line,) = last_lines(capsys)
    assert ("waiting", "Transient") == (line["answer"]["outcome"], line["answer"]["reason"])
    assert "longer than 1 s" in line["answer"]["message"]
    assert 1 + READS == watch.anchor_reads


@pytest.mark.parametrize("date", [NOW, NOW - 86_400.0], ids=["stands still", "lies in the past"])
@pytest.mark.parametrize(("passed", "begun"), [(80.0, 3), (87.5, 0), (100.0, 0)])
def test_the_deadline_runs_by_the_instances_own_clock(
    watch: Watch, event: Event, date: float, passed: float, begun: int
) -> None:
    """A date that is late, or wrong, gives no more time."""
    watch.google.now = date

    assert begun == len(attempted(watch, event(), looking=passed))


@pytest.mark.parametrize(("travelled", "begun"), [(80.0, 3), (88.0, 0), (3600.0, 0)])
def test_how_long_the_message_travelled_is_taken_off(
    watch: Watch, event: Event, travelled: float, begun: int
) -> None:
    """As far as the servers' dates tell, against when it was sent."""
    watch.google.now = NOW + travelled

    assert begun == len(attempted(watch, event()))


def test_each_call_ends_before_the_deadline(
    watch: Watch, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets what is left, less what the answer needs; and never more than any call gets."""
    limits, kept = list[float](), urllib3.Timeout

    def noted(total: float, connect: float) -> Any:
        limits.append(total)
        return kept(total=total, connect=connect)

    monkeypatch.setattr(urllib3, "Timeout", noted)
    watch.seconds = {"/fleetgate-store": 0.5, "/0": 15.0, "/1": 15.0}

    assert ["/0", "/1", "/2"] == attempted(watch, event(), looking=55.0)
    read, change = limits[:2]
    assert (20.0, 20.0) == (read, change)
    assert [16.5, 16.0, 1.0, 0.5] == limits[2:6]  # what is left, less three seconds
    assert [3.5] == limits[6:]  # the answer gets those
