"""The lease: when it ends, when to warn before its end, and how it is extended.

The end is a label of the anchor, in unix seconds. An extension changes this label by compare-and-swap: it claims
nothing, and disturbs no running execution. It never shortens a lease (only a deploy does).

The newest request wins here, too. An extension that is older than the claim of the environment, or than another
extension, changes nothing. So the anchor keeps the newest extension: an older deploy that comes after it keeps its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.environment.changes import RelabelAnchor, Warn
from functions.environment.observed_request import ObservedRequest
from functions.environment.refusals import anchor_name_taken, being_removed, superseded, unknown_environment
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
    if anchor is not None and (newer := _newer(observed, anchor)):
        return superseded(observed, f"{observed.name} was {newer} since")
    if anchor is None or not anchor.is_claimed:
        return unknown_environment(observed)
    if anchor.is_being_removed:
        return being_removed(observed)
    mine = Extension(observed.generation, int(observed.published) + request.ttl)
    if Extension.of(anchor) == mine:
        return Decision(Done(outputs=observed.outputs(lease={"expires": anchor.expires})))
    moved = anchor.expires is not None and anchor.expires < mine.end
    lease = {labels.EXPIRES: str(mine.end)} if moved else {}
    return Decision(None, [RelabelAnchor(anchor, {**anchor.labels, **lease, **mine.labels()})])


def _newer(observed: ObservedRequest, anchor: Anchor) -> str:
    """What a newer request has done to the environment; "" if there is none."""
    mine, last = labels.age_order(observed.generation), Extension.of(anchor)
    if labels.age_order(anchor.generation) > mine:
        return f"claimed by a newer request, {anchor.generation},"
    if last and labels.age_order(last.generation) > mine:
        return f"extended by a newer request, {last.generation},"
    return ""


@dataclass(frozen=True)
class Extension:
    """The newest extension of a lease: its generation, and the end that it asked for, in unix seconds."""

    generation: str
    end: int

    @classmethod
    def of(cls, anchor: Anchor) -> Extension | None:
        """The extension in an anchor's labels, if there is one."""
        generation, _, end = anchor.labels.get(labels.EXTENDED, "").rpartition("-")
        found = labels.number(end)
        return cls(generation, found) if generation and found is not None else None

    def labels(self) -> dict[str, str]:
        """The label that keeps it."""
        return {labels.EXTENDED: f"{self.generation}-{self.end}"}


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
        return cls(found, found.expires, found.expires - labels.asked_at(found.accepted))

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
