"""Deletes clusters that nothing holds, side by side, and their memberships with them.

GKE unregisters a cluster of its own fleet when it is deleted, and has been seen to fail at it [reported:
terraform-google-enterprise-application's list of errors to retry]. What ties a membership to us is its cluster,
so a membership that is still READY while its cluster is STOPPING is removed by us, before that tie is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from functions.clusters.attachments import ClustersToRemove
from functions.clusters.changes import DeleteCluster
from shared.changes.memberships import DeleteMembership
from shared.google.compute import unix
from shared.google.container import Cluster
from shared.google.gkehub import member_key
from shared.step.estimate import remaining
from shared.step.outcome import Decision, Done, Waiting

CREATED, DELETED, UNREGISTERED = 300.0, 380.0, 20.0  # typical seconds [observed]


def decide(observed: ClustersToRemove, now: float) -> Decision:
    """What to delete, and how long that usually takes."""
    if not observed.clusters and not observed.memberships:
        return Decision(Done())
    return Decision(_wait(observed, now), [*_clusters(observed), *_memberships(observed)])


def _clusters(observed: ClustersToRemove) -> Iterator[DeleteCluster]:
    """One in ERROR can be deleted, one that is being created cannot [observed: incompatible operation]."""
    for each in observed.clusters:
        if each.status not in ("STOPPING", "PROVISIONING"):
            yield DeleteCluster(each.path)


def _memberships(observed: ClustersToRemove) -> Iterator[DeleteMembership]:
    """Those that GKE will not remove, because their clusters are STOPPING or gone."""
    staying = [each for each in observed.clusters if each.status != "STOPPING"]
    paths, keys = {each.path for each in staying}, {member_key(each.membership) for each in staying}
    for each in observed.memberships:
        if each.ready and each.cluster not in paths and each.key not in keys:
            yield DeleteMembership(each.path)


def _wait(observed: ClustersToRemove, now: float) -> Waiting:
    """A cluster that is not there yet has to be deleted as soon as it is; else the last one counts."""
    if coming := [each for each in observed.clusters if each.status == "PROVISIONING"]:
        return _wait_for_creation(coming, now)
    if observed.clusters:
        begun = (observed.since.get(each.key) for each in observed.clusters)
        seconds = max(remaining(now, since, DELETED) for since in begun)
        message = f"{_names(observed.clusters)}: being deleted"
        return Waiting(reason="ClusterStopping", message=message, retry_after=seconds)
    names = ", ".join(sorted(each.path.rpartition("/")[2] for each in observed.memberships))
    seconds = remaining(now, None, UNREGISTERED)
    return Waiting(reason="MembershipDeleting", message=f"{names}: leaving the fleet", retry_after=seconds)


def _wait_for_creation(coming: Sequence[Cluster], now: float) -> Waiting:
    begun = (unix(each.created) if each.created else None for each in coming)
    seconds = min(remaining(now, since, CREATED) for since in begun)
    message = f"{_names(coming)}: can be deleted once created"
    return Waiting(reason="ClusterProvisioning", message=message, retry_after=seconds)


def _names(found: Sequence[Cluster]) -> str:
    return ", ".join(sorted(each.name for each in found))
