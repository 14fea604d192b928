"""How a claim acquires the environment's anchor.

A claim writes the anchor by compare-and-swap, and holds it when another look shows its own generation and
execution. It makes way for a newer request, and for an execution of the same request that is alive. An anchor that
is marked as released is never acquired. Whoever marked it deletes it; if that execution is dead, the next claim does,
and makes the anchor again.
"""

from __future__ import annotations

from collections.abc import Mapping

from functions.environment.changes import CreateAnchor, DeleteAnchor, RelabelAnchor
from functions.environment.observed_request import ObservedRequest
from functions.environment.refusals import superseded
from shared import labels
from shared.anchor import RELEASE, Anchor
from shared.step.change import Change
from shared.step.outcome import Decision, Done, Outputs, Waiting

RESERVING = 1.2  # seconds that reserving an address usually takes [inferred]
RELEASING = 1.5  # and releasing it


def acquire(observed: ObservedRequest, values: Mapping[str, str], outputs: Outputs) -> Decision:
    """Write the claim's labels, make way, or find them written and answer `outputs`."""
    anchor = observed.anchor
    if anchor is None:
        return _reserving(CreateAnchor(observed.path, values, observed.execution))
    if observed.holds_anchor:
        return _reserving() if anchor.status == "RESERVING" else Decision(Done(outputs=outputs))
    return _make_way(observed, anchor) or Decision(None, [RelabelAnchor(anchor, values)])


def _make_way(observed: ObservedRequest, anchor: Anchor) -> Decision | None:
    """Whom this claim makes way for, or waits for."""
    if labels.age_order(anchor.generation) > labels.age_order(observed.generation):
        return superseded(observed, f"{observed.name} is claimed by a newer request, {anchor.generation}")
    if anchor.action == RELEASE:
        message = f"the anchor of {observed.name} is being given back"
        waiting = Waiting(reason="AnchorReleasing", message=message, retry_after=RELEASING)
        return Decision(waiting, [] if observed.is_at_work(anchor) else [DeleteAnchor(anchor)])
    if anchor.generation == observed.generation and observed.is_at_work(anchor):
        return superseded(observed, f"execution {anchor.execution} is at work on the same request")
    return _reserving() if anchor.status == "RESERVING" else None


def _reserving(*changes: Change) -> Decision:
    message = "the anchor is being reserved"
    return Decision(Waiting(reason="AnchorReserving", message=message, retry_after=RESERVING), changes)
