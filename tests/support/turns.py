"""How much of the processor each turn of a program's event loop takes, told to another process while it runs.

`python -m tests.support.turns FILE WORD...` is `fleetgate WORD...`, which writes two numbers to FILE as it goes: the
seconds of its longest turn since a reader last set it to zero, and the seconds of all turns. They are the loop's own
processor time: another program on the machine takes none of it, so a test may hold a program to them on any machine.
"""

from __future__ import annotations

import asyncio
import mmap
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_FORM = struct.Struct("dd")  # the longest turn, all turns; seconds


class Turns:
    """The two numbers, in a file that both processes have in memory."""

    def __init__(self, file: Path) -> None:
        self.file = file
        if not file.exists():
            file.write_bytes(bytes(_FORM.size))
        with file.open("r+b") as opened:
            self._memory = mmap.mmap(opened.fileno(), _FORM.size)

    @property
    def longest(self) -> float:
        """Seconds of processor time of the longest turn since `forget`."""
        return float(_FORM.unpack(self._memory[:])[0])

    @property
    def all(self) -> float:
        """Seconds of processor time of every turn there was."""
        return float(_FORM.unpack(self._memory[:])[1])

    def forget(self) -> None:
        """Begin anew with the longest turn."""
        self._memory[:8] = bytes(8)

    def add(self, seconds: float) -> None:
        """There was a turn of so many seconds."""
        self._memory[:] = _FORM.pack(max(self.longest, seconds), self.all + seconds)


def measure(turns: Turns) -> None:
    """Measure every turn of every event loop of this process from now on."""
    run = asyncio.Handle._run

    def measured(handle: asyncio.Handle) -> Any:
        began = time.thread_time()
        try:
            return run(handle)
        finally:
            turns.add(time.thread_time() - began)

    asyncio.Handle._run = measured  # type: ignore[method-assign, assignment]


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """What is done within takes this thread so many seconds of the processor at most."""
    began = time.thread_time()
    yield
    taken = time.thread_time() - began
    assert taken <= seconds, f"it took {taken:.2f} s of the processor"


if __name__ == "__main__":
    from fleetgate.cli import app

    measure(Turns(Path(sys.argv[1])))
    app(sys.argv[2:])
