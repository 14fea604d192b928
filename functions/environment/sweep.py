"""The sweep: what has outlived its lease is asked to be torn down, and what soon will have is warned of.

It lists the anchors once and changes nothing but the note of a warning. A teardown is a request like any other, one
for each environment; it carries the lease's end and the claim that were seen here, and its own claim looks again. A
teardown that died is asked for again, whatever the lease says; one that lives is left to it. An environment whose
deploy died keeps its anchor until its lease ends: a person may want to look at it.
"""

from __future__ import annotations

from functions.environment.lease import Lease
from functions.environment.observed_request import ObservedRequest
from shared.anchor import Anchor
from shared.google.pubsub import Publication
from shared.step.outcome import Decision, Done


def sweep(observed: ObservedRequest, now: float) -> Decision:
    """One request for each environment whose time is over, one warning for each whose end is near."""
    ours = sorted((each for each in observed.anchors if each.is_ours), key=lambda each: each.name)
    over = [each for each in ours if _is_over(observed, each, now)]
    leases = [lease for each in ours if not each.is_going and (lease := Lease.of(each))]
    near = [lease for lease in leases if lease.is_to_be_warned_of(now)]
    swept = {"environments": len(ours), "tornDown": [each.name for each in over]}
    return Decision(
        Done(outputs=observed.outputs(swept=swept)),
        [lease.warning(observed, now) for lease in near],
        publications=[_teardown(observed, each) for each in over],
    )


def _is_over(observed: ObservedRequest, each: Anchor, now: float) -> bool:
    if each.is_going:
        return not observed.is_at_work(each)
    lease = Lease.of(each)
    return lease is not None and lease.is_over(now)


def _teardown(observed: ObservedRequest, each: Anchor) -> Publication:
    request = {"action": "teardown", "name": each.name, "generation": each.generation}
    lease = {} if each.expires is None else {"expires": each.expires}
    return Publication(observed.settings.requests_topic, request | lease, {})
