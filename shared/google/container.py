"""GKE clusters, through google-cloud-container over REST, as plain values.

The library's own retries are off: a call is made once, and the workflow asks again. Operations are not
waited for; what they lead to is seen on the cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from shared.errors import Transient
from shared.google.compute import unix
from shared.google.doors import admitted, public_endpoint
from shared.google.session import Session

Json = dict[str, Any]
STANDARD = "CHANNEL_STANDARD"
POOL = "default-pool"  # of the clusters that Fleetgate makes


@dataclass(frozen=True)
class SeenPool:
    """The node pool that a cluster is made with. `node_count` is of each zone: `initialNodeCount` follows a resize
    (hashicorp/terraform-provider-google#6889) [observed]. `private` is None if it is as the cluster says.
    """

    path: str
    machine_type: str
    node_count: int
    account: str
    scales: bool
    private: bool | None


@dataclass(frozen=True)
class SeenCluster:
    """One cluster as GKE describes it. Times are RFC 3339; empty strings stand for what is not set.

    `dns_external` says whether its DNS endpoint is served outside the VPC, `public` whether it has a public one,
    `restricted` whether authorized networks keep us out of that; `private_nodes` whether new node pools get no external
    addresses. `pool` is the one it was made with, if that is still there and not Autopilot's; `account` is whom
    Autopilot's nodes run as.
    """

    name: str
    path: str
    location: str
    status: str
    status_message: str
    created: str
    network: str
    subnetwork: str
    labels: Mapping[str, str]
    gateway_channel: str
    workload_pool: str
    fleet_project: str
    membership: str
    release_channel: str
    vpc_native: bool
    dns_external: bool
    public: bool
    autopilot: bool = False
    private_nodes: bool = False
    pool: SeenPool | None = None
    account: str = "default"
    restricted: bool = False

    @property
    def serves(self) -> bool:
        """Whether its API is up: also while an update runs on it."""
        return self.status in ("RUNNING", "RECONCILING")


def clusters(session: Session, project: str) -> list[SeenCluster]:
    """Every cluster of the project.

    Raises:
        ApiError: as the tree says; Transient also if a zone could not be asked: a list with holes is unknown.
    """
    parent = f"projects/{project}/locations/-"
    answer = _client(session).list_clusters(parent=parent, retry=None)
    if answer.missing_zones:
        text = f"no answer from {', '.join(answer.missing_zones)}"
        raise Transient("container", "GET", parent, 0, "MissingZones", text)
    return [_seen(project, each) for each in answer.clusters]


def create_cluster(session: Session, project: str, location: str, body: Json) -> None:
    """Begin to create a cluster; `body` is a Cluster in the API's snake_case.

    Raises:
        AlreadyExists: the name is taken.
    """
    _client(session).create_cluster(
        parent=f"projects/{project}/locations/{location}", cluster=body, retry=None
    )


def update_cluster(session: Session, path: str, update: Json) -> None:
    """Begin one update; `update` is a ClusterUpdate in the API's snake_case, with one group of fields.

    Raises:
        Busy: another operation runs on the cluster.
    """
    _client(session).update_cluster(name=path, update=update, retry=None)


def resize_pool(session: Session, path: str, count: int) -> None:
    """Begin to give a node pool so many nodes in each zone.

    Raises:
        Busy: another operation runs on the cluster.
    """
    request = {"name": path, "node_count": count}
    _client(session).set_node_pool_size(request=request, retry=None)


def update_pool(session: Session, path: str, update: Json) -> None:
    """Begin to replace a node pool's nodes by others; `update` is of an UpdateNodePoolRequest, in snake_case.

    Raises:
        Busy: another operation runs on the cluster.
    """
    _client(session).update_node_pool(request={"name": path, **update}, retry=None)


def deletions(session: Session, project: str) -> dict[tuple[str, str], float]:
    """When each deletion of a cluster that is under way began, unix seconds, by location and name."""
    parent = f"projects/{project}/locations/-"
    answer = _client(session).list_operations(parent=parent, retry=None)
    found: dict[tuple[str, str], float] = {}
    for each in answer.operations:
        deletes = each.operation_type.name == "DELETE_CLUSTER"
        if deletes and each.status.name != "DONE" and each.start_time:
            *_, location, _, name = each.target_link.split("/")
            found[location, name] = unix(each.start_time)
    return found


def delete_cluster(session: Session, path: str) -> None:
    """Begin to delete a cluster.

    Raises:
        Busy: another operation runs on the cluster.
    """
    _client(session).delete_cluster(name=path, retry=None)


@cache
def _client(session: Session) -> Any:
    endpoint = session.settings.endpoint("container").rstrip("/")
    from google.cloud import container_v1  # slow to import: not before its first call

    client = container_v1.ClusterManagerClient(
        credentials=session.credentials, transport="rest", client_options={"api_endpoint": endpoint}
    )
    session.mount(client.transport._session)
    return client


def _seen(project: str, cluster: Any) -> SeenCluster:
    endpoints = cluster.control_plane_endpoints_config
    by_ip = endpoints.ip_endpoints_config
    path = f"projects/{project}/locations/{cluster.location}/clusters/{cluster.name}"
    autopilot = cluster.autopilot.enabled
    return SeenCluster(
        name=cluster.name,
        path=path,
        location=cluster.location,
        status=cluster.status.name,
        status_message=cluster.status_message or ". ".join(each.message for each in cluster.conditions),
        created=cluster.create_time,
        network=cluster.network,
        subnetwork=cluster.subnetwork,
        labels=dict(cluster.resource_labels),
        gateway_channel=cluster.network_config.gateway_api_config.channel.name,
        workload_pool=cluster.workload_identity_config.workload_pool,
        fleet_project=cluster.fleet.project,
        membership=cluster.fleet.membership.removeprefix("//gkehub.googleapis.com/"),
        release_channel=cluster.release_channel.channel.name.lower(),
        vpc_native=cluster.ip_allocation_policy.use_ip_aliases,
        dns_external=bool(endpoints.dns_endpoint_config.allow_external_traffic),
        public=bool(public_endpoint(by_ip.public_endpoint, cluster.endpoint, by_ip.private_endpoint)),
        autopilot=autopilot,
        restricted=_is_restricted(by_ip.authorized_networks_config),
        private_nodes=cluster.network_config.default_enable_private_nodes
        or cluster.private_cluster_config.enable_private_nodes,
        pool=None if autopilot else _pool(path, cluster),
        account=cluster.autoscaling.autoprovisioning_node_pool_defaults.service_account or "default",
    )


def _pool(path: str, cluster: Any) -> SeenPool | None:
    found = next((each for each in cluster.node_pools if each.name == POOL), None)
    if found is None:
        return None
    network = found.network_config
    return SeenPool(
        path=f"{path}/nodePools/{POOL}",
        machine_type=found.config.machine_type,
        node_count=found.initial_node_count,
        account=found.config.service_account or "default",
        scales=found.autoscaling.enabled,
        private=network.enable_private_nodes if "enable_private_nodes" in network else None,
    )


def _is_restricted(networks: Any) -> bool:
    blocks = [each.cidr_block for each in networks.cidr_blocks]
    return not admitted(networks.enabled, bool(networks.gcp_public_cidrs_access_enabled), blocks)
