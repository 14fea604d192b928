"""The lease: when it ends, when that is warned of, and how it is extended.

The end is a label of the anchor, unix seconds, and is moved by compare-and-swap on that label alone: an extension
claims nothing, and disturbs nothing that is at work. It never shortens a lease (a deploy does that), so that
extensions that overtake each other or come twice mean the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.environment.changes import RelabelAnchor
from functions.environment.observed_request import ObservedRequest
from functions.environment.refusals import anchor_name_taken, being_removed, unknown_environment
from shared import labels
from shared.anchor import Anchor
from shared.google.pubsub import Publication
from shared.spec.values import SWEEP_INTERVAL
from shared.step.change import Change
from shared.step.outcome import Decision, Done

if TYPE_CHECKING:
    from shared.spec import Extend

EARLIEST = 30 * 60  # seconds before its end that a lease is warned of; of a short one, its last quarter


def extend(observed: ObservedRequest, request: Extend) -> Decision:
    """Let the lease end `ttl` after the request was published, if it would end before."""
    anchor = observed.anchor
    if refusal := anchor_name_taken(observed):
        return refusal
    if anchor is None:
        return unknown_environment(observed)
    if anchor.is_going:
        return being_removed(observed)
    end = int(labels.asked_at(observed.generation)) + request.ttl
    if anchor.expires is None or anchor.expires >= end:
        return Decision(Done(outputs=observed.outputs(lease={"expires": anchor.expires})))
    return Decision(None, [RelabelAnchor(anchor, {**anchor.labels, labels.EXPIRES: str(end)})])


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
        ahead = max(SWEEP_INTERVAL, min(EARLIEST, self.length / 4))
        return self.found.labels.get(labels.WARNED) != str(self.end) and self.end - ahead <= now < self.end

    def warning(self, observed: ObservedRequest, now: float) -> Change:
        """Note the end that is warned of, and tell of it: who notes it first is the only one to tell."""
        values = {**self.found.labels, labels.WARNED: str(self.end)}
        return RelabelAnchor(self.found, values, self._event(observed, now))

    def _event(self, observed: ObservedRequest, now: float) -> Publication:
        name = self.found.name
        data = {
            "environment": name,
            "action": "sweep",
            "outcome": "expiring",
            "generation": self.found.generation,
            "execution": observed.execution,
            "expires": self.end,
            "fix": f'Publish {{"action": "extend", "name": "{name}", "ttl": "8h"}} to keep it.',
        }
        return observed.events.event("expiring", data, now, about=f"{name}-{self.end}")
