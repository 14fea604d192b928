"""The one clock. Operations, propagation, leases and workflow sleeps are timers on it; nothing else knows the time.

Who moves it is not its business: in jump mode the schedule steps from timer to timer, in scaled mode real
time does.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

# A fixed morning, so that a seed gives the same stamps every time.
EPOCH = datetime(2026, 1, 5, 9, 0, tzinfo=UTC).timestamp()


@dataclass(order=True)
class Timer:
    """Something due at a moment; cancelled timers are passed over."""

    when: float
    order: int
    then: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)
    fired: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Let the moment pass without effect. After it, this does nothing: what has happened is not cancelled."""
        if not self.fired:
            self.cancelled, self.then = True, _nothing


def _nothing() -> None:
    """What a timer does that is over."""


class Clock:
    """Simulated unix seconds, and what is due when. Timers of one moment fire in the order they were set.

    `outlives_faults` says whether time, and the cloud with it, goes on after a fault in the cloud's own code: whoever
    meets one then logs it and contains it. Where time jumps, such a fault ends the run.
    """

    def __init__(self, start: float = EPOCH) -> None:
        self.now = start
        self.outlives_faults = False
        self._due: list[Timer] = []
        self._count = 0

    def at(self, when: float, then: Callable[[], None]) -> Timer:
        """Call `then` at `when` (unix seconds); a moment that is past is the present one."""
        self._count += 1
        timer = Timer(max(when, self.now), self._count, then)
        heapq.heappush(self._due, timer)
        return timer

    def after(self, seconds: float, then: Callable[[], None]) -> Timer:
        """Call `then` in `seconds`."""
        return self.at(self.now + seconds, then)

    def next_due(self) -> float | None:
        """When the next timer is due, or None if nothing is."""
        while self._due and self._due[0].cancelled:
            heapq.heappop(self._due)
        return self._due[0].when if self._due else None

    def step(self) -> bool:
        """Go to the next timer and fire it. False if there is none."""
        if self.next_due() is None:
            return False
        timer = heapq.heappop(self._due)
        self.now = timer.when
        timer.fired = True
        then, timer.then = timer.then, _nothing  # whoever keeps the timer keeps no more than the timer
        then()
        return True

    def advance_to(self, when: float) -> None:
        """Fire everything due up to `when`, in order, and stand there."""
        while (due := self.next_due()) is not None and due <= when:
            self.step()
        self.now = max(self.now, when)


def rfc3339(seconds: float, digits: int = 9) -> str:
    """Unix seconds as the newer APIs write them: UTC, `Z`, up to nanoseconds."""
    moment = datetime.fromtimestamp(seconds, UTC)
    fraction = f".{moment.microsecond:06d}".ljust(digits + 1, "0")[: digits + 1] if digits else ""
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


def seconds_of(text: str) -> float:
    """Unix seconds of what `rfc3339` has written."""
    return datetime.fromisoformat(text).timestamp()


def rfc3339_pacific(seconds: float) -> str:
    """Unix seconds as compute writes them: milliseconds at an offset of -08:00 [observed]."""
    moment = datetime.fromtimestamp(seconds, timezone(timedelta(hours=-8)))
    return moment.isoformat(timespec="milliseconds")


def http_date(seconds: float) -> str:
    """Unix seconds as a `Date` header."""
    return format_datetime(datetime.fromtimestamp(int(seconds), UTC), usegmt=True)
