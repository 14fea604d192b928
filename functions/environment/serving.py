"""What serves: the label that keeps the last proof of an environment's traffic, and the events of its changes.

Each request that proves the traffic writes the label when it is settled, a deploy as well as a verify. The label
changes by compare-and-swap and never goes back to an older proof. Who changes it from verified to broken, or back,
publishes an event before: so nothing that stopped serving goes untold, and nothing is told while nothing changes. A
request that could not look (it was refused, or its function could not be reached) proves nothing, and what it saw long
before its end is as old as that: a verify that saw half a deploy, and nothing after it, says nothing of the whole one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.anchor import BROKEN, VERIFIED, Serving

EVENTS = {(VERIFIED, BROKEN): "broken", (BROKEN, VERIFIED): "recovered"}  # by what was, and what is


def proven(ending: Mapping[str, Any], before: Serving | None) -> Serving | None:
    """What serves after an ending, if it is a proof and the one before is not younger."""
    state, moment = _found(ending)
    if not state or (before and before.moment > moment):
        return before
    return before if before and before.state == state == BROKEN else Serving(state, moment)


def event_between(before: Serving | None, after: Serving | None) -> str | None:
    """The name of the event of a change, if it is one."""
    return EVENTS.get((before.state, after.state)) if before and after else None


def _found(ending: Mapping[str, Any]) -> tuple[str, int]:
    """What a request found, and when; "" if it could not look. Releases before say no moment."""
    if not ending.get("at") or ending.get("phase") != "verification":
        return "", 0
    if ending.get("outcome") == "done":
        return VERIFIED, int(ending["at"])
    seen = ending.get("brokenAt")
    return (BROKEN, int(seen)) if seen and ending.get("outcome") != "superseded" else ("", 0)
