"""What a cluster must be for a multi-cluster Gateway: how it is created, and what one that is there lacks.

Of what GKE says of a cluster, what other steps rely on is compared, and of its nodes what the spec says of them: what
it leaves out is the user's to change once the cluster is there, as are node pools that somebody adds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from functions.clusters.changes import Body, CreateCluster, ResizePool, UpdateCluster, UpdatePool
from shared import labels
from shared.google import container
from shared.google.container import POOL, STANDARD, NodePool
from shared.json_types import JsonValue

if TYPE_CHECKING:
    from shared.spec import Cluster, Environment

Update: TypeAlias = UpdateCluster | UpdatePool | ResizePool

MACHINE = "e2-medium"
RELEASE_CHANNEL = "regular"
SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
NODES_ACCOUNT = (
    "fleetgate-nodes@{project}.iam.gserviceaccount.com"  # the bootstrap makes one in each fleet project
)
DNS = "dnsEndpointConfig.allowExternalTraffic"
DNS_ENDPOINT: Body = {"dns_endpoint_config": {"allow_external_traffic": True}}


def creation(wanted: Environment, cluster: Cluster) -> CreateCluster:
    """The cluster to create: in the fleet, labelled, and with all that is required from birth."""
    body: Body = {
        "network": wanted.network,
        "subnetwork": wanted.subnetwork,
        "ip_allocation_policy": _allocation(cluster),
        "network_config": _network_config(cluster),
        "workload_identity_config": {"workload_pool": _workload_pool(wanted)},
        "fleet": {"project": wanted.project},
        "resource_labels": {labels.OWNER: wanted.name},
        "release_channel": {"channel": (cluster.release_channel or RELEASE_CHANNEL).upper()},
        "control_plane_endpoints_config": DNS_ENDPOINT,
        **_nodes(wanted, cluster),
    }
    return CreateCluster(wanted.project, cluster.location, cluster.name, body)


def updates(wanted: Environment, cluster: Cluster, there: container.Cluster) -> Iterator[Update]:
    """What differs, in the order in which it is mended; one call changes one group of fields [documented]."""
    yield from required_updates(wanted, there)
    yield from _chosen_updates(cluster, there)
    if there.pool:
        yield from _pool_updates(cluster, there.pool)


def required_updates(wanted: Environment, there: container.Cluster) -> Iterator[UpdateCluster]:
    """What the other steps rely on and the cluster lacks."""
    path, pool = there.path, _workload_pool(wanted)
    if there.workload_pool != pool:
        body: Body = {"desired_workload_identity_config": {"workload_pool": pool}}
        yield UpdateCluster(path, "workloadIdentityConfig", there.workload_pool, pool, body)
    if there.gateway_channel != STANDARD:
        body = {"desired_gateway_api_config": {"channel": STANDARD}}
        yield UpdateCluster(path, "gatewayApiConfig", there.gateway_channel, STANDARD, body)
    if not there.dns_external:
        body = {"desired_control_plane_endpoints_config": DNS_ENDPOINT}
        yield UpdateCluster(path, DNS, False, True, body)
    if there.fleet_project != wanted.project:
        body = {"desired_fleet": {"project": wanted.project}}
        yield UpdateCluster(path, "fleet", there.fleet_project, wanted.project, body)


def _chosen_updates(cluster: Cluster, there: container.Cluster) -> Iterator[UpdateCluster]:
    """How the cluster differs from what the spec says of it."""
    channel, private = cluster.release_channel, cluster.private_nodes
    if channel and there.release_channel != channel:
        body: Body = {"desired_release_channel": {"channel": channel.upper()}}
        yield UpdateCluster(there.path, "releaseChannel", there.release_channel, channel, body)
    if private is not None and private != there.private_nodes:
        body = {"desired_default_enable_private_nodes": private}
        yield UpdateCluster(there.path, "privateNodes", there.private_nodes, private, body)


def _pool_updates(cluster: Cluster, there: NodePool) -> Iterator[UpdatePool | ResizePool]:
    """How the cluster's own pool differs from what the spec says of nodes: each a change that GKE makes in place,
    node by node [documented: UpdateNodePoolRequest, SetNodePoolSizeRequest]. One that scales by itself has the size
    that it wants.
    """
    machine, private, count = cluster.machine_type, cluster.private_nodes, cluster.node_count
    if machine and machine != there.machine_type:
        yield UpdatePool(there.path, "machineType", there.machine_type, machine, {"machine_type": machine})
    if private is not None and there.private is not None and private != there.private:
        body: Body = {"node_network_config": {"enable_private_nodes": private}}
        yield UpdatePool(there.path, "privateNodes", there.private, private, body)
    if count and count != there.node_count and not there.scales:
        yield ResizePool(there.path, there.node_count, count)


def _workload_pool(wanted: Environment) -> str:
    return f"{wanted.project}.svc.id.goog"


def _allocation(cluster: Cluster) -> Body:
    """VPC-native, with the ranges that the spec gives; GKE chooses the others."""
    given = {
        "cluster_ipv4_cidr_block": cluster.pod_range,
        "services_ipv4_cidr_block": cluster.service_range,
    }
    return {"use_ip_aliases": True, **{key: value for key, value in given.items() if value}}


def _network_config(cluster: Cluster) -> dict[str, JsonValue]:
    config: dict[str, JsonValue] = {"gateway_api_config": {"channel": STANDARD}}
    return config | ({"default_enable_private_nodes": True} if cluster.private_nodes else {})


def _nodes(wanted: Environment, cluster: Cluster) -> Body:
    """Nodes run as the account that the bootstrap made for them: Compute Engine's own is often an Editor."""
    account = {
        "service_account": cluster.node_service_account or NODES_ACCOUNT.format(project=wanted.project)
    }
    if cluster.autopilot:
        defaults = {"autoprovisioning_node_pool_defaults": account}
        return {"autopilot": {"enabled": True}, "autoscaling": defaults}
    config: Body = {"machine_type": cluster.machine_type or MACHINE, "oauth_scopes": SCOPES, **account}
    pool: Body = {"name": POOL, "initial_node_count": cluster.nodes_in_zone, "config": config}
    return {"node_pools": [pool]}
