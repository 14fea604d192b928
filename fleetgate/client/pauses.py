"""Pauses between two reads: a share of the time that has passed, within bounds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

SHARE = 0.1  # of the time that has passed: the end is noticed at most 10 % late
SHORTEST, LONGEST = 0.2, 10.0  # seconds: often enough for a fast local cloud, rare enough for an hour's wait


@dataclass(frozen=True)
class Watch:
    """The clock of the waiting process: `now` gives seconds since any moment, `sleep` takes seconds."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def ticks(self, limit: float | None = None) -> Iterator[float]:
        """The seconds that have passed, after each pause and once before the first; ends after `limit` seconds."""
        began = self.now()
        while True:
            passed = self.now() - began
            yield passed
            pause = min(max(passed * SHARE, SHORTEST), LONGEST)
            if limit is not None and passed + pause > limit:
                return
            self.sleep(pause)
