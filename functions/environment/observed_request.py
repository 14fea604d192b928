"""What a claim observes: the parsed request, and the anchors of every environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.environment.events import EventFactory
from shared.anchor import Anchor
from shared.settings import Settings
from shared.step.outcome import Outputs

if TYPE_CHECKING:
    from shared.spec import InvalidRequest, Request


@dataclass(frozen=True)
class ObservedRequest:
    """A request (or why it is invalid), and all anchors.

    `path` is the full name of the environment's anchor, whether it exists or not. `alive` holds the executions that
    have not ended, of those that this request depends on; `went_on` those that have ended, after their claim.
    `succeeded` are those that have ended in good order, whatever their outcome. `declined` are the anchors, by full
    name, that could not be written in this call and need not be. `published` is when the request was, in unix seconds.
    Its `generation` says the same, but for a sweep's teardown, which is no newer than what the sweep saw. `is_over` is
    a request whose own execution has ended: what asks is a copy of its message. Functions of the claim that is to be
    taken over may begin changes until `acting_until`, unix seconds. `is_accepted_later`: the workflow asks once more
    when check has passed; that of the release before does not. A claim that `only_begins` is asked for again.
    """

    request: Request | InvalidRequest
    name: str
    generation: str
    execution: str
    path: str
    anchors: list[Anchor]
    alive: frozenset[str]
    settings: Settings
    events: EventFactory
    published: float
    went_on: frozenset[str] = frozenset()
    succeeded: frozenset[str] = frozenset()
    is_over: bool = False
    acting_until: float = 0.0
    declined: frozenset[str] = frozenset()
    is_accepted_later: bool = True
    only_begins: bool = False

    @property
    def anchor(self) -> Anchor | None:
        """The environment's anchor."""
        return next((each for each in self.anchors if each.name == self.name), None)

    @property
    def holds_anchor(self) -> bool:
        """Whether this claim holds the anchor."""
        return self.anchor is not None and self.anchor.is_held_by(self.generation, self.execution)

    def verifier(self, project: str, network: str) -> str | None:
        """The topic of the function that can send requests in a network."""
        return self.settings.verification_topics.get(f"projects/{project}/global/networks/{network}")

    @property
    def environments(self) -> list[Anchor]:
        """The anchors of all environments, sorted by name; those that are still being claimed, too."""
        return sorted((each for each in self.anchors if each.stands), key=lambda each: each.name)

    @property
    def may_repeat(self) -> bool:
        """Whether it may be done again after an execution of it has ended: the sweep asks again for what is left."""
        return getattr(self.request, "is_conditional", False)

    def is_at_work(self, each: Anchor) -> bool:
        """Whether the execution that an anchor names, another one, has not ended."""
        return each.execution != self.execution and each.execution in self.alive

    def outputs(self, **more: object) -> Outputs:
        """The outputs of every answer to a claim, of a refusal too: name, action and generation; and `more`."""
        action = getattr(self.request, "action", "")
        quiet = {"quiet": True} if getattr(self.request, "quiet", False) else {}
        return {"name": self.name, "action": action, "generation": self.generation} | quiet | more
