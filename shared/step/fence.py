"""The fence: before it changes anything, a step reads the anchor, and goes on only while its claim holds.

The same read tells the time: every deadline, lease and estimate is reckoned by the server's clock.
"""

from __future__ import annotations

from shared import anchor
from shared.anchor import Anchor
from shared.errors import DeadlinePassed, Superseded
from shared.google.session import Session
from shared.step.message import Message


def verify_claim(session: Session, message: Message) -> float:
    """The server's time, if the claim of `message` holds and its deadline has not passed.

    Raises:
        Superseded: the anchor bears another claim, or there is none.
        DeadlinePassed: the message is too old.
        ApiError: the anchor could not be read.
    """
    found = anchor.read(session, message.claim.name)
    check_claim(found, message)
    check_deadline(session, message)
    return session.now


def check_claim(found: Anchor | None, message: Message) -> None:
    """Whether the claim of `message` holds, given the anchor that was read.

    Without an anchor only a teardown goes on: it works by marks, and its last attempt finds the anchor gone.

    Raises:
        Superseded: it does not hold.
    """
    claim = message.claim
    if found is None:
        if message.mode != "destroy":
            raise Superseded(f"environment {claim.name} has no anchor: it was torn down meanwhile")
    elif not found.is_held_by(claim.generation, claim.execution) and not _looks_on(found, message):
        raise Superseded(
            f"environment {claim.name} is claimed by {found.generation}, execution {found.execution}"
        )


def _looks_on(found: Anchor, message: Message) -> bool:
    """Whether a request that claims nothing (verify: it is asked by name) works under the claim it found."""
    by_name_alone = message.place is not None and message.mode != "destroy"
    return by_name_alone and found.generation == message.claim.generation


def check_deadline(session: Session, message: Message) -> None:
    """Nothing, while the server's time is before the message's deadline.

    Raises:
        DeadlinePassed: it is not.
    """
    if session.now >= message.deadline:
        raise DeadlinePassed(f"attempt {message.attempt} had until {message.deadline:.0f}")
