"""The page of memory that an instance and the cloud share where time jumps.

The cloud writes the time when it lets the instance compute, and how many calls it has admitted. The instance writes how
many of its threads wait for an answer once none computes, and for each of them where from and until when.
"""

from __future__ import annotations

import math
import mmap
import os
import struct
from pathlib import Path

COMPUTES = -1.0  # in place of the number of threads that wait: one of them computes, or is about to
SLOTS = 64  # threads that an instance may have

_NOW, _WAITING, _ADMITTED, _THREADS = 0, 8, 16, 24  # where in the page each of the numbers is
_NUMBER, _THREAD = struct.Struct("d"), struct.Struct("dd")
_SIZE = _THREADS + SLOTS * _THREAD.size


class ClockPage:
    """The page of one instance. Seconds are simulated ones. Each number is written at once, so none is seen in part."""

    def __init__(self, file: Path) -> None:
        opened = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(opened, _SIZE)
        self._page = mmap.mmap(opened, _SIZE)
        os.close(opened)
        self.waiting = COMPUTES

    @property
    def now(self) -> float:
        """The time when the instance was last let compute: none passes while it does."""
        return self._number(_NOW)

    @now.setter
    def now(self, moment: float) -> None:
        _NUMBER.pack_into(self._page, _NOW, moment)

    @property
    def waiting(self) -> float:
        """How many threads wait for an answer; `COMPUTES` while any of the instance's computes, or is about to."""
        return self._number(_WAITING)

    @waiting.setter
    def waiting(self, threads: float) -> None:
        _NUMBER.pack_into(self._page, _WAITING, threads)

    @property
    def admitted(self) -> float:
        """How many calls of the instance wait, or have waited, for their turn. What is answered at once is not one."""
        return self._number(_ADMITTED)

    @admitted.setter
    def admitted(self, calls: float) -> None:
        _NUMBER.pack_into(self._page, _ADMITTED, calls)

    def wait(self, slot: int, port: int, until: float) -> None:
        """The thread of this slot waits for what comes to a port of its own, until a moment, or for ever (infinite)."""
        _THREAD.pack_into(self._page, _THREADS + slot * _THREAD.size, port, until)

    def clear(self, slot: int) -> None:
        """It waits no more."""
        self.wait(slot, 0, math.inf)

    def waits_until(self, port: int) -> float:
        """Until when a thread waits for what comes to this port; infinite if it has no time limit."""
        threads = _THREAD.iter_unpack(self._page[_THREADS:])
        return next((until for its, until in threads if its == port), math.inf)

    def _number(self, place: int) -> float:
        return float(_NUMBER.unpack_from(self._page, place)[0])
