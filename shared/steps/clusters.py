"""Clusters: side by side, each with what a multi-cluster Gateway needs, in the fleet from birth.

Needed are the Gateway API channel, a workload pool (the MCS importer's identity), the fleet project and
VPC-native addressing [documented, preparing for multi-cluster Gateways]; the DNS endpoint is how the other
steps reach a cluster without a VPC of their own. What is ours is brought up to that, one operation at a
time, because GKE runs one per cluster; what exists already is checked and never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from shared import labels
from shared.google.compute import unix
from shared.google.container import (
    STANDARD,
    SeenCluster,
    clusters,
    create_cluster,
    set_labels,
    update_cluster,
)
from shared.spec import Cluster, Environment
from shared.step.estimate import remaining
from shared.step.outcome import Blocked, Change, Decision, Done, Outcome, Waiting
from shared.step.step import Context, Step

Json = dict[str, Any]
Seen = dict[str, list[SeenCluster]]  # by name: names are unique in a location, not in a project

TYPICAL = 300.0  # seconds until a new cluster is RUNNING [observed: 2½ to 6 minutes]
TYPICAL_UPDATE = 90.0  # [inferred]
MACHINE = "e2-medium"  # three of them hold the importer, which one alone does not [observed]
NODES = 3
SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


def observe(context: Context) -> Seen:
    """The project's clusters that bear a name of the environment's."""
    wanted = context.wanted
    names = {cluster.name for cluster in wanted.clusters}
    seen: Seen = {}
    for each in clusters(context.session, wanted.project):
        if each.name in names:
            seen.setdefault(each.name, []).append(each)
    return seen


def decide(wanted: Environment | None, seen: Seen, now: float) -> Decision:
    """Clusters to create, and the next update of each that is ours and not as wanted."""
    if wanted is None:
        raise NotImplementedError("clusters are not removed yet")
    for cluster in wanted.clusters:
        if trouble := _trouble(wanted, cluster, seen.get(cluster.name, [])):
            return Decision(trouble)
    missing = [cluster for cluster in wanted.clusters if cluster.name not in seen]
    there = [(cluster, seen[cluster.name][0]) for cluster in wanted.clusters if cluster.name in seen]
    updates = {
        each.name: list(_updates(wanted, cluster, each)) for cluster, each in there if not cluster.existing
    }
    idle = [each for _, each in there if each.status == "RUNNING"]
    changes = [_creation(wanted, cluster) for cluster in missing]
    changes += [updates[each.name][0] for each in idle if updates.get(each.name)]
    later = [change for steps in updates.values() for change in steps if change not in changes]
    busy = [each for _, each in there if each.status != "RUNNING"]
    if not changes and not busy:
        return Decision(Done())
    return Decision(_wait(now, missing, busy), changes, later)


def act(context: Context, change: Change) -> None:
    """Begin one creation or one update."""
    body, wanted = change.body, context.wanted
    if change.verb == "create":
        create_cluster(context.session, wanted.project, body["location"], body["cluster"])
    elif change.field == "resourceLabels":
        set_labels(context.session, change.resource, body["labels"], body["fingerprint"])
    else:
        update_cluster(context.session, change.resource, body)


CLUSTERS = Step("clusters", observe, decide, act)


def _trouble(wanted: Environment, cluster: Cluster, found: list[SeenCluster]) -> Outcome | None:
    """What a person must mend about one cluster before anything is made."""
    here = [each for each in found if each.location == cluster.location]
    ours = [each for each in found if labels.is_owned(each.labels, wanted.name)]
    if cluster.existing:
        return _unfit(wanted, cluster, here)
    if ours and ours[0].location != cluster.location:
        return Blocked(
            code="CLUSTER_ELSEWHERE",
            cause=f"Cluster {cluster.name} is in {ours[0].location}; a cluster's location cannot be changed.",
            fix=f"Set its location back to {ours[0].location}, or give the one in {cluster.location} another name.",
        )
    if found and not ours:
        return Blocked(
            code="CLUSTER_FOREIGN",
            cause=f"{found[0].path} exists and is not this environment's.",
            fix="Choose another name, or set `existing: true` on it to use it as it is.",
        )
    return _broken(ours[0]) or _misplaced(wanted, ours[0]) if ours else None


def _broken(seen: SeenCluster) -> Outcome | None:
    if seen.status not in ("ERROR", "DEGRADED"):
        return None
    return Blocked(
        code="CLUSTER_ERROR",
        cause=f"{seen.path} is in state {seen.status}: {seen.status_message or 'GKE gives no reason'}",
        fix=f"gcloud container clusters delete {seen.name} --location={seen.location}, then publish the request again.",
    )


def _misplaced(wanted: Environment, seen: SeenCluster) -> Outcome | None:
    if (seen.network, seen.subnetwork) == (wanted.network, wanted.subnetwork):
        return None
    return Blocked(
        code="CLUSTER_NETWORK",
        cause=f"{seen.path} is in {seen.network}/{seen.subnetwork}, not in {wanted.network}/{wanted.subnetwork}.",
        fix="A cluster's network cannot be changed: set network and subnetwork back, or rename the cluster.",
    )


def _unfit(wanted: Environment, cluster: Cluster, here: list[SeenCluster]) -> Outcome | None:
    """What an existing cluster lacks; it is not ours to change."""
    if not here:
        return Blocked(
            code="CLUSTER_MISSING",
            cause=f"There is no cluster {cluster.name} in {cluster.location} of project {wanted.project}.",
            fix="Correct its name or location, or leave out `existing` to have it made.",
        )
    seen = here[0]
    if trouble := _broken(seen) or _misplaced(wanted, seen):
        return trouble
    lacks = [change.field for change in _updates(wanted, cluster, seen) if change.field != "resourceLabels"]
    if not seen.vpc_native:
        lacks.append("VPC-native addressing")
    if not lacks:
        return None
    flags = f"--gateway-api=standard --workload-pool={wanted.project}.svc.id.goog --enable-fleet"
    return Blocked(
        code="CLUSTER_UNFIT",
        cause=f"{seen.path} lacks {', '.join(str(each) for each in lacks)}.",
        fix=f"gcloud container clusters update {seen.name} --location={seen.location}, one flag at a time: {flags}",
    )


def _updates(wanted: Environment, cluster: Cluster, seen: SeenCluster) -> Iterator[Change]:
    """What differs, in the order in which it is mended; one call changes one group of fields."""
    pool = f"{wanted.project}.svc.id.goog"
    if seen.workload_pool != pool:
        body: Json = {"desired_workload_identity_config": {"workload_pool": pool}}
        yield Change("update", seen.path, "workloadIdentityConfig", seen.workload_pool, pool, body)
    if seen.gateway_channel != STANDARD:
        body = {"desired_gateway_api_config": {"channel": STANDARD}}
        yield Change("update", seen.path, "gatewayApiConfig", seen.gateway_channel, STANDARD, body)
    if not seen.dns_external:
        body = {"desired_control_plane_endpoints_config": _dns_endpoint()}
        yield Change("update", seen.path, "dnsEndpointConfig.allowExternalTraffic", False, True, body)
    if seen.fleet_project != wanted.project:
        body = {"desired_fleet": {"project": wanted.project}}
        yield Change("update", seen.path, "fleet", seen.fleet_project, wanted.project, body)
    channel = cluster.release_channel
    if channel and seen.release_channel != channel:
        body = {"desired_release_channel": {"channel": channel.upper()}}
        yield Change("update", seen.path, "releaseChannel", seen.release_channel, channel, body)
    if not labels.is_owned(seen.labels, wanted.name):
        after = {**seen.labels, labels.OWNER: wanted.name}
        body = {"labels": after, "fingerprint": seen.label_fingerprint}
        yield Change("update", seen.path, "resourceLabels", dict(seen.labels), after, body)


def _creation(wanted: Environment, cluster: Cluster) -> Change:
    resource = f"projects/{wanted.project}/locations/{cluster.location}/clusters/{cluster.name}"
    body: Json = {
        "name": cluster.name,
        "network": wanted.network,
        "subnetwork": wanted.subnetwork,
        "ip_allocation_policy": {"use_ip_aliases": True},
        "network_config": {"gateway_api_config": {"channel": STANDARD}},
        "workload_identity_config": {"workload_pool": f"{wanted.project}.svc.id.goog"},
        "fleet": {"project": wanted.project},
        "resource_labels": {labels.OWNER: wanted.name},
        "control_plane_endpoints_config": _dns_endpoint(),
        **_nodes(cluster),
    }
    if cluster.release_channel:
        body["release_channel"] = {"channel": cluster.release_channel.upper()}
    if cluster.private_nodes:
        body["network_config"]["default_enable_private_nodes"] = True
    return Change("create", resource, body={"location": cluster.location, "cluster": body})


def _nodes(cluster: Cluster) -> Json:
    account = {"service_account": cluster.node_service_account} if cluster.node_service_account else {}
    if cluster.autopilot:
        defaults = {
            "node_pool_auto_config": {},
            "autoscaling": {"autoprovisioning_node_pool_defaults": account},
        }
        return {"autopilot": {"enabled": True}, **(defaults if account else {})}
    config = {"machine_type": cluster.machine_type or MACHINE, "oauth_scopes": SCOPES, **account}
    pool = {"name": "default-pool", "initial_node_count": cluster.node_count or NODES, "config": config}
    return {"node_pools": [pool]}


def _dns_endpoint() -> Json:
    return {"dns_endpoint_config": {"allow_external_traffic": True}}


def _wait(now: float, missing: Iterable[Cluster], busy: Iterable[SeenCluster]) -> Waiting:
    """The other steps watch the clusters they need; this one may look when the last is usually done."""
    waited = {each.name: _left(now, each) for each in busy}
    waited |= {cluster.name: remaining(now, None, TYPICAL, first=1.0) for cluster in missing}
    if not waited:
        return Waiting(
            reason="ClusterUpdating",
            message="clusters are being brought up to date",
            retry_after=remaining(now, None, TYPICAL_UPDATE),
        )
    names = ", ".join(sorted(waited))
    return Waiting(
        reason="ClusterProvisioning",
        message=f"waiting for {names} to be RUNNING",
        retry_after=max(waited.values()),
    )


def _left(now: float, seen: SeenCluster) -> float:
    if seen.status == "PROVISIONING" and seen.created:
        return remaining(now, unix(seen.created), TYPICAL, first=1.0)
    return remaining(now, None, TYPICAL_UPDATE)
