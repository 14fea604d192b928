"""What happens to a cluster when its operations end: it comes up with nodes and an API, or it goes.

When a cluster goes, what its controllers made in the VPC for load balancers stays: nobody is left to
remove it (kubernetes/ingress-gce#136) [observed].
"""

from __future__ import annotations

from localcloud.container import shape
from localcloud.container.cluster_api import ClusterApi
from localcloud.container.endpoints import ENDPOINT_SERVER, remember
from localcloud.container.kube import CLUSTER_APIS, start
from localcloud.container.networks import (
    give_addresses_back,
    subnetwork_of,
    take_address,
)
from localcloud.container.nodes import count, nodes
from localcloud.container.ranges import give_ranges_back, has_ranges, take_ranges
from localcloud.wire.messages import Json
from localcloud.world import World


def alive(cluster: Json) -> bool:
    """Whether the cluster's Kubernetes API is up: RUNNING, or being changed (RECONCILING)."""
    return cluster["status"] in ("RUNNING", "RECONCILING", "DEGRADED")


def come_up(world: World, full_name: str) -> None:
    """The cluster is RUNNING: its API is served, its nodes are Ready.

    The API is in `world[CLUSTER_APIS]` before the cluster says RUNNING, so that who hears of it finds it there.

    Raises:
        Refused: RESOURCE_EXHAUSTED: the network has no room for its ranges, or for its nodes.
    """
    clusters = world.store["container.clusters"]
    cluster = clusters.get(full_name)
    if cluster is None:
        return
    if not has_ranges(cluster):
        ranges = take_ranges(world, full_name, cluster, subnetwork_of(cluster))
        cluster = shape.merged(cluster, ranges)
        clusters.put(full_name, cluster)
    private = take_address(world, f"{full_name}/control-plane", subnetwork_of(cluster))
    version = cluster["currentMasterVersion"]
    api = start(world, full_name, version, nodes(world, full_name, cluster))
    host = shape.dns_endpoint(world, full_name)
    endpoints = world[ENDPOINT_SERVER].open_cluster(full_name, host, ClusterApi(world, full_name, api).answer)
    remember(world, cluster, endpoints.public)
    fields = shape.endpoint_fields(cluster, endpoints, host, private)
    pools = [{**pool, "status": "RUNNING"} for pool in cluster["nodePools"]]
    clusters.change(full_name, status="RUNNING", nodePools=pools, currentNodeCount=count(cluster), **fields)


def go_down(world: World, full_name: str) -> None:
    """The cluster is STOPPING: its API is gone at once, and its controllers with it [inferred]."""
    world.store["container.clusters"].change(full_name, status="STOPPING")
    if world[CLUSTER_APIS].pop(full_name, None) is not None:
        world[ENDPOINT_SERVER].close_cluster(full_name)


def vanish(world: World, full_name: str) -> None:
    """The cluster is gone, with its nodes' addresses and its pods' range."""
    cluster = world.store["container.clusters"].get(full_name)
    if cluster is None:
        return
    give_addresses_back(world, full_name)
    give_ranges_back(world, subnetwork_of(cluster), full_name)
    world.store["container.clusters"].delete(full_name)


def fail(world: World, full_name: str, error: Json) -> None:
    """The cluster is left in ERROR with the words of what failed; it can only be deleted."""
    if full_name in world.store["container.clusters"]:
        world.store["container.clusters"].change(full_name, status="ERROR", statusMessage=error["message"])
