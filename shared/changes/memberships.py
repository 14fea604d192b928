"""Fleet memberships: removing one."""

from __future__ import annotations

from dataclasses import dataclass

from shared.google import gkehub_writes
from shared.google.session import Session
from shared.step.change import Change, Description


@dataclass(frozen=True)
class DeleteMembership(Change):
    """Remove the membership at `path` (`projects/P/locations/L/memberships/M`) from the fleet."""

    path: str

    @property
    def sequence(self) -> str:
        """Its own: memberships have nothing to do with each other."""
        return self.path

    def describe(self) -> Description:
        """A deletion."""
        return Description("delete", self.path)

    def perform(self, session: Session) -> None:
        """Begin to remove it.

        Raises:
            Conflict: a change of it is under way.
        """
        gkehub_writes.delete_membership(session, self.path)
