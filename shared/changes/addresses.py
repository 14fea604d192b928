"""Addresses: releasing a reserved one."""

from __future__ import annotations

from dataclasses import dataclass

from shared.google import compute
from shared.google.session import Session
from shared.step.change import Change, Description


@dataclass(frozen=True)
class DeleteAddress(Change):
    """Release the address at `path` (`projects/P/…`)."""

    path: str

    def describe(self) -> Description:
        """A deletion."""
        return Description("delete", self.path)

    def perform(self, session: Session) -> None:
        """Begin to release it.

        Raises:
            InUse: something uses it again.
        """
        compute.delete_address(session, self.path)
