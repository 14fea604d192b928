"""How a claim acquires the environment's anchor.

A claim creates the anchor if there is none, and then writes its labels by compare-and-swap. It holds the anchor when
another read shows its own generation and execution in the labels. Until an anchor has labels, its description names
the claim that created it: a newer claim labels it in that one's place, an older one yields.

A claim yields to a newer request, also to one that has ended and left a tombstone, and to a running execution of the
same request. It takes an older tombstone over. An anchor that is retired is never acquired: whoever finds it deletes it
(`anchor.release`), and then creates the anchor again.
"""

from __future__ import annotations

from collections.abc import Mapping

from functions.environment.changes import CreateAnchor, DeleteAnchor, RelabelAnchor
from functions.environment.observed_request import ObservedRequest
from functions.environment.refusals import superseded
from functions.environment.takeover import quiet_label, quiet_output
from shared import labels
from shared.anchor import Anchor
from shared.step.change import Change
from shared.step.outcome import Decision, Done, Outputs, Waiting

RESERVING = 1.2  # typical seconds to reserve an address [inferred]
RELEASING = 1.5  # typical seconds to release it [inferred]


def acquire(observed: ObservedRequest, values: Mapping[str, str], outputs: Outputs, now: float) -> Decision:
    """Write the claim's labels, or yield; once the labels are written, answer `outputs`."""
    anchor = observed.anchor
    if anchor is None:
        return _reserving(CreateAnchor(observed.path, values))
    if observed.holds_anchor:
        return Decision(Done(outputs={**outputs, **quiet_output(anchor, now)}))
    own = {key: value for key, value in values.items() if key != labels.QUIET}
    own |= quiet_label(anchor, observed.acting_until, now)
    return _yielding(observed, anchor) or Decision(None, [RelabelAnchor(anchor, own)])


def _yielding(observed: ObservedRequest, anchor: Anchor) -> Decision | None:
    """The answer if another request is first, or if the anchor is not ready; None if this claim can be written."""
    if labels.age_order(anchor.generation) > labels.age_order(observed.generation):
        return superseded(observed, f"{observed.name} is claimed by a newer request, {anchor.generation}")
    if anchor.is_retired:
        message = f"the anchor of {observed.name} is being released"
        waiting = Waiting(reason="AnchorReleasing", message=message, retry_after=RELEASING)
        return Decision(waiting, [DeleteAnchor(anchor)])
    if anchor.generation == observed.generation and (why := _repeats(observed, anchor)):
        return superseded(observed, why)
    return _reserving() if anchor.status == "RESERVING" else None


def _repeats(observed: ObservedRequest, anchor: Anchor) -> str:
    """Why another execution of the same request has nothing left to do; "" if that one has died at work."""
    if anchor.is_tombstone:
        return f"the same request has ended, in execution {anchor.execution}"
    if observed.is_at_work(anchor):
        return f"execution {anchor.execution} is at work on the same request"
    if anchor.execution in observed.succeeded and not observed.may_repeat:
        return f"execution {anchor.execution} has done the same request"
    return ""


def _reserving(*changes: Change) -> Decision:
    message = "the anchor is being reserved"
    return Decision(Waiting(reason="AnchorReserving", message=message, retry_after=RESERVING), changes)
