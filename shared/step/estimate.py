"""How long to wait until looking again makes sense.

A wait is an estimate of what is left, not a poll: nothing is asked before the platform could have finished,
and after that the pauses grow with what has already passed, so that looking late costs a few per cent of the
wait at most.
"""

from __future__ import annotations

from dataclasses import dataclass

# Of the typical time, before the first look. What takes long was seen to vary by some 40 % around it [observed, public
# logs: an insert of a subnetwork 10 to 30 s, a deletion of a cluster 353 to 414 s]; the little that is faster is found
# a little late.
EARLIEST = 0.6
# Of the time that has passed, until the next look. What is waited for ends anywhere within a pause, so that on average
# half of this is lost, some 4 % of a wait; and doubling the wait takes ten more looks. An environment may take 20 %
# longer than the platform does and 120 invocations, and at 5.5 % it was the invocations that were short.
PACE = 0.075
# Seconds between two looks: hardly anything but an address comes about sooner [observed], so a look before would see
# nothing new.
SHORTEST = 5.0
# The same, for what began long ago and is now known not to follow from that: a person who mends something is noticed
# within the minute.
LONGEST = 60.0


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
