"""Clusters on their way out: every one that bears our label, side by side, and their memberships with them.

GKE unregisters a cluster of its own fleet when it is deleted, and has been seen to fail at it [reported:
terraform-google-enterprise-application's list of errors to retry]. What ties a membership to us is its cluster,
so a membership that is still READY while its cluster is STOPPING is removed by us, before that tie is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shared import labels
from shared.google.compute import unix
from shared.google.container import Cluster, deletions
from shared.google.container_writes import delete_cluster
from shared.google.gkehub import Membership, member_key, memberships
from shared.google.gkehub_writes import delete_membership
from shared.step.estimate import remaining
from shared.step.legacy import LegacyChange as Change
from shared.step.outcome import Decision, Done, Waiting
from shared.step.step import Context

CREATED, DELETED, UNREGISTERED = 300.0, 380.0, 20.0  # typical seconds [observed]


@dataclass(frozen=True)
class Leaving:
    """What is still there. `members` are the memberships that are ours by their cluster or by label.

    `since` is when the deletion of a cluster began, unix seconds, by name and location.
    """

    clusters: Sequence[Cluster]
    members: Sequence[Membership] = ()
    since: Mapping[tuple[str, str], float] = field(default_factory=dict)


def leaving(context: Context, project: str, found: Sequence[Cluster], ours: Sequence[Cluster]) -> Leaving:
    """These clusters of `found`, and the memberships that are theirs."""
    session = context.session
    others = {each.path for each in found if each not in ours}
    paths, keys = {each.path for each in ours}, {member_key(each.membership) for each in ours}
    members = [
        each
        for each in memberships(session, project).values()
        if each.cluster in paths
        or each.key in keys
        or (labels.is_owned(each.labels, context.name) and each.cluster not in others)
    ]
    stopping = any(each.status == "STOPPING" for each in ours)
    return Leaving(ours, members, deletions(session, project) if stopping else {})


def decide(seen: Leaving, now: float) -> Decision:
    """What to delete, and how long that usually takes."""
    if not seen.clusters and not seen.members:
        return Decision(Done())
    changes = [*_clusters_to_delete(seen), *_members_to_delete(seen)]
    return Decision(_wait(seen, now), changes)


def act(context: Context, change: Change) -> None:
    """Begin one deletion."""
    if "/memberships/" in change.resource:
        delete_membership(context.session, change.resource)
    else:
        delete_cluster(context.session, change.resource)


def _clusters_to_delete(seen: Leaving) -> Iterator[Change]:
    """One in ERROR can be deleted, one that is being created cannot [observed: incompatible operation]."""
    for each in seen.clusters:
        if each.status not in ("STOPPING", "PROVISIONING"):
            yield Change("delete", each.path)


def _members_to_delete(seen: Leaving) -> Iterator[Change]:
    staying = [each for each in seen.clusters if each.status != "STOPPING"]
    paths, keys = {each.path for each in staying}, {member_key(each.membership) for each in staying}
    for each in seen.members:
        if each.ready and each.cluster not in paths and each.key not in keys:
            yield Change("delete", each.path)


def _wait(seen: Leaving, now: float) -> Waiting:
    """A cluster that is not there yet has to be deleted as soon as it is; else the last one counts."""
    if coming := [each for each in seen.clusters if each.status == "PROVISIONING"]:
        seconds = min(
            remaining(now, unix(each.created) if each.created else None, CREATED) for each in coming
        )
        message = f"{_names(coming)}: can be deleted once created"
        return Waiting(reason="ClusterProvisioning", message=message, retry_after=seconds)
    if seen.clusters:
        begun = (seen.since.get(each.key) for each in seen.clusters)
        seconds = max(remaining(now, since, DELETED) for since in begun)
        message = f"{_names(seen.clusters)}: being deleted"
        return Waiting(reason="ClusterStopping", message=message, retry_after=seconds)
    names = ", ".join(sorted(each.path.rpartition("/")[2] for each in seen.members))
    seconds = remaining(now, None, UNREGISTERED)
    return Waiting(reason="MembershipDeleting", message=f"{names}: leaving the fleet", retry_after=seconds)


def _names(found: Sequence[Cluster]) -> str:
    return ", ".join(sorted(each.name for each in found))
