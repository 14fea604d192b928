"""The queue of a controller: each key once, again after a fault, and never at the cost of another key or of time."""

from __future__ import annotations

import itertools

import pytest

from localcloud.controllers.queue import (
    BURST,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    Queue,
    Subject,
    TryAgain,
)
from localcloud.kubernetes import KubernetesApi
from localcloud.time.clock import EPOCH
from localcloud.world import World


class Looks:
    """A controller that writes down when it looked at what, and fails as often as it is told to."""

    def __init__(self, *, outlives: bool = True, fault: Exception | None = None) -> None:
        self.world = World.create()
        self.world.clock.outlives_faults = outlives
        self.api = KubernetesApi(self.world.clock, self.world.ids)
        self.fault = fault or ZeroDivisionError("of a test")
        self.failing: dict[str, int] = {}
        self.at: list[tuple[str, float]] = []
        self.queue: Queue[str] = Queue(self.world, "tester", self.look, self.subject)

    def look(self, key: str) -> None:
        self.at.append((key, round(self.world.clock.now - EPOCH, 3)))
        if self.failing.get(key, 0):
            self.failing[key] -= 1
            raise self.fault

    def subject(self, key: str) -> Subject | None:
        found = self.api.get("Namespace", "", key)
        return Subject(self.api, found) if found else None

    def wait(self, seconds: float = 0) -> None:
        self.world.clock.advance_to(self.world.clock.now + seconds)

    def events(self) -> list[tuple[str, str, str, int]]:
        """Type, reason, message and count of every event."""
        fields = ("type", "reason", "message", "count")
        return [tuple(event[field] for field in fields) for event in self.api.list("Event")]


def test_a_key_is_looked_at_once_for_however_many_changes() -> None:
    """And again for a change that comes after the look."""
    looks = Looks()
    for key in ("a", "b", "a"):
        looks.queue.add(key)
    looks.wait()
    looks.queue.add("a")
    looks.wait()

    assert [("a", 0), ("b", 0), ("a", 0)] == looks.at


def test_a_fault_is_told_and_tried_again_after_doubling_pauses(caplog: pytest.LogCaptureFixture) -> None:
    """With its traceback in the log, and as one Warning that counts up; a success forgets the failures."""
    looks = Looks()
    looks.failing["default"] = 3
    looks.queue.add("default")
    looks.wait(1)

    assert [("default", when) for when in (0, 0.005, 0.015, 0.035)] == looks.at
    assert [("Warning", "ReconcileError", "ZeroDivisionError: of a test", 3)] == looks.events()
    assert 3 == len(caplog.records)
    assert all(one.exc_info and "default" in one.getMessage() for one in caplog.records)

    looks.failing["default"], looks.at = 1, []
    looks.queue.add("default")
    looks.wait(1)
    assert [("default", 1), ("default", 1.005)] == looks.at


def test_the_pause_is_bounded() -> None:
    """However long a fault lasts, somebody looks now and then."""
    looks = Looks()
    looks.failing["x"] = 10**6
    looks.queue.add("x")
    looks.wait(10_000)
    pauses = [after - before for (_, before), (_, after) in itertools.pairwise(looks.at)]

    assert FIRST_PAUSE == pytest.approx(pauses[0], abs=0.001)
    assert LONGEST_PAUSE == pytest.approx(max(pauses)) == pytest.approx(pauses[-1])


def test_one_keys_fault_stops_no_other() -> None:
    """Nor another queue."""
    looks = Looks()
    looks.failing["a"] = 1
    looks.queue.add("a")
    looks.queue.add("b")
    looks.wait()

    assert [("a", 0), ("b", 0)] == looks.at


def test_a_change_hastens_what_waits_out_its_pause() -> None:
    """Somebody may have mended it. The failures are not forgotten by that: the next pause is the longer one."""
    looks = Looks()
    looks.failing["a"] = 10
    looks.queue.add("a")
    looks.wait(2)
    looks.at.clear()
    looks.queue.add("a")
    looks.wait(0)

    assert [("a", 2)] == looks.at
    assert 10 == looks.queue.failures("a")


def test_what_a_failed_look_itself_has_changed_waits_too() -> None:
    """Else a controller that writes and fails would go round without a pause."""
    looks = Looks()
    looks.failing["a"] = 2
    once = looks.look

    def writing(key: str) -> None:
        looks.queue.add(key)
        once(key)
        looks.queue.add("b")

    looks.queue = Queue(looks.world, "tester", writing)
    looks.queue.add("a")
    looks.wait(0.01)

    assert [("a", 0), ("a", 0.005)] == looks.at[:2]


def test_where_time_jumps_a_fault_fails_the_run() -> None:
    """There it is a fault of the local cloud's own, and nobody must miss it."""
    looks = Looks(outlives=False)
    looks.failing["a"] = 1
    looks.queue.add("a")

    with pytest.raises(ZeroDivisionError):
        looks.wait()


@pytest.mark.parametrize("outlives", [True, False])
def test_a_look_that_could_not_do_all_is_made_again_in_silence(
    outlives: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """It has told why by itself; it is no fault of the local cloud's, so no run fails of it."""
    looks = Looks(outlives=outlives, fault=TryAgain())
    looks.failing["default"] = 1
    looks.queue.add("default")
    looks.wait(1)

    assert [("default", 0), ("default", 0.005)] == looks.at
    assert ([], []) == (looks.events(), caplog.records)


def test_an_event_that_cannot_be_written_does_not_matter(caplog: pytest.LogCaptureFixture) -> None:
    """The log has it all the same."""
    looks = Looks()
    looks.failing["a"] = 1
    looks.queue = Queue(looks.world, "tester", looks.look, lambda key: 1 / 0)  # type: ignore[arg-type,return-value]
    looks.queue.add("a")
    looks.wait(1)

    assert 2 == len(looks.at)
    assert 2 == len(caplog.records)


def test_two_writers_at_odds_do_not_stop_the_clock() -> None:
    """A key that calls for itself over and over at one moment is spaced out more and more."""
    looks = Looks()

    def unsettled(key: str) -> None:
        looks.look(key)
        looks.queue.add(key)

    looks.queue = Queue(looks.world, "tester", unsettled)
    looks.queue.add("a")
    looks.wait(1)

    assert EPOCH + 1 == looks.world.clock.now
    assert BURST < len(looks.at) < 2 * BURST


def test_keys_that_are_done_are_forgotten() -> None:
    """A queue is as large as what waits in it, however many keys there were."""
    looks = Looks()
    for number in range(5000):
        looks.queue.add(f"key-{number}")
        looks.wait(1)
    assert 5000 == len(looks.at)
    assert len(looks.queue._looked) < 200
