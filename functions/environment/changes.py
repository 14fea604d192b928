"""What the environment function changes: an anchor is created, relabelled, marked as released, and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared import anchor, labels
from shared.anchor import RELEASE, Anchor
from shared.google.pubsub import Publication, publish
from shared.google.session import Session
from shared.step.change import Change, Description


@dataclass(frozen=True)
class CreateAnchor(Change):
    """Create the anchor at `path` with these labels, for the claim that `execution` makes."""

    path: str
    labels: Mapping[str, str]
    execution: str

    def describe(self) -> Description:
        """A creation."""
        return Description("create", self.path)

    def perform(self, session: Session) -> None:
        """Begin to reserve the address.

        Raises:
            AlreadyExists: another claim was faster.
        """
        name = self.labels[labels.OWNER]
        note = anchor.creation_note(name, self.labels[labels.GENERATION], self.execution)
        anchor.create(session, name, note, self.labels)


@dataclass(frozen=True)
class RelabelAnchor(Change):
    """Give an anchor these labels and no others; publish `then` once that is done."""

    anchor: Anchor
    labels: Mapping[str, str]
    then: Publication | None = None

    def describe(self) -> Description:
        """An update of the labels that differ."""
        old, new = self.anchor.labels, self.labels
        keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
        before, after = ({key: each[key] for key in keys if key in each} for each in (old, new))
        return Description("update", self.anchor.path, "labels", before, after)

    def perform(self, session: Session) -> None:
        """Replace the labels, if they are still as they were read.

        Raises:
            Conflict: they are not; nothing was written or published.
            Pending: the write still runs.
        """
        anchor.relabel(session, self.anchor, self.labels)
        if self.then is not None:
            publish(session, self.then)


@dataclass(frozen=True)
class MarkReleased(Change):
    """Mark an anchor as released, so that a newer claim does not acquire it any more."""

    anchor: Anchor

    def describe(self) -> Description:
        """An update of the one label."""
        field = f"labels.{labels.ACTION}"
        return Description("update", self.anchor.path, field, self.anchor.action, RELEASE)

    def perform(self, session: Session) -> None:
        """Write the mark, if the labels are still as they were read.

        Raises:
            Conflict: they are not: a newer claim was faster.
        """
        anchor.relabel(session, self.anchor, {**self.anchor.labels, labels.ACTION: RELEASE})


@dataclass(frozen=True)
class DeleteAnchor(Change):
    """Delete an anchor that is marked as released."""

    anchor: Anchor

    def describe(self) -> Description:
        """A deletion."""
        return Description("delete", self.anchor.path)

    def perform(self, session: Session) -> None:
        """Begin to delete this very anchor, and none that was made since under its name.

        Raises:
            NotFound: it is gone.
        """
        anchor.release(session, self.anchor)
