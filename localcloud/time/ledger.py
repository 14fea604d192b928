"""What the platform did and how long it took: the only way anything here takes time.

The entries let anyone recompute the critical path of a run: each names the work it had to wait for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from localcloud.time.clock import Clock, Timer
from localcloud.time.timing import Timing


@dataclass(frozen=True)
class Work:
    """A piece of the platform's work, from `start` to `end` (unix seconds), begun when `after` was done."""

    id: int
    kind: str
    resource: str
    start: float
    end: float
    after: tuple[int, ...]
    timer: Timer

    @property
    def cancelled(self) -> bool:
        """Whether it will not be, or was not, finished."""
        return self.timer.cancelled

    @property
    def over(self) -> bool:
        """Whether its time has passed."""
        return self.timer.fired

    def cancel(self) -> None:
        """It will not be finished: its object went away."""
        self.timer.cancel()


class Ledger:
    """All work, in the order it began."""

    def __init__(self, clock: Clock, timing: Timing) -> None:
        self._clock = clock
        self._timing = timing
        self._times: Counter[tuple[str, str]] = Counter()
        self._latest: dict[tuple[str, str], Work] = {}
        self.works: list[Work] = []

    def perform(
        self, kind: str, resource: str, then: Callable[[], None], after: Iterable[Work | None] = ()
    ) -> Work:
        """Take the time that `kind` takes for `resource`, then call `then`.

        `after` is the work whose end let this begin; None entries are passed over, so that a caller may hand
        in whatever `latest` gave it.
        """
        nth = self._times[kind, resource]
        self._times[kind, resource] += 1
        seconds = self._timing.draw(kind, resource, nth)
        timer = self._clock.after(seconds, then)
        start = self._clock.now
        ids = tuple(sorted({work.id for work in after if work is not None}))
        work = Work(len(self.works) + 1, kind, resource, start, start + seconds, ids, timer)
        self.works.append(work)
        self._latest[kind, resource] = work
        return work

    def latest(self, kind: str, resource: str) -> Work | None:
        """The newest work of this kind on this resource, if there was any."""
        return self._latest.get((kind, resource))
