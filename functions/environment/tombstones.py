"""Tombstones: what stays of an environment's anchor when the environment has ended, and for how long.

A tombstone bears the generation of the claim that ended. A copy of an older request, which may come late, finds a newer
claim and changes nothing. A newer claim takes the tombstone over. It says nothing of project, network or lease: it is
nobody's rival, and the next life of the environment may be elsewhere.

A sweep takes old ones away. It first retires them by compare-and-swap, so that no claim takes them over any more, and
then deletes them. A final sweep, before Fleetgate itself is removed, takes all of them at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from functions.environment.changes import DeleteAnchor, RelabelAnchor, RetireAnchor
from functions.environment.last_accepted import without_unaccepted
from functions.environment.observed_request import ObservedRequest
from shared import labels
from shared.anchor import CLAIM, TEARDOWN, TOMBSTONE, Anchor
from shared.step.change import Change

# Seconds after its publication in which a request is served; who comes later is told to publish it again. As a rule
# delivery takes less than a second, and some minutes on a bad day; who has waited an hour does not wait any more.
LATE = 3600
# A tombstone outlasts every request that is older than the claim that ended, also by clocks that differ: publication,
# endings and sweeps are dated by different servers, the latter two in whole seconds.
KEPT = LATE + 300


def bury(found: Anchor, now: float) -> RelabelAnchor:
    """Leave an anchor as a tombstone, at `now` (unix seconds)."""
    bare = {
        labels.OWNER: found.name,
        labels.GENERATION: found.generation,
        labels.EXECUTION: found.execution,
        labels.ACTION: TOMBSTONE,
        labels.ENDED: str(int(now)),
    }
    return RelabelAnchor(found, labels.not_ours(found.labels) | bare)


def give_back(found: Anchor) -> RelabelAnchor:
    """Leave an anchor to the teardown that was under way, which the next sweep asks for again."""
    values = without_unaccepted(found) | {labels.ACTION: TEARDOWN}
    if found.action == CLAIM:  # its fleet is only the one that the deploy wanted
        values.pop(labels.PROJECT, None)
    return RelabelAnchor(found, values)


def to_retire(observed: ObservedRequest, now: float, *, final: bool) -> Sequence[Change]:
    """Retire the tombstones that no request can be too late for; all of them in a `final` sweep."""
    tombstones = [each for each in _ended(observed, final) if each.is_tombstone]
    return [RetireAnchor(each) for each in tombstones if final or now - each.ended > KEPT]


def to_delete(observed: ObservedRequest, *, final: bool) -> Sequence[Change]:
    """Delete the anchors that are retired: by this sweep or another, or by an earlier release."""
    return [DeleteAnchor(each, not final) for each in _ended(observed, final) if each.is_retired]


def _ended(observed: ObservedRequest, final: bool) -> list[Anchor]:
    """The anchors of no environment; what could not be changed in this call is left to the next sweep, if any."""
    ended = [each for each in observed.anchors if each.is_ours and not each.stands]
    return [each for each in ended if final or each.path not in observed.declined]
