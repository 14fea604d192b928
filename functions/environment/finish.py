"""Finishes a request: publishes its ending, and releases the anchor if the environment has nothing else left.

That is so after a teardown, and after a deploy that was refused in the check: it has created only its anchor. (The
anchor's description says which claim created it.) The anchor is first marked as released by compare-and-swap. A newer
claim that came before the mark keeps the anchor. One that comes later reads the mark and waits until this anchor is
gone. Then it creates its own, which no deletion of this one can reach (`anchor.release`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.environment.acquire import RELEASING
from functions.environment.changes import DeleteAnchor, MarkReleased
from functions.environment.events import EventFactory
from shared import anchor
from shared.anchor import RELEASE, TEARDOWN, Anchor
from shared.google.pubsub import Publication
from shared.step.message import Claim
from shared.step.outcome import Decision, Done, Waiting
from shared.step.step import Context, Step

BEFORE_CHANGES = {"claim", "check"}  # phases that create nothing but the anchor
OF_WHOLE_SEQUENCE = {"deploy": "verified", "verify": "verified", TEARDOWN: "removed"}


@dataclass(frozen=True)
class ObservedEnding:
    """The ending as the workflow reports it, and the environment's anchor, if it may have to be released."""

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
        """Whether this claim holds the anchor, or created it and nobody has labelled it."""
        found, claim = self.anchor, (self.claim.generation, self.claim.execution)
        if found is None:
            return False
        return found.is_held_by(*claim) if found.is_labelled else found.was_made_by(*claim)


def observe(context: Context) -> ObservedEnding:
    """Read the anchor, if it may have to be released. A request with faults never had one."""
    message = context.message
    observed = ObservedEnding(message.ending or {}, message.claim, None, EventFactory.of(context))
    had_one = observed.is_refused and observed.ending.get("code") != "INVALID_REQUEST"
    if context.name and (observed.is_removed or had_one):
        return ObservedEnding(
            observed.ending, observed.claim, anchor.read(context.session, context.name), observed.events
        )
    return observed


def decide(observed: ObservedEnding, now: float) -> Decision:
    """Release the anchor if nothing else is left; then publish the ending, if it has an event."""
    released = _to_release(observed)
    if released is None:
        return Decision(Done(), publications=_events(observed, now))
    if released.action != RELEASE:
        return Decision(None, [MarkReleased(released)])
    waiting = Waiting(reason="AnchorReleasing", message="the anchor is being released", retry_after=RELEASING)
    return Decision(waiting, [DeleteAnchor(released)])


FINISH = Step("environment", observe, decide, frozenset({"settle"}), fenced=False)


def ending_of(action: str, outcome: str) -> str | None:
    """The name of the ending's event: for `done` it follows from the action, otherwise it is the outcome.

    An action without a sequence of steps (extend, sweep) has no event when it is done.
    """
    return OF_WHOLE_SEQUENCE.get(action) if outcome == "done" else outcome


def _to_release(observed: ObservedEnding) -> Anchor | None:
    found, claim = observed.anchor, observed.claim
    if found is None or not observed.holds_anchor:
        return None
    made_it = found.was_made_by(claim.generation, claim.execution)
    return found if observed.is_removed or (observed.is_refused and made_it) else None


def _events(observed: ObservedEnding, now: float) -> list[Publication]:
    """The event of the ending. If a newer request claimed a removed environment, the ending is `superseded`."""
    claim = observed.claim
    overtaken = observed.is_removed and observed.anchor is not None and not observed.holds_anchor
    kind = "superseded" if overtaken else ending_of(observed.action, observed.outcome)
    who = {"environment": claim.name, "generation": claim.generation, "execution": claim.execution}
    ending = {key: value for key, value in observed.ending.items() if key != "phase"}
    outcome = {"outcome": "superseded"} if overtaken else {}
    return [observed.events.event(kind, who | ending | outcome, now)] if kind else []
