"""Detaches clusters of ours that go while multi-cluster Services stay, and deletes each once nothing is left to undo.

They are those that a changed spec no longer names, or at a teardown all, if other people use that feature too.

The service export step withdraws what they export; their endpoint groups can only be removed by their own
controllers [observed], and so can the load balancer of a Gateway. So a cluster goes when none of these is in it.
It leaves the fleet before, because multi-cluster Services leave their firewall rule behind if it does not [reported:
terraform-google-kubernetes-engine#49]; while the cluster is there, that rule is known to be its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from functions.clusters import deletion
from functions.clusters.attachments import Attachments, ClustersToRemove
from functions.clusters.changes import DeleteCluster, DeleteFirewall, DetachFromFleet
from shared.google.container import Cluster
from shared.step.change import Change
from shared.step.estimate import remaining
from shared.step.outcome import Blocked, Decision, Waiting

# Typical seconds until exports and their endpoint groups are gone, and a cluster is out of the fleet [inferred].
WITHDRAWN, DETACHED = 90.0, 60.0


@dataclass(frozen=True)
class Blocker:
    """What has to go before a cluster, in words, and the changes that can begin to remove it."""

    text: str
    changes: Sequence[Change] = ()


def decide(observed: ClustersToRemove, now: float) -> Decision:
    """Delete what is detached; wait for what is not; stop where only a person knows better."""
    if gateways := _gateways(observed):
        return Decision(
            Blocked(
                code="CLUSTER_IN_USE",
                cause=f"The spec leaves out a cluster that has a Gateway: {', '.join(gateways)}."
                " Deleted with it, its load balancer would stay behind.",
                fix="Delete that Gateway first, or put the cluster back into the spec.",
            )
        )
    blockers = {each.path: found for each in observed.clusters if (found := _blocker(observed, each))}
    decision = deletion.decide(observed.without(blockers), now)
    if not blockers:
        return decision
    detaching = [change for each in blockers.values() for change in each.changes]
    later = [DeleteCluster(path) for path in blockers]
    return Decision(_wait(list(blockers.values()), now), [*decision.changes, *detaching], later)


def _gateways(observed: ClustersToRemove) -> list[str]:
    """The Gateways in clusters that go."""
    held = (each for one in observed.attachments.values() for each in one.contents)
    return [str(each) for each in held if each.kind == "Gateway"]


def _blocker(observed: ClustersToRemove, cluster: Cluster) -> Blocker | None:
    """The first thing that has to go before it; in one that does not serve, nobody would let anything go."""
    attached = observed.attachments.get(cluster.path)
    if attached is None or not cluster.serves:
        return None
    found = (find(cluster, attached) for find in BLOCKERS)
    return next(filter(None, found), None)


def _contents(_cluster: Cluster, attached: Attachments) -> Blocker | None:
    return Blocker(", ".join(map(str, attached.contents))) if attached.contents else None


def _fleet(cluster: Cluster, attached: Attachments) -> Blocker | None:
    if not cluster.fleet_project or not attached.is_in_fleet:
        return None
    idle = cluster.status == "RUNNING"  # GKE runs one operation per cluster
    changes = [DetachFromFleet(cluster.path, cluster.fleet_project)] if idle else []
    return Blocker(f"{cluster.name} is in the fleet", changes)


def _firewalls(_cluster: Cluster, attached: Attachments) -> Blocker | None:
    rules = attached.firewalls
    changes = [DeleteFirewall(each.path) for each in rules if not each.going]
    return Blocker(", ".join(each.path for each in rules), changes) if rules else None


# One after the other: each is looked at once the one before is seen gone.
BLOCKERS = (_contents, _fleet, _firewalls)


def _wait(blockers: Sequence[Blocker], now: float) -> Waiting:
    text = f"clusters that go are not free yet: {'; '.join(each.text for each in blockers)}"
    begun = any(each.changes for each in blockers)
    seconds = remaining(now, None, DETACHED if begun else WITHDRAWN)
    return Waiting(reason="ClusterInUse", message=text, retry_after=seconds)
