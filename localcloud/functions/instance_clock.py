"""An instance's monotonic clock, and how it waits, where time jumps.

Real time says nothing there: an answer that comes 14 simulated seconds later is here in a millisecond. So the
platform's side of the process answers for `time.monotonic` as it does for names (`resolver`). It also keeps the time
limits of sockets: the schedule learns until when a thread waits for an answer (`clock_page`), and wakes it then, with
the connection broken off; the read that waited raises TimeoutError, as if real seconds had passed.

A thread that waits lets the next one compute (`baton`), once the cloud has its call. What the cloud answers at once, as
the metadata server does, it reads before: whether such an answer or the next thread were first would be chance.

Where time follows real time, an instance has the machine's own clock, and its threads compute as they like.
"""

from __future__ import annotations

import contextlib
import math
import select
import selectors
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from localcloud.functions import baton as batons
from localcloud.functions.baton import Baton
from localcloud.functions.clock_page import ClockPage

GLANCE = 0.0002  # real seconds between two looks whether the cloud has the call
NOTHING_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

Read = Callable[..., int]


def install(file: Path) -> None:
    """Give this process the clock of the page in `file`, in place of the machine's, and the threads their turns."""
    page = ClockPage(file)
    baton = Baton(page)
    time.monotonic = lambda: page.now
    for kind in (socket.socket, ssl.SSLSocket):
        kind.recv_into = _timed(page, baton, kind.recv_into)  # type: ignore[method-assign]
    selectors.EpollSelector.select = _yielding(baton, selectors.EpollSelector.select)  # type: ignore[method-assign]
    batons.install(baton)


def _yielding(baton: Baton, select: Callable[..., Any]) -> Callable[..., Any]:
    """How an event loop waits: like a thread that waits for one answer, without a time limit."""

    def selected(self: Any, timeout: float | None = None) -> Any:
        if timeout == 0:
            return select(self, timeout)
        baton.await_answer(0, math.inf)
        try:
            return select(self, timeout)
        finally:
            baton.have_answer()

    return selected


def _timed(page: ClockPage, baton: Baton, read: Read) -> Read:
    """`read` of a socket, within the simulated seconds of its time limit."""

    def recv_into(self: socket.socket, *args: Any, **kwargs: Any) -> int:
        limit = self.gettimeout()

        def once() -> int:
            return read(self, *args, **kwargs)

        if limit == 0:  # whoever does not wait, waits elsewhere
            return once()
        try:
            if baton.is_contended and (count := _read_at_once(page, baton, self, once)) is not None:
                return count
            self.settimeout(None)  # the machine's seconds do not count
            return _read_in_time(page, baton, self, limit, once)
        finally:
            self.settimeout(limit)

    return recv_into


def _read_at_once(
    page: ClockPage, baton: Baton, connection: socket.socket, read: Callable[[], int]
) -> int | None:
    """How much was read, if it came before the cloud said that the call waits for its turn; None if it does."""
    connection.settimeout(0)
    while True:
        with contextlib.suppress(*NOTHING_YET):
            return read()
        if page.admitted > baton.admitted_before:
            return None
        select.select([connection], [], [], GLANCE)


def _read_in_time(
    page: ClockPage, baton: Baton, connection: socket.socket, limit: float | None, read: Callable[[], int]
) -> int:
    """How much was read, when it came; others compute meanwhile.

    Raises:
        TimeoutError: `limit` simulated seconds have passed before.
    """
    until = math.inf if limit is None else page.now + limit
    baton.await_answer(_port(connection), until)
    try:
        count = read()
    except OSError:
        if page.now >= until:
            raise TimeoutError("timed out") from None
        raise
    finally:
        baton.have_answer()
    if not count and page.now >= until:
        raise TimeoutError("timed out")
    return count


def _port(connection: socket.socket) -> int:
    """The connection's own port, by which the cloud knows whose call it is; 0 if it has none."""
    name = connection.getsockname()
    return int(name[1]) if isinstance(name, tuple) else 0
