"""Entries come late, twice or never, by the timing table and by what a test plans."""

from __future__ import annotations

import pytest

from localcloud.logging.entries import Doubled, EntryFault, Late, Never
from localcloud.time.clock import seconds_of
from tests.localcloud.logging.conftest import Log
from tests.support.services import Services, a_world

A_MONTH = 30 * 86400.0


def test_an_entry_is_seen_when_it_has_been_received(log: Log) -> None:
    """Not before, and its receiveTimestamp says when."""
    log.print("a", seconds=0)
    assert [] == log.messages()

    log.services.wait(10)
    (entry,) = log.entries()
    delay = seconds_of(entry["receiveTimestamp"]) - seconds_of(entry["timestamp"])
    assert 0.6 <= delay <= 1.4  # ±40 % of the table's second


def test_the_delay_is_a_draw_of_the_seed() -> None:
    """Whoever else draws."""
    received = []
    for seed in (1, 1, 2):
        log = Log(Services(a_world("logging", seed=seed)))
        log.services.world.ids.uid()
        log.print("a")
        received.append(log.entries())

    assert received[0] == received[1] != received[2]


def test_no_timer_waits_for_an_entry(log: Log) -> None:
    """So a log changes no run."""
    log.print("a", seconds=0)

    assert None is log.services.world.clock.next_due()


def test_entries_are_kept_for_thirty_days(log: Log) -> None:
    """[documented: the bucket _Default]."""
    log.print("a")
    log.services.wait(A_MONTH - 60)
    assert ["a"] == log.messages()

    log.services.wait(60)
    assert [] == log.messages()


@pytest.mark.parametrize(
    ("time", "found"),
    [
        ("2026-01-05T00:00:00Z", ["x", "after"]),
        ("2026-01-06T08:59:00Z", ["after", "x"]),
        ("2026-01-06T09:30:00Z", ["after"]),
        ("2025-12-01T00:00:00Z", ["after"]),
        ("0001-01-01T00:00:00Z", ["after"]),
        ("0001-01-01T00:00:00+23:59", ["after", "x"]),  # no time of UTC: it stays in the payload
        ("9999-12-31T23:59:59-23:59", ["after", "x"]),
    ],
)
def test_an_entry_is_of_these_days(log: Log, time: str, found: list[str]) -> None:
    """What a line says of its time breaks no list; a time out of bounds is not kept."""
    log.print({"message": "x", "time": time})
    log.print({"message": "after"})

    assert sorted(found) == sorted(log.messages())


def test_a_planned_entry_comes_late(log: Log) -> None:
    """The others do not; its timestamp is as it was."""
    log.plan(EntryFault('textPayload="b"', Late(60.0)))
    log.print("a", "b", "c")
    assert ["a", "c"] == log.messages()

    log.services.wait(60)
    assert ["a", "b", "c"] == log.messages()


def test_a_planned_entry_never_comes(log: Log) -> None:
    """The second that matches."""
    log.plan(EntryFault("textPayload:line", Never(), nth=2))
    log.print("line 1", "line 2", "line 3")
    log.services.wait(A_MONTH / 2)

    assert ["line 1", "line 3"] == log.messages()


def test_every_entry_may_be_lost(log: Log) -> None:
    """With nth None."""
    log.plan(EntryFault("", Never(), nth=None))
    log.print("a", "b")

    assert [] == log.messages()


def test_a_planned_entry_comes_twice(log: Log) -> None:
    """With the same insertId and timestamp, the second time later; pages hold each once."""
    log.plan(EntryFault('textPayload="a"', Doubled(30.0)))
    log.print("a", "b")
    assert ["a", "b"] == log.messages()

    log.services.wait(30)
    one, two, _ = log.entries()
    assert (one["insertId"], one["timestamp"]) == (two["insertId"], two["timestamp"])
    first = log.page(pageSize=1)
    second = log.page(pageSize=1, pageToken=first["nextPageToken"])
    assert [one, two] == [*first["entries"], *second["entries"]]


def test_a_line_that_is_written_twice_is_listed_once(log: Log) -> None:
    """By its own insertId and time: Logging removes the double from a result [documented: LogEntry.insert_id]."""
    line = {"message": "a", "time": "2026-01-05T08:00:00Z", "logging.googleapis.com/insertId": "mine"}
    log.print(line, line)

    assert ["a"] == log.messages()
