"""What only a person can mend about clusters, said before anything is made: names that are taken, what is broken,
what cannot be changed, and what a cluster that existed before lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from functions.clusters.fitness import DNS, required_updates
from functions.clusters.observed import ObservedClusters
from shared import labels
from shared.cluster_remedies import next_step
from shared.google import container
from shared.google.cluster_endpoint import PRIVATE, RESTRICTED, enabling_command
from shared.step.outcome import Blocked

if TYPE_CHECKING:
    from shared.spec import Cluster, Environment

DEFAULT_ACCOUNT = "-compute@developer.gserviceaccount.com"  # shown as `default` [observed]

# What gives a cluster a field that it lacks [documented, gcloud container clusters update].
FLAGS = {
    "workloadIdentityConfig": "--workload-pool={project}.svc.id.goog",
    "gatewayApiConfig": "--gateway-api=standard",
    DNS: "--enable-dns-access",
    "fleet": "--enable-fleet",
}


def blocker(wanted: Environment, observed: ObservedClusters) -> Blocked | None:
    """What a person must mend before anything is made, of the first cluster with such a fault."""
    found = (_blocker(wanted, cluster, observed) for cluster in wanted.clusters)
    return next(filter(None, found), None)


def _blocker(wanted: Environment, cluster: Cluster, observed: ObservedClusters) -> Blocked | None:
    there = observed.at(cluster)
    if cluster.existing:
        return _unfit(wanted, cluster, there)
    if there is None:
        return _elsewhere(wanted, cluster, observed.named(cluster.name))
    if there.status == "STOPPING":
        return None  # whoever's it was, its name will be free
    if not labels.is_owned(there.labels, wanted.name):
        return Blocked(
            code="CLUSTER_FOREIGN",
            cause=f"{there.path} exists and is not this environment's.",
            fix="Choose another name, or set `existing: true` on it to use it as it is.",
        )
    delete = f"gcloud container clusters delete {_place(wanted, there)}, then {next_step(there.complaints)}."
    return (
        _broken(there, delete)
        or _misplaced(wanted, there)
        or _of_another_mode(cluster, there)
        or _of_another_account(cluster, there)
        or _in_other_ranges(cluster, there)
    )


def _elsewhere(
    wanted: Environment, cluster: Cluster, namesakes: Sequence[container.Cluster]
) -> Blocked | None:
    ours = next((each for each in namesakes if labels.is_owned(each.labels, wanted.name)), None)
    if ours is None or ours.status == "STOPPING":
        return None
    return Blocked(
        code="CLUSTER_ELSEWHERE",
        cause=f"Cluster {cluster.name} is in {ours.location}; a cluster's location cannot be changed.",
        fix=f"Set its location back to {ours.location}, or give the one in {cluster.location} another name.",
    )


def _broken(there: container.Cluster, fix: str) -> Blocked | None:
    if there.status not in ("ERROR", "DEGRADED"):
        return None
    why = ". ".join(there.complaints) or "GKE gives no reason"
    return Blocked(code="CLUSTER_ERROR", cause=f"{there.path} is in state {there.status}: {why}", fix=fix)


def _misplaced(wanted: Environment, there: container.Cluster) -> Blocked | None:
    if (there.network, there.subnetwork) == (wanted.network, wanted.subnetwork):
        return None
    is_in, is_not_in = f"{there.network}/{there.subnetwork}", f"{wanted.network}/{wanted.subnetwork}"
    return Blocked(
        code="CLUSTER_NETWORK",
        cause=f"{there.path} is in {is_in}, not in {is_not_in}.",
        fix="A cluster's network cannot be changed: set network and subnetwork back, or rename the cluster.",
    )


def _of_another_mode(cluster: Cluster, there: container.Cluster) -> Blocked | None:
    """Autopilot or Standard; what names machines is for Standard, even if it does not say so."""
    asked = cluster.autopilot
    if asked is None and (cluster.machine_type or cluster.node_count):
        asked = False
    if asked is None or asked == there.autopilot:
        return None
    return Blocked(
        code="CLUSTER_MODE",
        cause=f"{there.path} is {'an Autopilot' if there.autopilot else 'a Standard'} cluster,"
        " and a cluster's mode cannot be changed.",
        fix=f"Set its autopilot back to {str(there.autopilot).lower()}, or give the new cluster another name.",
    )


def _of_another_account(cluster: Cluster, there: container.Cluster) -> Blocked | None:
    """Whom nodes run as is said when their pool is made, and never again [documented: no update has it]."""
    asked, account = cluster.node_service_account, there.pool.account if there.pool else there.account
    default = account == "default" and asked is not None and asked.endswith(DEFAULT_ACCOUNT)
    if asked is None or asked == account or default or not (there.pool or there.autopilot):
        return None
    before = "the project's Compute Engine account" if account == "default" else account
    return Blocked(
        code="CLUSTER_NODE_ACCOUNT",
        cause=f"The nodes of {there.path} run as {account}, not as {asked}, and that cannot be changed.",
        fix=f"Set nodeServiceAccount back to {before}, or give the new cluster another name.",
    )


def _in_other_ranges(cluster: Cluster, there: container.Cluster) -> Blocked | None:
    """Where Pods and Services are is said at a cluster's creation, and never again [documented: no update has it]."""
    rows = (
        ("Pod", "podRange", cluster.pod_range, there.pod_range),
        ("Service", "serviceRange", cluster.service_range, there.service_range),
    )
    for what, field, asked, is_in in rows:
        if asked and is_in and asked != is_in and asked != f"/{is_in.rpartition('/')[2]}":
            return Blocked(
                code="CLUSTER_RANGE",
                cause=f"{there.path} has the {what} range {is_in}, not {asked}, and that cannot be changed.",
                fix=f"Set {field} back to {is_in}, or leave it out, or give the new cluster another name.",
            )
    return None


def _unfit(wanted: Environment, cluster: Cluster, there: container.Cluster | None) -> Blocked | None:
    """What an existing cluster lacks; it is not ours to change."""
    if there is None or there.status == "STOPPING":
        what = "is being deleted" if there else "does not exist"
        return Blocked(
            code="CLUSTER_MISSING",
            cause=f"Cluster {cluster.name} in {cluster.location} of project {wanted.project} {what}.",
            fix="Correct its name or location, or leave out `existing` to have it made.",
        )
    if stop := _broken(there, "Mend the cluster, or name another.") or _misplaced(wanted, there):
        return stop
    if not there.vpc_native:
        return Blocked(
            code="CLUSTER_UNFIT",
            cause=f"{there.path} lacks VPC-native addressing.",
            fix="Name another cluster: what is not VPC-native from birth cannot become so.",
        )
    return _lacking(wanted, there)


def _lacking(wanted: Environment, there: container.Cluster) -> Blocked | None:
    """The DNS endpoint is only missed where the public one does not let us in either."""
    reached = not there.serves or (there.public and not there.restricted)
    lacks = [each.field for each in required_updates(wanted, there)]
    missed = [field for field in lacks if not (field == DNS and reached)]
    if not missed:
        return None
    if missed == [DNS]:
        why = RESTRICTED if there.public else PRIVATE
        return Blocked(
            code="CLUSTER_UNREACHABLE", cause=f"{there.path}: {why}.", fix=enabling_command(there.path)
        )
    flags = ", ".join(FLAGS[field].format(project=wanted.project) for field in missed)
    return Blocked(
        code="CLUSTER_UNFIT",
        cause=f"{there.path} lacks {', '.join(missed)}.",
        fix=f"gcloud container clusters update {_place(wanted, there)}, one flag at a time: {flags}",
    )


def _place(wanted: Environment, there: container.Cluster) -> str:
    return f"{there.name} --location={there.location} --project={wanted.project}"
