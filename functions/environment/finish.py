"""Finishes a request: keeps its result on the anchor, or leaves that as a tombstone, and publishes its ending.

The anchor keeps what was proven (`serving.py`), and with it the lease, spec and place of a deploy that changed nothing
and so was not accepted before. One write has both. A verify runs under the claim that it found, and writes no more than
what it has proven.

The anchor becomes a tombstone if the environment has nothing left. That is so after a teardown, and after a deploy that
was refused in the check, if there was nothing before it: no request, or none that has passed its check
(`nothing_before.py`). The tombstone is written by compare-and-swap. A newer claim that came before keeps the anchor; a
later one takes the tombstone over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from functions.environment.accept import of_message
from functions.environment.accepted_labels import accepted
from functions.environment.changes import RelabelAnchor
from functions.environment.events import EventFactory
from functions.environment.nothing_before import ENDS, Before, made_before
from functions.environment.serving import event_between, proven
from functions.environment.tombstones import bury, give_back
from shared import anchor, labels
from shared.anchor import BROKEN, CLAIM, TEARDOWN, Anchor, Serving
from shared.google.pubsub import Publication
from shared.step.message import Claim
from shared.step.outcome import Decision, Done, Waiting
from shared.step.step import Context, Step

BEFORE_CHANGES = {"claim", "check", "accept"}  # phases that create nothing but the anchor
AFTER_CHECK = {"apply", "verification"}  # phases of a deploy that takes effect
FOR_STEPS = {"phase", "at", "quiet", "brokenAt"}  # fields of an ending that no listener needs
OF_WHOLE_SEQUENCE = {"deploy": "verified", "verify": "verified", TEARDOWN: "removed"}


@dataclass(frozen=True)
class ObservedEnding:
    """The ending as the workflow reports it, and the environment's anchor, if something may have to be written to it.

    `accepted` are the labels of the anchor once the request is accepted, if it is a deploy that was not before.
    `before` says what requests have made that held the anchor before one that was refused.
    """

    ending: Mapping[str, Any]
    claim: Claim
    anchor: Anchor | None
    events: EventFactory
    accepted: Mapping[str, str] | None = None
    before: Before = "something"

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
    def is_kept(self) -> bool:
        """Whether the anchor keeps something of it: a deploy that has passed check, or a verify."""
        return self.action in ("deploy", "verify") and self.ending.get("phase") in AFTER_CHECK

    @property
    def holds_anchor(self) -> bool:
        """Whether this claim is the last that the anchor bears, or created it and nobody has labelled it."""
        found, claim = self.anchor, (self.claim.generation, self.claim.execution)
        if found is None:
            return False
        return found.bears(*claim) if found.is_labelled else found.began_with(*claim)

    @property
    def may_write(self) -> bool:
        """Whether the result of this request goes on the anchor: no newer claim holds it. A verify has no own claim."""
        found = self.anchor
        if found is None or not found.is_labelled or found.is_being_removed:
            return False
        return found.generation == self.claim.generation if self.action == "verify" else self.holds_anchor


def observe(context: Context) -> ObservedEnding:
    """Read the anchor, if something may have to be written to it. A request with faults never had one."""
    message = context.message
    observed = ObservedEnding(message.ending or {}, message.claim, None, EventFactory.of(context))
    had_one = observed.is_refused and observed.ending.get("code") != "INVALID_REQUEST"
    if not context.name or not (observed.is_removed or had_one or observed.is_kept):
        return observed
    found = anchor.read(context.session, context.name)
    observed = replace(observed, anchor=found)
    if found is not None and observed.is_refused and observed.holds_anchor:
        return replace(observed, before=made_before(context, found))
    if found is None or found.is_accepted or context.environment is None or not observed.is_kept:
        return observed
    request, deploy = of_message(context, [found])
    return replace(observed, accepted=accepted(deploy, request))


def decide(observed: ObservedEnding, now: float) -> Decision:
    """Leave a tombstone if nothing is left, or keep the result on the anchor; then publish the ending's event."""
    if observed.before == "unknown":
        why = "a request before it may still pass its check; then something may be there"
        return Decision(Waiting(reason="RequestBeforeEnds", message=why, retry_after=ENDS))
    written = _to_write(observed, now)
    return Decision(Done(), [written] if written else [], publications=_events(observed, now))


def _to_write(observed: ObservedEnding, now: float) -> RelabelAnchor | None:
    """What the anchor is to bear before the ending is told; who claims it meanwhile is seen by another look."""
    if ended := _to_bury(observed):
        return bury(ended, now)
    if taken := _to_give_back(observed):
        return give_back(taken)
    return _kept(observed, now)


FINISH = Step("environment", observe, decide, frozenset({"settle"}), fenced=False)


def ending_of(action: str, outcome: str) -> str | None:
    """The name of the ending's event: for `done` it follows from the action, otherwise it is the outcome.

    An action without a sequence of steps (extend, sweep) has no event when it is done.
    """
    return OF_WHOLE_SEQUENCE.get(action) if outcome == "done" else outcome


def _to_bury(observed: ObservedEnding) -> Anchor | None:
    found = observed.anchor
    if found is None or not observed.holds_anchor or not found.stands:
        return None
    return found if observed.is_removed or (observed.is_refused and observed.before == "nothing") else None


def _to_give_back(observed: ObservedEnding) -> Anchor | None:
    """The anchor of a teardown that a deploy took over, which was then refused, its fleet or in check."""
    found = observed.anchor
    if found is None or not observed.is_refused or not observed.holds_anchor:
        return None
    return found if found.action == CLAIM or found.goes_on_being_removed else None


def _kept(observed: ObservedEnding, now: float) -> RelabelAnchor | None:
    """The write of the result, unless the anchor has it. A change of what serves is told before it is written."""
    found = observed.anchor
    if found is None or not observed.is_kept or not observed.may_write:
        return None
    before = found.serving
    after = proven(observed.ending, before)
    values = {**(observed.accepted or found.labels), **(after.label if after else {})}
    if values == found.labels:
        return None
    name = event_between(before, after)
    return RelabelAnchor(
        found, values, _change(observed, name, found, after, now) if name and after else None
    )


def _change(observed: ObservedEnding, name: str, found: Anchor, after: Serving, now: float) -> Publication:
    """The event of a change. Its id is made of the proof before, so that two who see the same change tell one."""
    why = ("code", "cause", "fix") if after.state == BROKEN else ()
    data = _who(observed.claim) | {"action": observed.action, "outcome": name, "since": after.moment}
    data |= {key: observed.ending[key] for key in why if key in observed.ending}
    before = found.labels[labels.SERVING]
    return observed.events.event(name, data, now, about=f"{found.name}-{before}")


def _who(claim: Claim) -> dict[str, Any]:
    return {"environment": claim.name, "generation": claim.generation, "execution": claim.execution}


def _events(observed: ObservedEnding, now: float) -> list[Publication]:
    """The event of the ending. If a newer request claimed a removed environment, the ending is `superseded`."""
    if observed.ending.get("quiet"):
        return []
    overtaken = observed.is_removed and observed.anchor is not None and not observed.holds_anchor
    kind = "superseded" if overtaken else ending_of(observed.action, observed.outcome)
    ending = {key: value for key, value in observed.ending.items() if key not in FOR_STEPS}
    outcome = {"outcome": "superseded"} if overtaken else {}
    return [observed.events.event(kind, _who(observed.claim) | ending | outcome, now)] if kind else []
