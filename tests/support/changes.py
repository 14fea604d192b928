"""A change that a test scripts: it remembers that it was performed, and meets the trouble it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from shared.google.session import Session
from shared.step.change import Change, Description


@dataclass(frozen=True)
class ScriptedChange(Change):
    """Creates nothing at `resource`. `meets` is called in place of an API, and may raise. `apart` is its sequence."""

    resource: str
    meets: Callable[[Session], None] = lambda session: None
    performed: list[str] = field(default_factory=list, compare=False)
    apart: str = ""

    @property
    def sequence(self) -> str:
        """As the script says."""
        return self.apart

    def describe(self) -> Description:
        """A creation."""
        return Description("create", self.resource)

    def perform(self, session: Session) -> None:
        """Meet what the script holds."""
        self.meets(session)
        self.performed.append(self.resource)
