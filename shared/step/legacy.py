"""The protocol before: changes as words, and an `act` a step. Goes once the last step is of the new form."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic

from shared.google.session import Session
from shared.step.change import Change, Description
from shared.step.outcome import Decision
from shared.step.step import Context, Observed

if TYPE_CHECKING:
    from shared.spec import Environment


@dataclass(frozen=True)
class LegacyChange(Change):
    """One thing to change. `body` is for `act`."""

    verb: Any
    resource: str
    field: str | None = None
    before: Any = None
    after: Any = None
    body: Any = dataclasses.field(default=None, compare=False, repr=False)

    def describe(self) -> Description:
        """As before."""
        return Description(self.verb, self.resource, self.field, self.before, self.after)

    def perform(self, session: Session) -> None:
        """Is done by `act`."""
        raise AssertionError


@dataclass(frozen=True)
class LegacyStep(Generic[Observed]):
    """A step as the runner saw it."""

    name: str
    observe: Callable[[Context], Observed]
    decide: Callable[[Environment | None, Observed, float], Decision]
    act: Callable[[Context, Any], None]
    modes: Any = frozenset({"check", "apply"})
    fenced: bool = True

    def decision(self, context: Context, observed: Observed, now: float) -> Decision:
        """As before."""
        wanted = None if context.message.mode == "destroy" else context.environment
        return self.decide(wanted, observed, now)
