"""What a claim observes: its request as it was read, and the anchors of every environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.environment.events import EventFactory
from shared.anchor import RELEASE, Anchor
from shared.settings import Settings
from shared.step.outcome import Outputs

if TYPE_CHECKING:
    from shared.spec import InvalidRequest, Request


@dataclass(frozen=True)
class ObservedRequest:
    """A request (or why it could not be read), and all anchors.

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
    events: EventFactory

    @property
    def anchor(self) -> Anchor | None:
        """The environment's anchor."""
        return next((each for each in self.anchors if each.name == self.name), None)

    @property
    def holds_anchor(self) -> bool:
        """Whether the anchor bears this claim."""
        return self.anchor is not None and self.anchor.bears(self.generation, self.execution)

    def verifier(self, project: str, network: str) -> str | None:
        """The topic of the function that can send requests in a network."""
        return self.settings.verification_topics.get(f"projects/{project}/global/networks/{network}")

    @property
    def environments(self) -> list[Anchor]:
        """The anchors of the environments there are, by name."""
        ours = [each for each in self.anchors if each.is_ours and each.action != RELEASE]
        return sorted(ours, key=lambda each: each.name)

    def is_at_work(self, each: Anchor) -> bool:
        """Whether the execution that an anchor names has not ended."""
        return each.execution in self.alive

    def outputs(self, **more: object) -> Outputs:
        """What every answer to a claim says, a refusal too: whom it is about. `more` is what this one adds."""
        action = getattr(self.request, "action", "")
        return {"name": self.name, "action": action, "generation": self.generation} | more
