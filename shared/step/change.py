"""A change of one resource: a value that describes itself and can begin itself.

Each kind of change is a frozen class (`CreateCluster`, `DeleteAddress`, …). `decide` returns changes, answers and plans
show their descriptions, and only the runner performs them: it alone deals with fence, deadline, refusals and counts.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

from shared.google.session import Session
from shared.json_types import JsonValue

Verb = Literal["create", "update", "delete"]


@dataclass(frozen=True)
class Description:
    """What a change does, as answers, logs and reports show it.

    `resource` is the full name (`projects/P/…`; for a Kubernetes object its cluster's name, then kind, namespace
    and name). `field`, `before` and `after` say what an update changes.
    """

    verb: Verb
    resource: str
    field: str | None = None
    before: JsonValue = None
    after: JsonValue = None

    def wire(self) -> dict[str, JsonValue]:
        """As the answer carries it."""
        shown: dict[str, JsonValue] = {"field": self.field, "before": self.before, "after": self.after}
        return {"verb": self.verb, "resource": self.resource} | {
            key: value for key, value in shown.items() if value is not None
        }


class Change(ABC):
    """One change. A subclass is a frozen dataclass with everything that the change needs."""

    @property
    def sequence(self) -> str:
        """Which changes it has to be in order with: those of the same name. Other names go side by side.

        "": it is in order with every other change.
        """
        return ""

    @abstractmethod
    def describe(self) -> Description:
        """What it changes."""

    @abstractmethod
    def perform(self, session: Session) -> str | None:
        """Begin the change, and do not wait for its end, unless that takes a second.

        A change whose end another call waits for returns the name of its operation.

        Raises:
            AlreadyExists, Conflict, NotFound: the resource is not as it was observed: the step observes again.
            Busy, InUse: it cannot be changed now; the other changes still begin.
            Declined: the change is optional, and was refused.
            ApiError: any other refusal ends the attempt.
        """
