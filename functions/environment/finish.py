"""Finishes a request: publishes its ending, and leaves the anchor as a tombstone if the environment has nothing left.

That is so after a teardown, and after a deploy that was refused in the check, if there was nothing before it. The
tombstone is written by compare-and-swap. A newer claim that came before keeps the anchor; one that comes later takes
the tombstone over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.environment.events import EventFactory
from functions.environment.tombstones import bury
from shared import anchor
from shared.anchor import TEARDOWN, Anchor
from shared.google.pubsub import Publication
from shared.step.message import Claim
from shared.step.outcome import Decision, Done
from shared.step.step import Context, Step

BEFORE_CHANGES = {"claim", "check"}  # phases that create nothing but the anchor
OF_WHOLE_SEQUENCE = {"deploy": "verified", "verify": "verified", TEARDOWN: "removed"}


@dataclass(frozen=True)
class ObservedEnding:
    """The ending as the workflow reports it, and the environment's anchor, if nothing may be left of it."""

    ending: Mapping[str, Any]
    claim: Claim
    anchor: Anchor | None
    events: EventFactory

    @property
    def action(self) -> str:
        """The requested action."""
        return str(self.ending.get("action", ""))

    @property
    def outcome(self) -> str:
        """Its outcome."""
        return str(self.ending.get("outcome", ""))

    @property
    def is_removed(self) -> bool:
        """Whether a teardown is complete."""
        return self.action == TEARDOWN and self.outcome == "done"

    @property
    def is_refused(self) -> bool:
        """Whether it ended before anything but the anchor was created."""
        return self.ending.get("phase") in BEFORE_CHANGES and self.outcome in ("blocked", "failed")

    @property
    def holds_anchor(self) -> bool:
        """Whether this claim is the last that the anchor bears, or created it and nobody has labelled it."""
        found, claim = self.anchor, (self.claim.generation, self.claim.execution)
        if found is None:
            return False
        return found.bears(*claim) if found.is_labelled else found.began_with(*claim)


def observe(context: Context) -> ObservedEnding:
    """Read the anchor, if nothing may be left of the environment. A request with faults never had one."""
    message = context.message
    observed = ObservedEnding(message.ending or {}, message.claim, None, EventFactory.of(context))
    had_one = observed.is_refused and observed.ending.get("code") != "INVALID_REQUEST"
    if context.name and (observed.is_removed or had_one):
        return ObservedEnding(
            observed.ending, observed.claim, anchor.read(context.session, context.name), observed.events
        )
    return observed


def decide(observed: ObservedEnding, now: float) -> Decision:
    """Leave a tombstone if nothing is left; then publish the ending, if it has an event."""
    if ended := _to_bury(observed):
        return Decision(None, [bury(ended, now)])
    return Decision(Done(), publications=_events(observed, now))


FINISH = Step("environment", observe, decide, frozenset({"settle"}), fenced=False)


def ending_of(action: str, outcome: str) -> str | None:
    """The name of the ending's event: for `done` it follows from the action, otherwise it is the outcome.

    An action without a sequence of steps (extend, sweep) has no event when it is done.
    """
    return OF_WHOLE_SEQUENCE.get(action) if outcome == "done" else outcome


def _to_bury(observed: ObservedEnding) -> Anchor | None:
    found, claim = observed.anchor, observed.claim
    if found is None or not observed.holds_anchor or not found.stands:
        return None
    began = found.began_with(claim.generation, claim.execution)
    return found if observed.is_removed or (observed.is_refused and began) else None


def _events(observed: ObservedEnding, now: float) -> list[Publication]:
    """The event of the ending. If a newer request claimed a removed environment, the ending is `superseded`."""
    claim = observed.claim
    overtaken = observed.is_removed and observed.anchor is not None and not observed.holds_anchor
    kind = "superseded" if overtaken else ending_of(observed.action, observed.outcome)
    who = {"environment": claim.name, "generation": claim.generation, "execution": claim.execution}
    ending = {key: value for key, value in observed.ending.items() if key != "phase"}
    outcome = {"outcome": "superseded"} if overtaken else {}
    return [observed.events.event(kind, who | ending | outcome, now)] if kind else []
