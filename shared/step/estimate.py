"""How long to wait until looking again makes sense.

A wait is an estimate of what is left, not a poll: nothing is asked before the platform could have finished,
and after that the pauses grow with what has already passed, so that looking late costs a few per cent of the
wait at most.
"""

from __future__ import annotations

EARLIEST = 0.6  # of the typical time: before that nothing has been seen to finish
PACE = 0.055  # of the time that has passed: what a pause may add to the wait
SHORTEST = 4.0  # seconds between two looks


def remaining(now: float, since: float | None, typical: float, *, first: float = EARLIEST) -> float:
    """Seconds until the next look at something that began at `since` and usually takes `typical` seconds.

    `since` None means that it begins now. `first` is the share of the typical time before the first look: 1.0
    suits what others take longer than.
    """
    elapsed = max(0.0, now - since) if since is not None else 0.0
    return max(SHORTEST, first * typical - elapsed, PACE * elapsed)
