"""The ending of a request: told to whoever listens, and without a trace if it was refused before it began.

A request that is refused in the check has made nothing but its anchor. If this very claim made it (its
description tells) and still holds it, it is given back: marked as released by compare-and-swap first, so that
a newer claim either came before, and the anchor stays, or sees the mark, and waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared import anchor, labels
from shared.anchor import Anchor
from shared.google.pubsub import Publication
from shared.spec import Environment
from shared.step.message import Claim
from shared.step.outcome import Change, Decision, Done, Waiting
from shared.step.step import Context, Step
from shared.steps.claim import RELEASE

EVENT = "dev.fleetgate.environment."  # and the ending: the CloudEvent's type
BEFORE_CHANGES = {"claim", "check"}  # phases in which nothing but the anchor has been made


@dataclass(frozen=True)
class Seen:
    """The ending as the workflow tells it, and the environment's anchor."""

    ending: Mapping[str, Any]
    claim: Claim
    found: Anchor | None
    topic: str
    source: str


def observe(context: Context) -> Seen:
    """Read the anchor, if this request may have to give it back; one with faults never had one."""
    claim, settings, ending = context.message.claim, context.settings, context.message.ending or {}
    had_one = _was_refused(ending) and ending.get("code") != "INVALID_REQUEST" and claim.name
    found = anchor.read(context.session, claim.name) if had_one else None
    source = f"//workflowexecutions.googleapis.com/{settings.workflow}/executions/{claim.execution}"
    return Seen(ending, claim, found, settings.events_topic, source)


def decide(_wanted: Environment | None, seen: Seen, now: float) -> Decision:
    """Give the anchor back if this request was refused and made it; then publish the ending."""
    mine = _to_release(seen)
    if mine is None:
        return Decision(Done(), publications=[_event(seen, now)])
    if mine.labels.get(labels.ACTION) != RELEASE:
        values = {**mine.labels, labels.ACTION: RELEASE}
        before = mine.labels.get(labels.ACTION)
        change = Change("update", mine.path, f"labels.{labels.ACTION}", before, RELEASE, body=(mine, values))
        return Decision(None, [change])
    waiting = Waiting(reason="AnchorReleasing", message="the anchor is being released", retry_after=1.5)
    return Decision(waiting, [Change("delete", mine.path, body=(mine, None))])


def act(context: Context, change: Change) -> None:
    """Mark the anchor as released, or delete it."""
    found, values = change.body
    if values is None:
        anchor.release(context.session, found)
    else:
        anchor.relabel(context.session, found, values)


SETTLE = Step("environment", observe, decide, act, modes=frozenset({"settle"}), fenced=False)


def ending_of(action: str, outcome: str) -> str:
    """The ending's name: `done` is `verified`, or `removed` after a teardown; the others are themselves."""
    if outcome != "done":
        return outcome
    return "removed" if action == "teardown" else "verified"


def _was_refused(ending: Mapping[str, Any]) -> bool:
    return ending.get("phase") in BEFORE_CHANGES and ending.get("outcome") in ("blocked", "failed")


def _to_release(seen: Seen) -> Anchor | None:
    claim, found = seen.claim, seen.found
    if not _was_refused(seen.ending) or found is None or not found.bears(claim.generation, claim.execution):
        return None
    return found if found.was_made_by(claim.generation, claim.execution) else None


def _event(seen: Seen, now: float) -> Publication:
    """The CloudEvent, in the binary mode of the Pub/Sub protocol binding: attributes `ce-*`, data in JSON.

    Its id is the execution's and the ending's, so that a listener can tell a message that was delivered
    twice.
    """
    ending, claim = seen.ending, seen.claim
    kind = ending_of(str(ending.get("action", "")), str(ending.get("outcome", "")))
    who = {"environment": claim.name, "generation": claim.generation, "execution": claim.execution}
    attributes = {
        "ce-specversion": "1.0",
        "ce-type": EVENT + kind,
        "ce-source": seen.source,
        "ce-id": f"{claim.execution}-{kind}",
        "ce-time": datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z"),
        "content-type": "application/json",
    }
    subject = {"ce-subject": claim.name} if claim.name else {}
    told = {key: value for key, value in ending.items() if key != "phase"}
    return Publication(seen.topic, who | told, attributes | subject)
