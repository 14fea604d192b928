"""A takeover: until when functions of the request that held the environment may still act.

A function reads the anchor, begins its changes within a second, and a call lasts some seconds (`fence.ACTING`). So for
that long after a claim, changes of the request before may take effect. The claim tells the moment after which none
does; it travels in the messages, and no step is done by what it saw earlier (`shared.step.attempt`). A claim that takes
over from nobody, or from a request that has ended, disturbs nobody and tells no moment.

The moment is a label of the anchor as well. An answer can be lost, and the next one has to tell it, although the claim
before can be seen no more; and a claim soon after takes over from both.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from shared import labels
from shared.google import executions
from shared.google.deadline import CONNECT, LONGEST_CALL
from shared.step.fence import ACTING
from shared.step.outcome import Outputs

if TYPE_CHECKING:
    from shared.anchor import Anchor
    from shared.google import wire

# Seconds after it was sent within which a message that changes something may be acted on: the longest patience of the
# workflow for such a step. A copy of it may come as late.
LATEST = 90.0


def acting_until(execution: wire.Execution | None) -> float:
    """Until when functions of an execution may begin changes, unix seconds: infinite while it lives, 0 if none may.

    If it ended done, all was as it wanted, and a late copy of one of its messages finds nothing to change. If it ended
    otherwise, or was cancelled, copies and functions under way act on until the deadlines of their messages.
    """
    if execution is None or executions.is_alive(execution):
        return 0.0 if execution is None else math.inf
    if _is_done(execution):
        return 0.0
    try:
        return datetime.fromisoformat(execution["endTime"]).timestamp() + LATEST
    except (KeyError, TypeError, ValueError):
        return math.inf


def _is_done(execution: wire.Execution) -> bool:
    try:
        return bool(json.loads(execution.get("result") or "{}").get("outcome") == "done")
    except (ValueError, AttributeError):
        return False


def quiet_label(anchor: Anchor, acting: float, now: float) -> Mapping[str, str]:
    """The label of a claim that is written now over `anchor`, whose functions may begin changes until `acting`.

    The write is a call as well, and holds when it is done.
    """
    before = _quiet_from(anchor)
    moments = [before] if before > now else []
    if acting > now:
        moments.append(math.ceil(now + CONNECT + LONGEST_CALL + ACTING))
    return {labels.QUIET: str(max(moments))} if moments else {}


def quiet_output(anchor: Anchor, now: float) -> Outputs:
    """The moment, as a claim that holds `anchor` now tells it; nothing if there is none."""
    moment = _quiet_from(anchor)
    return {"quietFrom": min(float(moment), now + ACTING)} if moment > now else {}


def _quiet_from(anchor: Anchor) -> int:
    return labels.number(anchor.labels.get(labels.QUIET, "")) or 0
