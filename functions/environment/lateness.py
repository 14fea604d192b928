"""Requests that come too late: published hours ago, and nobody has acted on them.

Pub/Sub keeps a message that is not acknowledged for days [documented: "Subscription overview"], so a request may come
when nobody means it any more. What newer requests have left to be compared with is gone by then, too
(`functions.environment.tombstones`).
"""

from __future__ import annotations

from functions.environment.observed_request import ObservedRequest
from functions.environment.tombstones import LATE
from shared import labels
from shared.spec import Monitor, Sweep, Verify
from shared.step.outcome import Decision, Stale

MINUTE, HOUR, DAY = 60, 3600, 86400


def stale(observed: ObservedRequest, now: float) -> Decision | None:
    """The answer to a request that comes too late at `now`, in unix seconds; None if it does not."""
    age = now - observed.published
    if age <= LATE or _is_of_now(observed) or _was_acted_on(observed):
        return None
    action = getattr(observed.request, "action", "request")
    about = f"{action} of {observed.name}" if observed.name else action
    cause = f"This {about} was published {_ago(age)} ago, and nobody has acted on it."
    fix = "Publish it again if it is still wanted."
    return Decision(Stale(code="STALE", cause=cause, fix=fix, outputs=observed.outputs()))


def _is_of_now(observed: ObservedRequest) -> bool:
    """Whether it means what there is when it comes, whenever that is: a sweep, but a final one, and the monitor."""
    match observed.request:
        case Sweep() as request:
            return not request.final
        case Verify() as request:
            return request.quiet
    return isinstance(observed.request, Monitor)


def _was_acted_on(observed: ObservedRequest) -> bool:
    """Whether the environment's anchor bears it: as its claim, or as its newest extension."""
    anchor = observed.anchor
    if anchor is None:
        return False
    extended = anchor.labels.get(labels.EXTENDED, "").rpartition("-")[0]
    return observed.generation in (anchor.generation, extended)


def _ago(seconds: float) -> str:
    """`90 min`, `5 h` or `3 d`: in the largest unit of which there are two."""
    for unit, length in (("d", DAY), ("h", HOUR)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds / MINUTE:.0f} min"
