"""The sweep: requests a teardown for each environment whose lease has ended, and warns before a lease ends.

It lists the anchors, and writes nothing but the label of a warning. It takes tombstones away that are old enough. The
teardown is an ordinary request. It carries the lease's end and the generation that the sweep read, and its own claim
checks them again. A teardown whose execution has ended too early is requested again, whatever the lease says; so is one
that a deploy interrupted which was then not accepted. A running one is left alone. An environment
whose deploy has ended too early keeps its anchor until the lease ends: a person may want to inspect it. A deploy that
is being checked may move the lease, so its environment is left alone until it is accepted or has ended. But if a deploy
has ended between the creation of its anchor and the labels, the anchor is all there is, and it goes. If the anchor has
had labels, somebody has taken them off, and the environment may stand: it is left alone.
"""

from __future__ import annotations

from functions.environment.acquire import RELEASING
from functions.environment.lease import Lease
from functions.environment.observed_request import ObservedRequest
from functions.environment.tombstones import to_delete, to_retire
from shared.anchor import Anchor
from shared.google import compute
from shared.google.pubsub import Publication
from shared.json_types import JsonValue
from shared.step.outcome import Decision, Done, Waiting

CLAIMED = 86400.0  # seconds after its creation by when an anchor has labels, or a sweep has found it without


def sweep(observed: ObservedRequest, now: float) -> Decision:
    """One teardown request for each environment whose lease is over, one warning for each whose end is near."""
    if old := to_retire(observed, now, final=False):
        return Decision(None, old)
    standing = observed.environments
    over = [each for each in standing if _is_over(observed, each, now)]
    staying = [
        each for each in standing if not each.is_being_removed and not _is_being_checked(observed, each)
    ]
    leases = [lease for each in staying if (lease := Lease.of(each))]
    near = [
        lease for lease in leases if lease.needs_warning(now) and lease.found.path not in observed.declined
    ]
    swept = {"environments": len(standing), "tornDown": [each.name for each in over]}
    return Decision(
        Done(outputs=observed.outputs(swept=swept)),
        [*to_delete(observed, final=False), *(lease.warning(observed, now) for lease in near)],
        publications=[_teardown(observed, each) for each in over],
    )


def final_sweep(observed: ObservedRequest, now: float) -> Decision:
    """Take every tombstone away, at once, and nothing else: Fleetgate itself is about to be removed."""
    if left := to_retire(observed, now, final=True):
        return Decision(None, left)
    if retired := to_delete(observed, final=True):
        message = f"{len(retired)} tombstones are being released"
        return Decision(Waiting(reason="AnchorReleasing", message=message, retry_after=RELEASING), retired)
    swept = {"environments": len(observed.environments), "tornDown": []}
    return Decision(Done(outputs=observed.outputs(swept=swept)))


def _is_over(observed: ObservedRequest, each: Anchor, now: float) -> bool:
    if each.needs_its_execution:
        return not observed.is_at_work(each) and not _was_stripped(observed, each, now)
    lease = Lease.of(each)
    return lease is not None and lease.is_over(now) and not _is_being_checked(observed, each)


def _is_being_checked(observed: ObservedRequest, each: Anchor) -> bool:
    """Whether a deploy is about to move the lease, unless it is refused."""
    return not each.is_accepted and observed.is_at_work(each)


def _was_stripped(observed: ObservedRequest, each: Anchor, now: float) -> bool:
    """Whether somebody must have taken labels off an anchor: what it stands for may be there, and is left alone.

    A claim writes all labels at once, and no step is asked before it has. So some of the labels, or an execution that
    went on to its steps, show that there were all; and so does the anchor's age.
    """
    if each.is_labelled or each.is_being_removed:
        return False
    age = now - compute.unix(each.created)
    return each.has_lost_labels or each.execution in observed.went_on or age > CLAIMED


def _teardown(observed: ObservedRequest, each: Anchor) -> Publication:
    request: dict[str, JsonValue] = {"action": "teardown", "name": each.name, "generation": each.generation}
    lease: dict[str, JsonValue] = {} if each.expires is None else {"expires": each.expires}
    return Publication(observed.settings.requests_topic, request | lease, {})
