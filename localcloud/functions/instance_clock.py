"""An instance's monotonic clock, and how it waits, where time jumps.

Real time says nothing there: an answer that comes 14 simulated seconds later is here in a millisecond. So the
platform's side of the process answers for `time.monotonic` as it does for names (`resolver`). It also keeps the time
limits of sockets: the schedule learns until when the instance waits for an answer, and wakes it then, with the
connection broken off; the read that waited raises TimeoutError, as if real seconds had passed.

Both sides share one page of memory for each instance: the cloud writes the time when it lets the instance compute, and
the instance writes until when it waits. Where time follows real time, an instance has the machine's own clock.
"""

from __future__ import annotations

import math
import mmap
import os
import socket
import ssl
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_NOW, _UNTIL = 0, 8  # where in the page each of the two numbers is
_SIZE = 16
_NUMBER = struct.Struct("d")
COMPUTES = 0.0  # in place of a moment: it does not wait


class ClockPage:
    """The page of one instance. Seconds are simulated ones."""

    def __init__(self, file: Path) -> None:
        opened = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(opened, _SIZE)
        self._page = mmap.mmap(opened, _SIZE)
        os.close(opened)

    @property
    def now(self) -> float:
        """The time when the instance was last let compute: none passes while it does."""
        return float(_NUMBER.unpack_from(self._page, _NOW)[0])

    @now.setter
    def now(self, moment: float) -> None:
        _NUMBER.pack_into(self._page, _NOW, moment)

    @property
    def waits_until(self) -> float:
        """Until when the instance waits for an answer: infinite without a time limit, `COMPUTES` if it does not."""
        return float(_NUMBER.unpack_from(self._page, _UNTIL)[0])

    @waits_until.setter
    def waits_until(self, moment: float) -> None:
        _NUMBER.pack_into(self._page, _UNTIL, moment)


def install(file: Path) -> None:
    """Give this process the clock of the page in `file`, in place of the machine's."""
    page = ClockPage(file)
    time.monotonic = lambda: page.now
    for kind in (socket.socket, ssl.SSLSocket):
        kind.recv_into = _timed(page, kind.recv_into)  # type: ignore[method-assign]


def _timed(page: ClockPage, read: Callable[..., int]) -> Callable[..., int]:
    """`read` of a socket, within the simulated seconds of its time limit."""

    def recv_into(self: socket.socket, *args: Any, **kwargs: Any) -> int:
        limit = self.gettimeout()
        until = math.inf if limit is None else page.now + limit
        page.waits_until = until
        try:
            count = read(self, *args, **kwargs)
        except OSError:
            if page.now >= until:
                raise TimeoutError("timed out") from None
            raise
        finally:
            page.waits_until = COMPUTES
        if not count and page.now >= until:
            raise TimeoutError("timed out")
        return count

    return recv_into
