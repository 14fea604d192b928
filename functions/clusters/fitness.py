"""What a cluster must be for a multi-cluster Gateway: as it is created, what one that is there lacks, and why not.

Of what GKE says of a cluster, what other steps rely on is compared, and of its nodes what the spec says of them: what
it leaves out is the user's to change once the cluster is there, as are node pools that somebody adds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from shared import labels
from shared.google import container
from shared.google.cluster_endpoint import PRIVATE, RESTRICTED, enabling_command
from shared.google.container import POOL, STANDARD, NodePool
from shared.step.legacy import LegacyChange as Change
from shared.step.outcome import Blocked, Outcome

if TYPE_CHECKING:
    from shared.spec import Cluster, Environment

Json = dict[str, Any]

MACHINE = "e2-medium"  # three of them hold the importer, which one alone does not [observed]
NODES = 3
RELEASE_CHANNEL = "regular"
SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
NODES_ACCOUNT = (
    "fleetgate-nodes@{project}.iam.gserviceaccount.com"  # the bootstrap makes one in each fleet project
)
DEFAULT_ACCOUNT = "-compute@developer.gserviceaccount.com"  # shown as `default` [observed]
DNS = "dnsEndpointConfig.allowExternalTraffic"

# What gives a cluster a field that it lacks [documented, gcloud container clusters update].
FLAGS = {
    "workloadIdentityConfig": "--workload-pool={project}.svc.id.goog",
    "gatewayApiConfig": "--gateway-api=standard",
    DNS: "--enable-dns-access",
    "fleet": "--enable-fleet",
}


def creation(wanted: Environment, cluster: Cluster) -> Change:
    """The cluster to create."""
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
        "release_channel": {"channel": (cluster.release_channel or RELEASE_CHANNEL).upper()},
        "control_plane_endpoints_config": _dns_endpoint(),
        **_nodes(wanted, cluster),
    }
    if cluster.private_nodes:
        body["network_config"]["default_enable_private_nodes"] = True
    return Change("create", resource, body={"location": cluster.location, "cluster": body})


def updates(wanted: Environment, cluster: Cluster, seen: container.Cluster) -> Iterator[Change]:
    """What differs, in the order in which it is mended; one call changes one group of fields [documented]."""
    pool = f"{wanted.project}.svc.id.goog"
    if seen.workload_pool != pool:
        body: Json = {"desired_workload_identity_config": {"workload_pool": pool}}
        yield Change("update", seen.path, "workloadIdentityConfig", seen.workload_pool, pool, body)
    if seen.gateway_channel != STANDARD:
        body = {"desired_gateway_api_config": {"channel": STANDARD}}
        yield Change("update", seen.path, "gatewayApiConfig", seen.gateway_channel, STANDARD, body)
    if not seen.dns_external:
        body = {"desired_control_plane_endpoints_config": _dns_endpoint()}
        yield Change("update", seen.path, DNS, False, True, body)
    if seen.fleet_project != wanted.project:
        body = {"desired_fleet": {"project": wanted.project}}
        yield Change("update", seen.path, "fleet", seen.fleet_project, wanted.project, body)
    channel = cluster.release_channel
    if channel and seen.release_channel != channel:
        body = {"desired_release_channel": {"channel": channel.upper()}}
        yield Change("update", seen.path, "releaseChannel", seen.release_channel, channel, body)
    private = cluster.private_nodes
    if private is not None and private != seen.private_nodes:
        body = {"desired_default_enable_private_nodes": private}
        yield Change("update", seen.path, "privateNodes", seen.private_nodes, private, body)
    if seen.pool:
        yield from _pool_updates(cluster, seen.pool)


def _pool_updates(cluster: Cluster, seen: NodePool) -> Iterator[Change]:
    """How the cluster's own pool differs from what the spec says of nodes: each a change that GKE makes in place,
    node by node [documented: UpdateNodePoolRequest, SetNodePoolSizeRequest]. One that scales by itself has the size
    that it wants.
    """
    machine, private, count = cluster.machine_type, cluster.private_nodes, cluster.node_count
    if machine and machine != seen.machine_type:
        body: Json = {"machine_type": machine}
        yield Change("update", seen.path, "machineType", seen.machine_type, machine, body)
    if private is not None and seen.private is not None and private != seen.private:
        body = {"node_network_config": {"enable_private_nodes": private}}
        yield Change("update", seen.path, "privateNodes", seen.private, private, body)
    if count and count != seen.node_count and not seen.scales:
        yield Change("update", seen.path, "nodeCount", seen.node_count, count, {"node_count": count})


def trouble(wanted: Environment, cluster: Cluster, found: Sequence[container.Cluster]) -> Outcome | None:
    """What a person must mend about one cluster before anything is made; `found` has its name, anywhere."""
    here = next((each for each in found if each.location == cluster.location), None)
    if cluster.existing:
        return _unfit(wanted, cluster, here)
    if here is None:
        return _elsewhere(wanted, cluster, found)
    if here.status == "STOPPING":
        return None  # whoever's it was, its name will be free
    if not labels.is_owned(here.labels, wanted.name):
        return Blocked(
            code="CLUSTER_FOREIGN",
            cause=f"{here.path} exists and is not this environment's.",
            fix="Choose another name, or set `existing: true` on it to use it as it is.",
        )
    delete = f"gcloud container clusters delete {_place(wanted, here)}, then publish the request again."
    return (
        _broken(here, delete)
        or _misplaced(wanted, here)
        or _of_another_mode(cluster, here)
        or _of_another_account(cluster, here)
    )


def _elsewhere(wanted: Environment, cluster: Cluster, found: Sequence[container.Cluster]) -> Outcome | None:
    ours = next((each for each in found if labels.is_owned(each.labels, wanted.name)), None)
    if ours is None or ours.status == "STOPPING":
        return None
    return Blocked(
        code="CLUSTER_ELSEWHERE",
        cause=f"Cluster {cluster.name} is in {ours.location}; a cluster's location cannot be changed.",
        fix=f"Set its location back to {ours.location}, or give the one in {cluster.location} another name.",
    )


def _broken(seen: container.Cluster, fix: str) -> Outcome | None:
    if seen.status not in ("ERROR", "DEGRADED"):
        return None
    why = ". ".join(seen.complaints) or "GKE gives no reason"
    return Blocked(code="CLUSTER_ERROR", cause=f"{seen.path} is in state {seen.status}: {why}", fix=fix)


def _misplaced(wanted: Environment, seen: container.Cluster) -> Outcome | None:
    if (seen.network, seen.subnetwork) == (wanted.network, wanted.subnetwork):
        return None
    return Blocked(
        code="CLUSTER_NETWORK",
        cause=f"{seen.path} is in {seen.network}/{seen.subnetwork}, not in {wanted.network}/{wanted.subnetwork}.",
        fix="A cluster's network cannot be changed: set network and subnetwork back, or rename the cluster.",
    )


def _of_another_mode(cluster: Cluster, seen: container.Cluster) -> Outcome | None:
    """Autopilot or Standard; what names machines is for Standard, even if it does not say so."""
    asked = cluster.autopilot
    if asked is None and (cluster.machine_type or cluster.node_count):
        asked = False
    if asked is None or asked == seen.autopilot:
        return None
    return Blocked(
        code="CLUSTER_MODE",
        cause=f"{seen.path} is {'an Autopilot' if seen.autopilot else 'a Standard'} cluster,"
        " and a cluster's mode cannot be changed.",
        fix=f"Set its autopilot back to {str(seen.autopilot).lower()}, or give the new cluster another name.",
    )


def _of_another_account(cluster: Cluster, seen: container.Cluster) -> Outcome | None:
    """Whom nodes run as is said when their pool is made, and never again [documented: no update has it]."""
    asked, there = cluster.node_service_account, seen.pool.account if seen.pool else seen.account
    default = there == "default" and asked is not None and asked.endswith(DEFAULT_ACCOUNT)
    if asked is None or asked == there or default or not (seen.pool or seen.autopilot):
        return None
    before = "the project's Compute Engine account" if there == "default" else there
    return Blocked(
        code="CLUSTER_NODE_ACCOUNT",
        cause=f"The nodes of {seen.path} run as {there}, not as {asked}, and that cannot be changed.",
        fix=f"Set nodeServiceAccount back to {before}, or give the new cluster another name.",
    )


def _unfit(wanted: Environment, cluster: Cluster, seen: container.Cluster | None) -> Outcome | None:
    """What an existing cluster lacks; it is not ours to change."""
    if seen is None or seen.status == "STOPPING":
        what = "is being deleted" if seen else "does not exist"
        return Blocked(
            code="CLUSTER_MISSING",
            cause=f"Cluster {cluster.name} in {cluster.location} of project {wanted.project} {what}.",
            fix="Correct its name or location, or leave out `existing` to have it made.",
        )
    if stop := _broken(seen, "Mend the cluster, or name another.") or _misplaced(wanted, seen):
        return stop
    if not seen.vpc_native:
        return Blocked(
            code="CLUSTER_UNFIT",
            cause=f"{seen.path} lacks VPC-native addressing.",
            fix="Name another cluster: what is not VPC-native from birth cannot become so.",
        )
    return _lacking(wanted, cluster, seen)


def _lacking(wanted: Environment, cluster: Cluster, seen: container.Cluster) -> Outcome | None:
    """The DNS endpoint is only missed where the public one does not let us in either."""
    lacks = [str(each.field) for each in updates(wanted, cluster, seen)]
    reached = not seen.serves or (seen.public and not seen.restricted)
    missed = [field for field in lacks if not (field == DNS and reached)]
    if not missed:
        return None
    if missed == [DNS]:
        why = RESTRICTED if seen.public else PRIVATE
        return Blocked(
            code="CLUSTER_UNREACHABLE", cause=f"{seen.path}: {why}.", fix=enabling_command(seen.path)
        )
    flags = ", ".join(FLAGS[field].format(project=wanted.project) for field in missed)
    return Blocked(
        code="CLUSTER_UNFIT",
        cause=f"{seen.path} lacks {', '.join(missed)}.",
        fix=f"gcloud container clusters update {_place(wanted, seen)}, one flag at a time: {flags}",
    )


def _place(wanted: Environment, seen: container.Cluster) -> str:
    return f"{seen.name} --location={seen.location} --project={wanted.project}"


def _nodes(wanted: Environment, cluster: Cluster) -> Json:
    """Nodes run as the account that the bootstrap made for them: Compute Engine's own is often an Editor."""
    account = {
        "service_account": cluster.node_service_account or NODES_ACCOUNT.format(project=wanted.project)
    }
    if cluster.autopilot:
        defaults = {"autoprovisioning_node_pool_defaults": account}
        return {"autopilot": {"enabled": True}, "autoscaling": defaults}
    config = {"machine_type": cluster.machine_type or MACHINE, "oauth_scopes": SCOPES, **account}
    pool = {"name": POOL, "initial_node_count": cluster.node_count or NODES, "config": config}
    return {"node_pools": [pool]}


def _dns_endpoint() -> Json:
    return {"dns_endpoint_config": {"allow_external_traffic": True}}
