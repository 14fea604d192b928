"""The fence: before its changes a step reads the anchor, and continues only if its claim still holds it.

The same read gives the time: deadlines, leases and estimates all use the server's clock.
"""

from __future__ import annotations

from shared import anchor
from shared.anchor import Anchor
from shared.errors import DeadlinePassed, Superseded
from shared.google.session import Session
from shared.step.message import Message


def verify_claim(session: Session, message: Message) -> float:
    """The server's time, if the claim of `message` holds the anchor and its deadline has not passed.

    Raises:
        Superseded: another claim holds the anchor, or there is no anchor.
        DeadlinePassed: the message is too old.
        ApiError: the anchor could not be read.
    """
    found = anchor.read(session, message.claim.name)
    check_claim(found, message)
    check_deadline(session, message)
    return session.now


def check_claim(found: Anchor | None, message: Message) -> None:
    """Check that the claim of `message` holds the anchor that was read.

    Without an anchor only a teardown continues: it works by marks, and its last attempt finds the anchor gone.

    Raises:
        Superseded: it does not.
    """
    claim = message.claim
    if found is None:
        if message.mode != "destroy":
            raise Superseded(f"environment {claim.name} has no anchor: it was torn down meanwhile")
    elif not found.is_held_by(claim.generation, claim.execution) and not _only_reads(found, message):
        if not found.is_labelled:
            raise Superseded(f"the anchor of environment {claim.name} has no labels, so no claim holds it")
        raise Superseded(
            f"environment {claim.name} is claimed by {found.generation}, execution {found.execution}"
        )


def _only_reads(found: Anchor, message: Message) -> bool:
    """Whether this is a verify request, which runs under the claim that it found."""
    is_verify = message.place is not None and message.environment is None and message.mode != "destroy"
    return is_verify and found.generation == message.claim.generation


def check_deadline(session: Session, message: Message) -> None:
    """Check the message's deadline by the server's time.

    Raises:
        DeadlinePassed: it is over.
    """
    if session.now >= message.deadline:
        raise DeadlinePassed(f"attempt {message.attempt} had until {message.deadline:.0f}")
