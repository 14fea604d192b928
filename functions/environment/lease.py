"""The lease: when it ends, when that is warned of, and how it is extended.

The end is a label of the anchor, unix seconds, and is moved by compare-and-swap on that label alone: an extension
claims nothing, and disturbs nothing that is at work. It never shortens a lease (a deploy does that), so that
extensions that overtake each other or come twice mean the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.environment.acquire import Seen, foreign, going, relabelling, unknown
from shared import labels
from shared.anchor import Anchor
from shared.google.pubsub import Publication
from shared.step.legacy import LegacyChange as Change
from shared.step.outcome import Decision, Done

if TYPE_CHECKING:
    from shared.spec import Extend

SWEEP = 15 * 60  # seconds between two sweeps, as the bootstrap schedules them
EARLIEST = 30 * 60  # seconds before its end that a lease is warned of; of a short one, its last quarter


def extend(seen: Seen, request: Extend) -> Decision:
    """Let the lease end `ttl` after the request was published, if it would end before."""
    mine = seen.mine
    if refusal := foreign(seen):
        return refusal
    if mine is None:
        return unknown(seen)
    if mine.is_going:
        return going(seen)
    end = int(labels.asked_at(seen.generation)) + request.ttl
    if mine.expires is None or mine.expires >= end:
        return Decision(Done(outputs=seen.outputs(lease={"expires": mine.expires})))
    return Decision(None, [relabelling(mine, {**mine.labels, labels.EXPIRES: str(end)})])


@dataclass(frozen=True)
class Lease:
    """One environment's lease: its end, and how long it was when its environment was claimed, in seconds."""

    found: Anchor
    end: int
    length: float

    @classmethod
    def of(cls, found: Anchor) -> Lease | None:
        """The lease that an anchor bears, if it bears one."""
        if found.expires is None:
            return None
        return cls(found, found.expires, found.expires - labels.asked_at(found.generation))

    def is_over(self, now: float) -> bool:
        """Whether it has ended by `now`, unix seconds."""
        return now >= self.end

    def is_to_be_warned_of(self, now: float) -> bool:
        """Whether its end is near, and has not been warned of.

        The last half hour, of a short lease its last quarter; but always before the last sweep it lives to see.
        """
        ahead = max(SWEEP, min(EARLIEST, self.length / 4))
        return self.found.labels.get(labels.WARNED) != str(self.end) and self.end - ahead <= now < self.end

    def warning(self, seen: Seen, now: float) -> Change:
        """Note the end that is warned of, and tell of it: who notes it first is the only one to tell."""
        told = {**self.found.labels, labels.WARNED: str(self.end)}
        return relabelling(self.found, told, self._event(seen, now))

    def _event(self, seen: Seen, now: float) -> Publication:
        name = self.found.name
        data = {
            "environment": name,
            "action": "sweep",
            "outcome": "expiring",
            "generation": self.found.generation,
            "execution": seen.execution,
            "expires": self.end,
            "fix": f'Publish {{"action": "extend", "name": "{name}", "ttl": "8h"}} to keep it.',
        }
        return seen.teller.event("expiring", data, now, about=f"{name}-{self.end}")
