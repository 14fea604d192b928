"""The ending of a request: told to whoever listens, and its anchor given back where nothing is left to anchor.

That is so after a teardown, and after a deploy that was refused in the check: it has made nothing but its anchor. (If
this very claim made it, its description tells, and still holds it.) The anchor is marked as released by
compare-and-swap first, so that a newer claim either came before, and the anchor stays, or sees the mark, and waits
until this anchor is gone: it makes one of its own, which no deletion of this one can reach (`anchor.release`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from functions.environment.acquire import RELEASING
from functions.environment.events import Teller
from shared import anchor, labels
from shared.anchor import RELEASE, TEARDOWN, Anchor
from shared.google.pubsub import Publication
from shared.step.legacy import LegacyChange as Change
from shared.step.legacy import LegacyStep
from shared.step.message import Claim
from shared.step.outcome import Decision, Done, Waiting
from shared.step.step import Context

if TYPE_CHECKING:
    from shared.spec import Environment

BEFORE_CHANGES = {"claim", "check"}  # phases in which nothing but the anchor has been made
OF_A_WHOLE_SEQUENCE = {"deploy": "verified", "verify": "verified", TEARDOWN: "removed"}


@dataclass(frozen=True)
class Seen:
    """The ending as the workflow tells it, and the environment's anchor, where it may be to be given back."""

    ending: Mapping[str, Any]
    claim: Claim
    found: Anchor | None
    teller: Teller

    @property
    def action(self) -> str:
        """What was asked for."""
        return str(self.ending.get("action", ""))

    @property
    def outcome(self) -> str:
        """What came of it."""
        return str(self.ending.get("outcome", ""))

    @property
    def is_removed(self) -> bool:
        """Whether a teardown has come to its end."""
        return self.action == TEARDOWN and self.outcome == "done"

    @property
    def is_refused(self) -> bool:
        """Whether it ended before anything but the anchor was made."""
        return self.ending.get("phase") in BEFORE_CHANGES and self.outcome in ("blocked", "failed")

    @property
    def holds(self) -> bool:
        """Whether there is an anchor, and it bears this claim."""
        return self.found is not None and self.found.bears(self.claim.generation, self.claim.execution)


def observe(context: Context) -> Seen:
    """Read the anchor, if it may have to be given back; a request with faults never had one."""
    message = context.message
    seen = Seen(message.ending or {}, message.claim, None, Teller.of(context))
    had_one = seen.is_refused and seen.ending.get("code") != "INVALID_REQUEST"
    if context.name and (seen.is_removed or had_one):
        return Seen(seen.ending, seen.claim, anchor.read(context.session, context.name), seen.teller)
    return seen


def decide(_wanted: Environment | None, seen: Seen, now: float) -> Decision:
    """Give the anchor back if nothing is left to anchor; then publish the ending, if there is one to tell."""
    mine = _to_release(seen)
    if mine is None:
        return Decision(Done(), publications=_events(seen, now))
    if mine.action != RELEASE:
        values = {**mine.labels, labels.ACTION: RELEASE}
        change = Change(
            "update", mine.path, f"labels.{labels.ACTION}", mine.action, RELEASE, body=(mine, values)
        )
        return Decision(None, [change])
    waiting = Waiting(reason="AnchorReleasing", message="the anchor is being released", retry_after=RELEASING)
    return Decision(waiting, [Change("delete", mine.path, body=(mine, None))])


def act(context: Context, change: Change) -> None:
    """Mark the anchor as released, or delete it."""
    found, values = change.body
    if values is None:
        anchor.release(context.session, found)
    else:
        anchor.relabel(context.session, found, values)


SETTLE = LegacyStep("environment", observe, decide, act, modes=frozenset({"settle"}), fenced=False)


def ending_of(action: str, outcome: str) -> str | None:
    """The ending's name: a sequence that is `done` has one by its action; other outcomes are themselves.

    What was done without a sequence (extend, sweep) has none.
    """
    return OF_A_WHOLE_SEQUENCE.get(action) if outcome == "done" else outcome


def _to_release(seen: Seen) -> Anchor | None:
    found, claim = seen.found, seen.claim
    if found is None or not seen.holds:
        return None
    made_it = found.was_made_by(claim.generation, claim.execution)
    return found if seen.is_removed or (seen.is_refused and made_it) else None


def _events(seen: Seen, now: float) -> list[Publication]:
    """The event of the ending. Of an environment that was removed and claimed since, only the latter counts."""
    claim = seen.claim
    overtaken = seen.is_removed and seen.found is not None and not seen.holds
    kind = "superseded" if overtaken else ending_of(seen.action, seen.outcome)
    who = {"environment": claim.name, "generation": claim.generation, "execution": claim.execution}
    told = {key: value for key, value in seen.ending.items() if key != "phase"}
    outcome = {"outcome": "superseded"} if overtaken else {}
    return [seen.teller.event(kind, who | told | outcome, now)] if kind else []
