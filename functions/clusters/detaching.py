"""Clusters of ours that go while multi-cluster Services stay: deleted once nothing in them reaches outside them.

They are those that a changed spec no longer names, or at a teardown all, if other people use that feature too.

The service export step withdraws what they export; their endpoint groups can only be removed by their own
controllers [observed], and so can the load balancer of a Gateway. So a cluster goes when none of these is in it.
It leaves the fleet before, because multi-cluster Services leave their firewall rule behind if it does not [reported:
terraform-google-kubernetes-engine#49]; while the cluster is there, that rule is known to be its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from functions.clusters import removal as cluster_removal
from functions.clusters.removal import Leaving
from shared import labels
from shared.google import compute
from shared.google.cluster_reader import NEG, ClusterReader
from shared.google.container import Cluster, clusters
from shared.google.container_writes import update_cluster
from shared.google.gkehub import MCS, features
from shared.google.session import Session
from shared.step.estimate import remaining
from shared.step.legacy import LegacyChange as Change
from shared.step.outcome import Blocked, Decision, Waiting
from shared.step.step import Context

OUT_OF_FLEET = {"desired_fleet": {"project": ""}}  # [documented: --clear-fleet-project]
HOLDING = ("Gateway", "ServiceExport", NEG)
# Typical seconds until exports and their endpoint groups are gone, and a cluster is out of the fleet [inferred].
WITHDRAWN, LOOSENED = 90.0, 60.0


@dataclass(frozen=True)
class Departing:
    """Clusters on their way out. `held` tells what is still in one that serves, by the cluster's full name;
    `firewalls` the rules that multi-cluster Services made for one; `going` which of these are being deleted."""

    leaving: Leaving = field(default_factory=lambda: Leaving(()))
    held: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    firewalls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    going: frozenset[str] = frozenset()

    @property
    def gateways(self) -> list[str]:
        """The Gateways among what is held."""
        return [each for held in self.held.values() for each in held if each.startswith("Gateway ")]


def observe(context: Context, every: Sequence[Cluster]) -> Departing:
    """Those of `every` that bear our label and are not wanted; and if there are any, what is in them."""
    wanted, session = context.wanted, context.session
    places = {(each.name, each.location) for each in wanted.clusters}
    names = {each.name for each in wanted.clusters}
    ours = [
        each
        for each in every
        if labels.is_owned(each.labels, wanted.name)
        and each.key not in places
        and (each.name not in names or each.status == "STOPPING")
    ]
    if not ours:
        return Departing()
    held = {each.path: _held(ClusterReader(session, each), each.name) for each in ours if each.is_reachable}
    leaving = cluster_removal.leaving(context, wanted.project, every, ours)
    return _departing(session, leaving, held, wanted.project, wanted.network)


def observe_all(context: Context) -> Departing | Leaving:
    """Every cluster of an environment that is torn down, and its memberships, by mark alone.

    The steps before have seen to what is in them, and to multi-cluster Services unless others need them.
    """
    session, place = context.session, context.place
    every = clusters(session, place.project)
    ours = [each for each in every if labels.is_owned(each.labels, context.name)]
    leaving = cluster_removal.leaving(context, place.project, every, ours)
    if not any(each.serves for each in ours) or MCS not in features(session, place.project):
        return leaving
    return _departing(session, leaving, {}, place.project, place.network)


def _departing(
    session: Session, leaving: Leaving, held: Mapping[str, tuple[str, ...]], project: str, network: str
) -> Departing:
    firewalls = _firewalls(session, project, network, leaving.clusters)
    pending = compute.deletions(session, project) if any(firewalls.values()) else []
    going = frozenset(compute.path_of(each["targetLink"]) for each in pending if "targetLink" in each)
    return Departing(leaving, held, firewalls, going)


def decide(seen: Departing, now: float) -> Decision:
    """Delete what is empty; wait for what is not; stop where only a person knows better."""
    if seen.gateways:
        return Decision(
            Blocked(
                code="CLUSTER_IN_USE",
                cause=f"The spec leaves out a cluster that has a Gateway: {', '.join(seen.gateways)}."
                " Deleted with it, its load balancer would stay behind.",
                fix="Delete that Gateway first, or put the cluster back into the spec.",
            )
        )
    leaving = seen.leaving
    bound = {each.path: why for each in leaving.clusters if (why := _bonds(seen, each))}
    free = Leaving(
        [each for each in leaving.clusters if each.path not in bound],
        [each for each in leaving.members if each.cluster not in bound],
        leaving.since,
    )
    decision = cluster_removal.decide(free, now)
    if not bound:
        return decision
    loosened = [change for each in leaving.clusters for change in _loosened(seen, each)]
    later = [Change("delete", path) for path in bound]
    text = f"clusters that go are not free yet: {'; '.join(bound.values())}"
    seconds = remaining(now, None, LOOSENED if loosened else WITHDRAWN)
    wait = Waiting(reason="ClusterInUse", message=text, retry_after=seconds)
    return Decision(wait, [*decision.changes, *loosened], later)


def act(context: Context, change: Change) -> None:
    """Begin to take a cluster out of the fleet, or to delete a cluster, membership or firewall rule."""
    if change.verb == "update":
        update_cluster(context.session, change.resource, change.body)
    elif "/firewalls/" in change.resource:
        compute.delete_firewall(context.session, change.resource)
    else:
        cluster_removal.act(context, change)


def _bonds(seen: Departing, each: Cluster) -> str:
    """What must go before a cluster can; one that does not serve has nobody who would let it go."""
    if not each.serves:
        return ""
    if held := seen.held.get(each.path):
        return ", ".join(held)
    if each.fleet_project:
        return f"{each.name} is in the fleet"
    return ", ".join(seen.firewalls.get(each.path, ()))


def _loosened(seen: Departing, each: Cluster) -> Iterator[Change]:
    """The next thing to begin for a cluster in which nothing is left."""
    if not each.serves or seen.held.get(each.path):
        return
    if each.fleet_project:
        if each.status == "RUNNING":
            yield Change("update", each.path, "fleet", each.fleet_project, None, OUT_OF_FLEET)
        return
    for path in seen.firewalls.get(each.path, ()):
        if path not in seen.going:
            yield Change("delete", path)


def _firewalls(
    session: Session, project: str, network: str, ours: Sequence[Cluster]
) -> dict[str, tuple[str, ...]]:
    """The rules of multi-cluster Services, by cluster: `gke-<cluster>-<8 characters>-mcsd` [observed]."""
    theirs = f"projects/{project}/global/networks/{network}"
    rules = [
        each for each in compute.firewalls(session, project) if compute.path_of(each["network"]) == theirs
    ]
    return {
        cluster.path: tuple(
            compute.path_of(each["selfLink"])
            for each in rules
            if re.fullmatch(rf"gke-{re.escape(cluster.name)}-[0-9a-z]{{8}}-mcsd", each["name"])
        )
        for cluster in ours
    }


def _held(cluster: ClusterReader, name: str) -> tuple[str, ...]:
    """What in a cluster makes something outside it, whoever made that."""
    found = ((kind, each["metadata"]) for kind in HOLDING for each in cluster.everywhere(kind) or ())
    return tuple(f"{kind} {meta.get('namespace', '')}/{meta['name']} in {name}" for kind, meta in found)
