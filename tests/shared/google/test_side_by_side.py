"""Work side by side shares the invocation, keeps its order, and ends before anything goes on."""

from __future__ import annotations

import threading

import pytest

from shared.google import compute
from shared.google.session import THREADS, Session
from shared.google.side_by_side import side_by_side
from tests.support.google_server import GoogleServer

NETWORK = "/compute/v1/projects/p/global/networks/default"


def test_results_are_in_the_order_of_the_items_whoever_ends_first(session: Session) -> None:
    """All that have begun run at the same time, on threads of their own."""
    ended = [threading.Event() for _ in range(THREADS + 1)]
    ended[THREADS].set()

    def work(number: int) -> tuple[int, int]:
        assert ended[number + 1].wait(10)  # the last one ends first
        ended[number].set()
        return number, threading.get_ident()

    found = side_by_side(session, range(THREADS), work)
    assert list(range(THREADS)) == [number for number, _ in found]
    assert THREADS == len({thread for _, thread in found})


def test_calls_are_counted_for_the_invocation_that_began_the_work(
    google: GoogleServer, session: Session
) -> None:
    """Each exactly once, also the repeats of reads, of which all threads together have a few."""
    google.answers[f"GET {NETWORK}"] = {"name": "default"}
    side_by_side(session, range(40), lambda _: compute.network(session, "p", "default"))

    assert session.calls.wire()["total"] == 40


def test_the_first_error_is_raised_when_all_have_ended(session: Session) -> None:
    """First by the order of the items. What had not begun by then never does."""
    begun, ended = set[int](), set[int]()
    together, failed = threading.Barrier(THREADS, timeout=10), threading.Event()

    def work(number: int) -> None:
        begun.add(number)
        together.wait()
        if number == 5:
            failed.set()
            raise ValueError("5")
        assert failed.wait(10)
        if number == 3:
            raise ValueError("3")
        ended.add(number)

    with pytest.raises(ValueError, match="3"):
        side_by_side(session, range(3 * THREADS), work)
    assert set(range(THREADS)) == begun == ended | {3, 5}


def test_work_within_work_goes_one_after_the_other(session: Session) -> None:
    """Threads do not multiply."""

    def work(_: int) -> set[int]:
        return set(side_by_side(session, range(3), lambda _: threading.get_ident()))

    assert [1, 1, 1] == [len(each) for each in side_by_side(session, range(3), work)]
