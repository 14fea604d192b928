"""How long to wait before looking again: a share of the time that it has taken so far, within bounds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

SHARE = 0.1
SHORTEST, LONGEST = 0.2, 10.0  # seconds


@dataclass(frozen=True)
class Watch:
    """The time of who waits: `now` is in seconds from anywhere, `sleep` takes seconds."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def looks(self, limit: float | None = None) -> Iterator[float]:
        """The seconds passed at each look, the first at once; ends when `limit` seconds are over."""
        began = self.now()
        while True:
            passed = self.now() - began
            yield passed
            pause = min(max(passed * SHARE, SHORTEST), LONGEST)
            if limit is not None and passed + pause > limit:
                return
            self.sleep(pause)
