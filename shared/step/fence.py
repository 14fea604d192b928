"""The fence: no change begins more than a second after the last read of the anchor that shows the claim was sent.

The wire asks `Fence.permit` right before each call that changes something, after the token and everything else that
may take time: so one read serves the changes that begin together, and none that begins later. Whoever claims the
environment can therefore tell until when functions of the claim before may still act: `ACTING` seconds from then.
"""

from __future__ import annotations

import math
import threading
import time

from shared import anchor, labels
from shared.anchor import Anchor
from shared.errors import Superseded, Transient
from shared.google.deadline import CONNECT, LONGEST_CALL
from shared.google.session import Session
from shared.step.message import Message

FRESH = 1.0  # seconds since a read of the anchor was sent, within which changes may begin
READS = 3  # of the anchor, for one change: a read that took longer than `FRESH` lets nothing begin
# Seconds after a claim holds the anchor until which changes of the claim before may take effect: a read of the anchor
# that was sent just before, a change that begins `FRESH` after it, a connection and a call that last as long as they
# may; and a second, since the date that tells when the claim was seen has none of its parts.
ACTING = FRESH + CONNECT + LONGEST_CALL + 1.0


class Fence:
    """The fence of one message."""

    def __init__(self, session: Session, message: Message) -> None:
        self._session = session
        self._message = message
        self._read = -math.inf  # when the last read was sent, by the monotonic clock
        self._reading = threading.Lock()  # changes that begin side by side share one read

    def verify(self) -> None:
        """Read the anchor.

        Raises:
            Superseded: another claim holds it, or there is no anchor.
            ApiError: it could not be read.
        """
        sent = time.monotonic()
        check_claim(anchor.read(self._session, self._message.claim.name), self._message)
        self._read = sent

    def permit(self) -> None:
        """Let a change begin now: read the anchor again, unless that was done a moment ago.

        Raises:
            Superseded: another claim holds the anchor, or there is none.
            Transient: reading it takes too long.
            ApiError: it could not be read.
        """
        with self._reading:
            for _ in range(READS):
                if self._is_fresh:
                    return
                self.verify()
        if not self._is_fresh:
            path = anchor.path_of(self._session, self._message.claim.name)
            told = f"{READS} reads of the anchor took longer than {FRESH:.0f} s each, so nothing was changed"
            raise Transient("compute", "GET", path, 0, "AnchorSlow", told)

    @property
    def _is_fresh(self) -> bool:
        return time.monotonic() - self._read <= FRESH


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


def yield_to_newer(session: Session, message: Message) -> None:
    """Check that no newer claim than that of `message` is on the anchor. The claim itself may still be on its way.

    Raises:
        Superseded: one is.
        ApiError: the anchor could not be read.
    """
    found, claim = anchor.read(session, message.claim.name), message.claim
    if found is not None and labels.age_order(found.generation) > labels.age_order(claim.generation):
        raise Superseded(f"environment {claim.name} is claimed by {found.generation}")


def _only_reads(found: Anchor, message: Message) -> bool:
    """Whether this is a verify request, which runs under the claim that it found."""
    is_verify = message.place is not None and message.environment is None and message.mode != "destroy"
    return is_verify and found.generation == message.claim.generation
