"""Clusters: side by side, each with what a multi-cluster Gateway needs, in the fleet from birth.

Needed are the Gateway API channel, a workload pool (the MCS importer's identity), the fleet project and
VPC-native addressing [documented, preparing for multi-cluster Gateways]; the DNS endpoint is how the other
steps reach a cluster without a VPC of their own. What is ours is brought up to that, one operation at a
time, because GKE runs one per cluster; what exists already is checked and never changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from functions.clusters import detaching as departure
from functions.clusters import removal as cluster_removal
from functions.clusters.detaching import Departing
from functions.clusters.fitness import creation, trouble, updates
from functions.clusters.removal import Leaving
from shared.google import container, projects
from shared.google.compute import unix
from shared.google.container_writes import create_cluster, resize_pool, update_cluster, update_pool
from shared.google.session import Session
from shared.step.estimate import remaining
from shared.step.legacy import LegacyChange as Change
from shared.step.legacy import LegacyStep
from shared.step.outcome import Decision, Waiting
from shared.step.step import Context

if TYPE_CHECKING:
    from shared.spec import Cluster, Environment

Found = Mapping[str, list[container.Cluster]]  # by name: names are unique in a location, not in a project

TYPICAL = 300.0  # seconds until a new cluster is RUNNING [observed: 2½ to 6 minutes]
TYPICAL_UPDATE, UPDATE_LEFT = 90.0, 15.0  # of an update, and of one that was begun before [inferred]
NEW_NODES, NODES_LEFT = 360.0, 60.0  # the same where every node is replaced, one after the other [inferred]
DELETION_LEFT = 60.0  # of a deletion, which takes six minutes and began who knows when [observed]

TEXTS = {
    "ClusterProvisioning": "waiting for {names} to be RUNNING",
    "ClusterUpdating": "{names}: an update is under way",
    "ClusterStopping": "{names}: the one before is still being deleted",
}


@dataclass(frozen=True)
class Plan:
    """What one cluster needs: changes in order, and why the next look must wait (a key of `TEXTS`).

    The first of `changes` can start now if `idle`, the others never before it is done.
    """

    name: str
    changes: list[Change]
    idle: bool
    reason: str
    seconds: float

    @property
    def done(self) -> bool:
        """Whether there is nothing to do and nothing under way."""
        return self.idle and not self.changes


@dataclass(frozen=True)
class Seen:
    """The project's clusters that bear a name of the environment's, and those of ours that the spec left out."""

    found: Found
    departing: Departing = field(default_factory=Departing)


def observe(context: Context) -> Seen | Departing | Leaving:
    """What there is of the environment's clusters."""
    if context.message.mode == "destroy":
        return departure.observe_all(context)
    session, wanted = context.session, context.wanted
    names = {cluster.name for cluster in wanted.clusters}
    found: dict[str, list[container.Cluster]] = {}
    every = list(_by_project_id(session, wanted.project, container.clusters(session, wanted.project)))
    for each in every:
        if each.name in names:
            found.setdefault(each.name, []).append(each)
    return Seen(found, departure.observe(context, every))


def decide(wanted: Environment | None, seen: Seen | Departing | Leaving, now: float) -> Decision:
    """Clusters to create, and the next update of each that is ours and not as wanted."""
    if isinstance(seen, Leaving):
        return cluster_removal.decide(seen, now)
    if isinstance(seen, Departing):
        return departure.decide(seen, now)
    assert wanted is not None, "only what is leaving is not wanted"
    for cluster in wanted.clusters:
        if stop := trouble(wanted, cluster, seen.found.get(cluster.name, [])):
            return Decision(stop)
    plans = [_plan(wanted, cluster, seen.found, now) for cluster in wanted.clusters]
    if all(plan.done for plan in plans):
        return departure.decide(seen.departing, now)
    ready = [change for plan in plans if plan.idle for change in plan.changes[:1]]
    later = [change for plan in plans for change in plan.changes if change not in ready]
    return Decision(_wait([plan for plan in plans if not plan.done], bool(later)), ready, later)


def act(context: Context, change: Change) -> None:
    """Begin one change."""
    body = change.body
    if change.verb == "delete" or change.body == departure.OUT_OF_FLEET:
        departure.act(context, change)
    elif change.verb == "create":
        create_cluster(context.session, context.wanted.project, body["location"], body["cluster"])
    elif "node_count" in body:
        resize_pool(context.session, change.resource, body["node_count"])
    elif "/nodePools/" in change.resource:
        update_pool(context.session, change.resource, body)
    else:
        update_cluster(context.session, change.resource, body)


CLUSTERS = LegacyStep("clusters", observe, decide, act, frozenset({"check", "apply", "destroy"}))


def _by_project_id(
    session: Session, project: str, found: list[container.Cluster]
) -> Iterator[container.Cluster]:
    """A fleet may be named by its project's number as well as by its id [documented, Fleet.project]."""
    numbered = any(each.fleet_project.isdigit() for each in found)
    number = projects.number(session, project) if numbered else ""
    for each in found:
        yield replace(each, fleet_project=project) if number and each.fleet_project == number else each


def _plan(wanted: Environment, cluster: Cluster, seen: Found, now: float) -> Plan:
    here = next((each for each in seen.get(cluster.name, []) if each.location == cluster.location), None)
    if here is None:
        seconds = remaining(now, None, TYPICAL, first=1.0)
        return Plan(cluster.name, [creation(wanted, cluster)], True, "ClusterProvisioning", seconds)
    if here.status == "STOPPING":
        return Plan(cluster.name, [creation(wanted, cluster)], False, "ClusterStopping", DELETION_LEFT)
    changes = [] if cluster.existing else list(updates(wanted, cluster, here))
    slow = any(_replaces_nodes(each) for each in changes[:1])
    if here.status == "RUNNING":
        seconds = remaining(now, None, NEW_NODES if slow else TYPICAL_UPDATE)
        return Plan(cluster.name, changes, True, "ClusterUpdating", seconds)
    if here.status == "PROVISIONING" and here.created:
        seconds = remaining(now, unix(here.created), TYPICAL, first=1.0)
        return Plan(cluster.name, changes, False, "ClusterProvisioning", seconds)
    return Plan(cluster.name, changes, False, "ClusterUpdating", NODES_LEFT if slow else UPDATE_LEFT)


def _replaces_nodes(change: Change) -> bool:
    return "/nodePools/" in change.resource and change.field != "nodeCount"


def _wait(open_plans: list[Plan], more: bool) -> Waiting:
    """For what something else waits for, the next look is the first that is due; else the last.

    The other steps watch the clusters they need by themselves.
    """
    pick = min if more else max
    chosen = pick(open_plans, key=lambda plan: plan.seconds)
    names = ", ".join(sorted(plan.name for plan in open_plans if plan.reason == chosen.reason))
    message = TEXTS[chosen.reason].format(names=names)
    return Waiting(reason=chosen.reason, message=message, retry_after=chosen.seconds)
