"""What a claim sees of its request and of the anchors, and how the anchor is taken.

A claim writes the anchor by compare-and-swap, and holds when another look shows its own generation and execution.
It makes way for a newer request, and for an execution of the same request that is alive. An anchor that is marked as
released is never taken: it goes, by whoever marked it or, if that is dead, by who comes next, and is made again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from functions.environment.events import Teller
from shared import anchor, labels
from shared.anchor import RELEASE, Anchor
from shared.google.pubsub import Publication, publish
from shared.settings import Settings
from shared.step.legacy import LegacyChange as Change
from shared.step.outcome import Blocked, Decision, Done, Superseded, Waiting
from shared.step.step import Context

if TYPE_CHECKING:
    from shared.spec import InvalidRequest, Request

RESERVING = 1.2  # seconds that reserving an address usually takes [inferred]
RELEASING = 1.5  # and releasing it


@dataclass(frozen=True)
class Seen:
    """The request as it was read (or why it could not be), and the anchors of every environment.

    `path` is where the environment's anchor is or would be; `alive` holds those executions that have not ended, of
    the ones it matters for.
    """

    request: Request | InvalidRequest
    name: str
    generation: str
    execution: str
    path: str
    anchors: list[Anchor]
    alive: frozenset[str]
    settings: Settings
    teller: Teller

    @property
    def mine(self) -> Anchor | None:
        """The environment's anchor."""
        return next((each for each in self.anchors if each.name == self.name), None)

    @property
    def holds(self) -> bool:
        """Whether the anchor bears this claim."""
        return self.mine is not None and self.mine.bears(self.generation, self.execution)

    def verifier(self, project: str, network: str) -> str | None:
        """The topic of the function that can send requests in a network."""
        return self.settings.verification_topics.get(f"projects/{project}/global/networks/{network}")

    @property
    def known(self) -> list[Anchor]:
        """The environments there are, by name."""
        ours = [each for each in self.anchors if each.is_ours and each.action != RELEASE]
        return sorted(ours, key=lambda each: each.name)

    def is_at_work(self, each: Anchor) -> bool:
        """Whether the execution that an anchor names has not ended."""
        return each.execution in self.alive

    def outputs(self, **more: Any) -> dict[str, Any]:
        """What every answer to a claim says, a refusal too: whom it is about. `more` is what this one adds."""
        action = getattr(self.request, "action", "")
        return {"name": self.name, "action": action, "generation": self.generation} | more


@dataclass(frozen=True)
class Write:
    """Labels to write on an anchor as it was found (None: to create it with), and what to publish once they are."""

    found: Anchor | None
    values: Mapping[str, str]
    then: Publication | None = None


def write(context: Context, change: Change) -> None:
    """Write an anchor's labels, or give back one that was marked as released.

    Raises:
        AlreadyExists, Conflict, NotFound: it is not as it was found, and nothing was written or published.
    """
    if isinstance(change.body, Anchor):
        anchor.release(context.session, change.body)
        return
    deed: Write = change.body
    if deed.found is None:
        claim = context.message.claim
        note = anchor.birth_note(deed.values[labels.OWNER], deed.values[labels.GENERATION], claim.execution)
        anchor.create(context.session, deed.values[labels.OWNER], note, deed.values)
    else:
        anchor.relabel(context.session, deed.found, deed.values)
    if deed.then is not None:
        publish(context.session, deed.then)


def relabelling(found: Anchor, values: Mapping[str, str], then: Publication | None = None) -> Change:
    """The change that gives an anchor these labels, and no others."""
    keys = [key for key in {**found.labels, **values} if found.labels.get(key) != values.get(key)]
    before, after = ({key: each[key] for key in keys if key in each} for each in (found.labels, values))
    return Change("update", found.path, "labels", before, after, body=Write(found, values, then))


def take(seen: Seen, values: Mapping[str, str], outputs: Mapping[str, Any]) -> Decision:
    """Write the claim, make way, or find it written and answer `outputs`."""
    mine = seen.mine
    if mine is None:
        return _reserving(Change("create", seen.path, body=Write(None, values)))
    if seen.holds:
        return _reserving() if mine.status == "RESERVING" else Decision(Done(outputs=outputs))
    return _make_way(seen, mine) or Decision(None, [relabelling(mine, values)])


def _make_way(seen: Seen, mine: Anchor) -> Decision | None:
    """Whom this claim makes way for, or waits for."""
    if labels.age_order(mine.generation) > labels.age_order(seen.generation):
        return superseded(seen, f"{seen.name} is claimed by a newer request, {mine.generation}")
    if mine.action == RELEASE:
        message = f"the anchor of {seen.name} is being given back"
        waiting = Waiting(reason="AnchorReleasing", message=message, retry_after=RELEASING)
        return Decision(waiting, [] if seen.is_at_work(mine) else [Change("delete", mine.path, body=mine)])
    if mine.generation == seen.generation and seen.is_at_work(mine):
        return superseded(seen, f"execution {mine.execution} is at work on the same request")
    return _reserving() if mine.status == "RESERVING" else None


def _reserving(*changes: Change) -> Decision:
    message = "the anchor is being reserved"
    return Decision(Waiting(reason="AnchorReserving", message=message, retry_after=RESERVING), changes)


def superseded(seen: Seen, message: str) -> Decision:
    """Something newer counts."""
    return Decision(Superseded(message=message, outputs=seen.outputs()))


def blocked(seen: Seen, code: str, cause: str, fix: str) -> Decision:
    """A person must act first."""
    return Decision(Blocked(code=code, cause=cause, fix=fix, outputs=seen.outputs()))


def foreign(seen: Seen) -> Decision | None:
    """A refusal, if the name of the anchor is taken by an address that is not ours."""
    mine = seen.mine
    if mine is None or mine.is_ours:
        return None
    cause = f"{mine.path} is not Fleetgate's, and has the name of the anchor of {seen.name}."
    return blocked(seen, "ANCHOR_NAME_TAKEN", cause, "Delete it, or name the environment otherwise.")


def unknown(seen: Seen) -> Decision:
    """A refusal: there is no environment of this name."""
    names = ", ".join(each.name for each in seen.known)
    cause = f"There is no environment {seen.name}; " + (f"there is {names}." if names else "there is none.")
    return blocked(seen, "UNKNOWN_ENVIRONMENT", cause, "Name one that there is, or deploy this one.")


def going(seen: Seen) -> Decision:
    """A refusal: the environment is being removed."""
    cause = f"Environment {seen.name} is being torn down."
    return blocked(seen, "BEING_REMOVED", cause, "Deploy it again.")
