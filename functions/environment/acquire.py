"""How a claim acquires the environment's anchor.

A claim creates the anchor if there is none, and then writes its labels by compare-and-swap. It holds the anchor when
that write is done. Until an anchor has labels, its description names the claim that created it: a newer claim labels
it in that one's place, an older one yields.

A deploy is asked in two parts: it begins the first write, and answers. While its check goes on, it is asked again,
waits for that write, and does what is left.

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
from shared.anchor import CLAIM, Anchor
from shared.step.change import Change
from shared.step.outcome import Decision, Done, Outputs, Waiting

RESERVING = 1.2  # typical seconds to reserve an address [inferred]
RELEASING = 1.5  # typical seconds to release it [inferred]
WRITING = "writing"  # the output of a claim that has begun: the operation that writes it


def acquire(observed: ObservedRequest, values: Mapping[str, str], outputs: Outputs, now: float) -> Decision:
    """Write the claim's labels, or yield; once the labels are written, answer `outputs`."""
    anchor, waits = observed.anchor, not observed.only_begins
    if anchor is None:
        created = CreateAnchor(observed.path, values, waits)
        return Decision(None, [created]) if waits else _begun(created, outputs)
    if observed.holds_anchor:
        return Decision(Done(outputs={**outputs, **quiet_output(anchor, now)}))
    own = {key: value for key, value in values.items() if key != labels.QUIET}
    own |= quiet_label(anchor, observed.acting_until, now)
    if yielding := _yielding(observed, anchor):
        return yielding
    written = RelabelAnchor(anchor, own, waits=waits)
    if not waits:
        return _begun(written, outputs)
    return Decision(None if _is_seen_first(own) else Done(outputs=outputs), [written])


def _is_seen_first(written: Mapping[str, str]) -> bool:
    """Whether the answer depends on the anchor with these labels: rivals, what to accept, from when it is quiet."""
    return written[labels.ACTION] == CLAIM or labels.ACCEPTED in written or labels.QUIET in written


def _begun(change: Change, outputs: Outputs) -> Decision:
    return Decision(Done(outputs=outputs), [change], telling=WRITING)


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
    if anchor.status != "RESERVING":
        return None
    message = "the anchor is being reserved"
    return Decision(Waiting(reason="AnchorReserving", message=message, retry_after=RESERVING))


def _repeats(observed: ObservedRequest, anchor: Anchor) -> str:
    """Why another execution of the same request has nothing left to do; "" if that one has died at work."""
    if anchor.is_tombstone:
        return f"the same request has ended, in execution {anchor.execution}"
    if observed.is_at_work(anchor):
        return f"execution {anchor.execution} is at work on the same request"
    if anchor.execution in observed.succeeded and not observed.may_repeat:
        return f"execution {anchor.execution} has done the same request"
    return ""
