"""The clock fires what is due, in order, and nothing else moves time."""

from __future__ import annotations

import gc
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.time.clock import EPOCH, Clock, http_date, rfc3339, rfc3339_pacific


def test_timers_fire_in_order_of_time_then_of_setting() -> None:
    """Two timers of one moment fire as they were set."""
    clock, fired = Clock(), list[str]()
    clock.after(5, lambda: fired.append("late"))
    clock.after(1, lambda: fired.append("first"))
    clock.after(1, lambda: fired.append("second"))

    clock.advance_to(EPOCH + 10)

    assert ["first", "second", "late"] == fired


def test_a_timer_sees_its_own_moment() -> None:
    """When a timer fires, now is when it was due."""
    clock, seen = Clock(), list[float]()
    clock.after(2.5, lambda: seen.append(clock.now - EPOCH))

    assert clock.step()
    assert [2.5] == seen


def test_a_cancelled_timer_is_passed_over() -> None:
    """It neither fires nor holds the clock."""
    clock, fired = Clock(), list[str]()
    clock.after(1, lambda: fired.append("no")).cancel()
    clock.after(2, lambda: fired.append("yes"))

    clock.step()

    assert ["yes"] == fired
    assert not clock.step()


def test_the_past_is_now() -> None:
    """A timer set for a moment that is over fires at the present one, and time never goes back."""
    clock = Clock()
    clock.at(EPOCH - 100, lambda: None)

    clock.step()

    assert clock.now == EPOCH


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_time_never_goes_back(delays: list[float]) -> None:
    """Whatever is set, the moments at which timers fire never decrease."""
    clock, seen = Clock(), list[float]()
    for delay in delays:
        clock.after(delay, lambda: seen.append(clock.now))
    while clock.step():
        pass

    assert sorted(seen) == seen
    assert len(delays) == len(seen)


def test_times_are_written_as_each_api_writes_them() -> None:
    """Nanoseconds in UTC, milliseconds at -08:00, and whole seconds in a Date header."""
    assert "2026-01-05T09:00:00.500000000Z" == rfc3339(EPOCH + 0.5)
    assert "2026-01-05T09:00:00Z" == rfc3339(EPOCH, 0)
    assert "2026-01-05T01:00:00.500-08:00" == rfc3339_pacific(EPOCH + 0.5)
    assert "Mon, 05 Jan 2026 09:00:00 GMT" == http_date(EPOCH + 0.9)


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_timer_that_is_over_keeps_nothing_alive(cancelled: bool) -> None:
    """Whoever keeps it, as the ledger does, keeps no cluster that is gone."""

    class Cluster:
        def come_up(self) -> None:
            """What is due."""

    clock, cluster = Clock(), Cluster()
    gone = weakref.ref(cluster)
    timer = clock.after(1, cluster.come_up)
    del cluster
    assert gone() is not None
    if cancelled:
        timer.cancel()
    else:
        clock.step()
    gc.collect()
    assert gone() is None
