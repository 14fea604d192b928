"""Estimates how long to wait before a step observes again.

A wait is an estimate of what is left, not a poll: there is no attempt before the platform could have finished. After
that the pauses grow with the time that has passed, so that a late attempt costs at most a few per cent of the wait.
"""

from __future__ import annotations

from dataclasses import dataclass

# The first attempt comes after this share of the typical time. Long operations vary by some 40 % [observed, public
# logs: an insert of a subnetwork takes 10 to 30 s, a deletion of a cluster 353 to 414 s]. The few that are faster
# are found a little late.
EARLIEST = 0.6
# The next pause, as a share of the time that has passed. An operation ends anywhere within a pause, so half of this is
# lost on average, some 4 % of a wait; and a wait of twice the length takes ten more attempts. The budgets are 20 % over
# the platform's own time, and 120 invocations. At 5.5 % the invocations exceeded theirs.
PACE = 0.075
# Seconds between two attempts. Hardly anything but an address is ready sooner [observed].
SHORTEST = 5.0
# What the path waits for is looked at more closely around the time when it usually ends: the platform's next piece
# begins when it is seen. A look of this kind is a call or two (`shared.step.decision`), so that many of them cost less
# than an attempt.
CLOSE_PACE, CLOSEST = 0.015, 0.75
USUAL = 2.5  # typical times after which nothing is usual any more, and `PACE` holds again
# Seconds between two looks at what nothing else waits for, or what is followed by something far longer.
UNHURRIED, SELDOM = 25.0, 40.0
# Seconds, the longest pause. What began long ago no longer says when it ends, and a person's fix is noticed within a
# minute.
LONGEST = 60.0


def remaining(
    now: float, since: float | None, typical: float, *, first: float = EARLIEST, longest: float = LONGEST
) -> float:
    """Seconds until the next attempt, for something that began at `since` and usually takes `typical` seconds.

    `since` None means that it begins now. `first` is the share of the typical time before the first attempt: 1.0 suits
    what other work takes longer than. No pause after it is longer than `longest`.
    """
    elapsed = max(0.0, now - since) if since is not None else 0.0
    return max(SHORTEST, first * typical - elapsed, min(PACE * elapsed, longest))


def closely(now: float, since: float | None, typical: float, *, first: float = EARLIEST) -> float:
    """As `remaining`, for a piece of work that the path waits for: what follows it is long, and begins once it is seen.

    Around the typical time the pauses are shorter. Long after it they are as everywhere, so that the time lost stays a
    share of the time that has passed, however slow the platform is today.
    """
    elapsed = max(0.0, now - since) if since is not None else 0.0
    if elapsed > USUAL * typical:
        return remaining(now, since, typical)
    return max(CLOSEST, first * typical - elapsed, CLOSE_PACE * elapsed)


@dataclass(frozen=True)
class Pace:
    """The pauses of one request. `now` and `asked` (its publish time) are in unix seconds."""

    now: float
    asked: float

    def ahead(self, since: float | None, *typical: float) -> float:
        """Seconds until the next attempt, for a chain of operations, each of which begins when the one before it ends.

        `typical` are their usual seconds; the first began at `since` (None: now). Pauses grow with the time that this
        request has waited, not with the age of what it found.
        """
        current, *later = typical
        elapsed = 0.0 if since is None else max(0.0, self.now - since)
        soonest = max(0.0, EARLIEST * current - elapsed) + EARLIEST * sum(later)
        waited = min(elapsed, max(0.0, self.now - self.asked))
        return max(SHORTEST, soonest, min(PACE * waited, LONGEST))
