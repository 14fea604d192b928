"""The lease: when it ends, when to warn before its end, and how it is extended.

The end is a label of the anchor, in unix seconds. An extension changes this label alone, by compare-and-swap: it claims
nothing, and disturbs no running execution. It never shortens a lease (only a deploy does), so that extensions may come
twice or in any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.environment.changes import RelabelAnchor, Warn
from functions.environment.observed_request import ObservedRequest
from functions.environment.refusals import anchor_name_taken, being_removed, unknown_environment
from shared import labels
from shared.anchor import Anchor
from shared.google.pubsub import Publication
from shared.json_types import JsonValue
from shared.spec.values import SWEEP_INTERVAL
from shared.step.change import Change
from shared.step.outcome import Decision, Done

if TYPE_CHECKING:
    from shared.spec import Extend

EARLIEST = 30 * 60  # seconds before its end at which a lease is warned of; a short lease: in its last quarter


def extend(observed: ObservedRequest, request: Extend) -> Decision:
    """Move the end of the lease to `ttl` after the request's publish time, if that is later."""
    anchor = observed.anchor
    if refusal := anchor_name_taken(observed):
        return refusal
    if anchor is None or not anchor.is_claimed:
        return unknown_environment(observed)
    if anchor.is_being_removed:
        return being_removed(observed)
    end = int(labels.asked_at(observed.generation)) + request.ttl
    if anchor.expires is None or anchor.expires >= end:
        return Decision(Done(outputs=observed.outputs(lease={"expires": anchor.expires})))
    return Decision(None, [RelabelAnchor(anchor, {**anchor.labels, labels.EXPIRES: str(end)})])


@dataclass(frozen=True)
class Lease:
    """One environment's lease: its end in unix seconds, and its length in seconds since the claim."""

    found: Anchor
    end: int
    length: float

    @classmethod
    def of(cls, found: Anchor) -> Lease | None:
        """The lease in an anchor's labels, if there is one."""
        if found.expires is None:
            return None
        return cls(found, found.expires, found.expires - labels.asked_at(found.generation))

    def is_over(self, now: float) -> bool:
        """Whether it has ended by `now`, unix seconds."""
        return now >= self.end

    def needs_warning(self, now: float) -> bool:
        """Whether its end is near, and nobody was warned yet.

        Near is the last half hour, for a short lease its last quarter, but at least the time between two sweeps.
        """
        ahead = max(SWEEP_INTERVAL, min(EARLIEST, self.length / 4))
        return self.found.labels.get(labels.WARNED) != str(self.end) and self.end - ahead <= now < self.end

    def warning(self, observed: ObservedRequest, now: float) -> Change:
        """Note the warned end on the anchor, then publish the warning: only the first writer publishes."""
        return Warn(self.found, self.end, self._event(observed, now))

    def _event(self, observed: ObservedRequest, now: float) -> Publication:
        name = self.found.name
        data: Mapping[str, JsonValue] = {
            "environment": name,
            "action": "sweep",
            "outcome": "expiring",
            "generation": self.found.generation,
            "execution": observed.execution,
            "expires": self.end,
            "fix": f'Publish {{"action": "extend", "name": "{name}", "ttl": "8h"}} to keep it.',
        }
        return observed.events.event("expiring", data, now, about=f"{name}-{self.end}")
