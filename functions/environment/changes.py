"""The changes of the environment function: create, relabel, retire and delete an anchor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared import anchor, labels
from shared.anchor import RELEASE, Anchor
from shared.errors import ApiError, Declined, NotFound, Pending
from shared.google.pubsub import Publication, publish
from shared.google.session import Session
from shared.step.change import Change, Description

if TYPE_CHECKING:
    from shared.google import wire


@dataclass(frozen=True)
class CreateAnchor(Change):
    """Create the anchor at `path`, for the claim that will give it these labels. `waits`: until that is done."""

    path: str
    labels: Mapping[str, str]
    waits: bool = True

    def describe(self) -> Description:
        """A creation."""
        return Description("create", self.path)

    def perform(self, session: Session) -> str:
        """Reserve the address; the operation.

        Raises:
            AlreadyExists: another claim created it first.
            Pending: the write still runs.
        """
        operation = anchor.create(session, self.labels[labels.OWNER], anchor.creation_note(self.labels))
        return _finished(session, operation, self.waits)


@dataclass(frozen=True)
class RelabelAnchor(Change):
    """Replace all labels of an anchor; before that, publish what they will no longer tell.

    A write that fails is decided on again, so that the event may come twice, with one id, and is never lost.
    `waits`: until it is done.
    """

    anchor: Anchor
    labels: Mapping[str, str]
    told: Publication | None = None
    waits: bool = True

    def describe(self) -> Description:
        """An update of the labels that differ."""
        old, new = self.anchor.labels if self.anchor.is_labelled else {}, self.labels
        keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
        before, after = ({key: each[key] for key in keys if key in each} for each in (old, new))
        return Description("update", self.anchor.path, "labels", before, after)

    def perform(self, session: Session) -> str:
        """Replace the labels, if nobody has changed them since they were read; the operation.

        Raises:
            Conflict: somebody has.
            Pending: the write still runs, or another one does.
        """
        if self.told:
            publish(session, self.told)
        return _finished(session, anchor.relabel(session, self.anchor, self.labels), self.waits)


@dataclass(frozen=True)
class Warn(Change):
    """Note on an anchor that the end of its lease was warned of, and publish the warning."""

    anchor: Anchor
    end: int
    warning: Publication

    def describe(self) -> Description:
        """An update of the note."""
        field = f"labels.{labels.WARNED}"
        return Description(
            "update", self.anchor.path, field, self.anchor.labels.get(labels.WARNED), str(self.end)
        )

    def perform(self, session: Session) -> None:
        """Begin to write the note; once that is accepted, publish. One environment's note keeps no other one waiting.

        Raises:
            Conflict: somebody has changed the labels since they were read; nothing was written or published.
            Declined: another write of them still runs: a later sweep warns.
        """
        try:
            anchor.relabel(session, self.anchor, {**self.anchor.labels, labels.WARNED: str(self.end)})
        except Pending as error:
            raise Declined(str(error)) from error
        publish(session, self.warning)


@dataclass(frozen=True)
class RetireAnchor(Change):
    """Mark a tombstone as retired, so that no claim takes it over any more. One keeps no other one waiting."""

    anchor: Anchor

    def describe(self) -> Description:
        """An update of the action label."""
        field = f"labels.{labels.ACTION}"
        return Description("update", self.anchor.path, field, self.anchor.action, RELEASE)

    def perform(self, session: Session) -> None:
        """Begin to write the mark, if nobody has changed the labels since they were read.

        Raises:
            Conflict: a newer claim has changed them.
            Declined: another write of them still runs: a later sweep retires it.
        """
        try:
            anchor.relabel(session, self.anchor, {**self.anchor.labels, labels.ACTION: RELEASE})
        except Pending as error:
            raise Declined(str(error)) from error


@dataclass(frozen=True)
class DeleteAnchor(Change):
    """Delete an anchor that is retired. A sweep does it `if_possible`: it has other things to do."""

    anchor: Anchor
    if_possible: bool = False

    def describe(self) -> Description:
        """A deletion."""
        return Description("delete", self.anchor.path)

    def perform(self, session: Session) -> None:
        """Begin to delete this anchor, and never a later one of the same name.

        Raises:
            NotFound: it is gone.
            Declined: it cannot be deleted now, and need not be.
        """
        try:
            anchor.release(session, self.anchor)
        except ApiError as error:
            if self.if_possible and not isinstance(error, NotFound):
                raise Declined(str(error)) from error
            raise


def _finished(session: Session, operation: wire.Operation, waits: bool) -> str:
    """The operation's name, once it is done if somebody waits for that here."""
    if waits and operation.get("status") != "DONE":
        anchor.wait(session, operation["name"])
    return operation["name"]
