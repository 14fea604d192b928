"""Clusters: side by side, each with what a multi-cluster Gateway needs, in the fleet from birth.

Needed are the Gateway API channel, a workload pool (the MCS importer's identity), the fleet project and
VPC-native addressing [documented, preparing for multi-cluster Gateways]; the DNS endpoint is how the other
steps reach a cluster without a VPC of their own. What is ours is brought up to that, one operation at a
time, because GKE runs one per cluster; what exists already is checked and never changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.clusters import detaching
from functions.clusters.blockers import blocker
from functions.clusters.changes import UpdatePool
from functions.clusters.fitness import creation, updates
from functions.clusters.observed import ObservedClusters, observe
from functions.clusters.reckoning import refusal
from shared.google.compute import unix
from shared.step.change import Change
from shared.step.estimate import LONGEST, remaining
from shared.step.outcome import Decision, Waiting
from shared.step.step import SpecStep

if TYPE_CHECKING:
    from shared.spec import Cluster, Environment

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
    changes: Sequence[Change]
    idle: bool
    reason: str
    seconds: float

    @property
    def done(self) -> bool:
        """Whether there is nothing to do and nothing under way."""
        return self.idle and not self.changes

    @property
    def ready(self) -> Sequence[Change]:
        """The change that can start now, if any."""
        return self.changes[:1] if self.idle else ()

    @property
    def later(self) -> Sequence[Change]:
        """The changes that cannot."""
        return self.changes[len(self.ready) :]


def decide(wanted: Environment, observed: ObservedClusters, now: float) -> Decision:
    """Clusters to create, and the next update of each that is ours and not as wanted; then those that go."""
    if stop := blocker(wanted, observed) or refusal(wanted, observed):
        return Decision(stop)
    plans = [_plan(wanted, cluster, observed, now) for cluster in wanted.clusters]
    unfinished = [plan for plan in plans if not plan.done]
    if not unfinished:
        return detaching.decide(observed.left_out, now)
    ready = [change for plan in plans for change in plan.ready]
    later = [change for plan in plans for change in plan.later]
    return Decision(_wait(unfinished, bool(later)), ready, later)


CLUSTERS = SpecStep("clusters", observe, decide)


def _plan(wanted: Environment, cluster: Cluster, observed: ObservedClusters, now: float) -> Plan:
    name, there = cluster.name, observed.at(cluster)
    if there is None:
        seconds = remaining(now, None, TYPICAL, first=1.0)
        return Plan(name, [creation(wanted, cluster)], True, "ClusterProvisioning", seconds)
    if there.status == "STOPPING":
        return Plan(name, [creation(wanted, cluster)], False, "ClusterStopping", DELETION_LEFT)
    changes = [] if cluster.existing else list(updates(wanted, cluster, there))
    slow = isinstance(next(iter(changes), None), UpdatePool)  # it replaces every node
    if there.status == "RUNNING":
        seconds = remaining(now, None, NEW_NODES if slow else TYPICAL_UPDATE)
        return Plan(name, changes, True, "ClusterUpdating", seconds)
    if there.status == "PROVISIONING" and there.created:
        seconds = remaining(now, unix(there.created), TYPICAL, first=1.0)
        return Plan(name, changes, False, "ClusterProvisioning", seconds)
    return Plan(name, changes, False, "ClusterUpdating", NODES_LEFT if slow else UPDATE_LEFT)


def _wait(unfinished: Sequence[Plan], more: bool) -> Waiting:
    """For what something else waits for, the next look is the first that is due; else the last.

    The other steps watch the clusters they need by themselves, so new ones are looked for seldom here.
    """
    pick = min if more else max
    chosen = pick(unfinished, key=lambda plan: plan.seconds)
    names = ", ".join(sorted(plan.name for plan in unfinished if plan.reason == chosen.reason))
    message = TEXTS[chosen.reason].format(names=names)
    seconds = (
        chosen.seconds if more or chosen.reason != "ClusterProvisioning" else max(chosen.seconds, LONGEST)
    )
    return Waiting(reason=chosen.reason, message=message, retry_after=seconds)
