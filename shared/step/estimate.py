"""How long to wait until looking again makes sense.

A wait is an estimate of what is left, not a poll: nothing is asked before the platform could have finished,
and after that the pauses grow with what has already passed, so that looking late costs a few per cent of the
wait at most.
"""

from __future__ import annotations

from dataclasses import dataclass

EARLIEST = 0.6  # of the typical time: before that nothing has been seen to finish
PACE = 0.075  # of the time that has passed: what a pause may add to the wait
SHORTEST = 5.0  # seconds between two looks
LONGEST = 60.0  # the same, for what began long ago and is now known not to follow from that


def remaining(now: float, since: float | None, typical: float, *, first: float = EARLIEST) -> float:
    """Seconds until the next look at something that began at `since` and usually takes `typical` seconds.

    `since` None means that it begins now. `first` is the share of the typical time before the first look: 1.0
    suits what others take longer than.
    """
    elapsed = max(0.0, now - since) if since is not None else 0.0
    return max(SHORTEST, first * typical - elapsed, min(PACE * elapsed, LONGEST))


@dataclass(frozen=True)
class Pace:
    """How often one request looks. `now` and `asked`, when it was published, are in unix seconds."""

    now: float
    asked: float

    def ahead(self, since: float | None, *typical: float) -> float:
        """Seconds until the next look at a chain of things, each of which begins when the one before it ends.

        `typical` are their usual seconds, the first began at `since` (None: now). Pauses grow with what this
        request has waited, not with the age of what it found.
        """
        current, *later = typical
        elapsed = 0.0 if since is None else max(0.0, self.now - since)
        soonest = max(0.0, EARLIEST * current - elapsed) + EARLIEST * sum(later)
        waited = min(elapsed, max(0.0, self.now - self.asked))
        return max(SHORTEST, soonest, min(PACE * waited, LONGEST))
