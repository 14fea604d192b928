"""The nodes of a cluster: as many in each zone as their pool says, each with an address of the subnetwork.

A pool that is changed gets other nodes; what ran on those that go is gone with them, and made again elsewhere.
"""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from localcloud.container.kube import CLUSTER_APIS
from localcloud.container.machines import machine, millicpus
from localcloud.container.names import parent_in
from localcloud.container.networks import external_address, subnetwork_of, take_address
from localcloud.container.shape import node_prefix
from localcloud.ids import keyed
from localcloud.time.clock import rfc3339
from localcloud.wire.errors import Refused, invalid, not_implemented
from localcloud.wire.messages import Json
from localcloud.world import World

MOST_NODES = 200  # of one cluster; GKE's own limits are in the thousands [documented: quotas]
_LETTERS = "bcdfghjklmnpqrstvwxz0123456789"


@dataclass(frozen=True)
class _Spot:
    name: str
    zone: str
    pool: Json
    index: int  # which /24 of the pods' range the node has


def count(cluster: Json) -> int:
    """How many nodes the cluster is to have."""
    return sum(pool["initialNodeCount"] * len(pool["locations"]) for pool in cluster["nodePools"])


def check_count(cluster: Json) -> None:
    """Refuse a cluster of more nodes than are made here in a fraction of a second.

    Raises:
        Refused: INVALID_ARGUMENT, a pool is to have fewer than none [inferred words]; UNIMPLEMENTED.
    """
    if any(pool["initialNodeCount"] < 0 for pool in cluster["nodePools"]):
        raise invalid("Node count must not be negative.", "badRequest")
    if count(cluster) > MOST_NODES:
        raise not_implemented(f"clusters of more than {MOST_NODES} nodes")


def nodes(world: World, full_name: str, cluster: Json) -> list[Json]:
    """Node objects (v1) for every pool, Ready; takes their addresses."""
    return [_node(world, full_name, cluster, spot) for spot in _missing(full_name, cluster, [])]


def converge(world: World, full_name: str, cluster: Json, most: int | None = None) -> None:
    """Let the nodes be as the pools say, at `most` so many of them in this call; a new one comes before an old goes.

    Pods go with their node, as when it is drained [documented: GKE surge upgrades].
    """
    api = world[CLUSTER_APIS].get(full_name)
    if api is None:
        return
    there = api.list("Node")
    for spot in list(_missing(full_name, cluster, there))[:most]:
        node = _node(world, full_name, cluster, spot)
        api.create("Node", node, manager="kubelet")
        api.replace_status("Node", "", spot.name, node["status"], manager="kubelet")
    for node in list(_surplus(cluster, there))[:most]:
        _remove(world, full_name, node["metadata"]["name"])


def _remove(world: World, full_name: str, name: str) -> None:
    api = world[CLUSTER_APIS][full_name]
    api.delete("Node", "", name)
    world.store["container.addresses"].delete(f"{full_name}/nodes/{name}")
    for pod in api.list("Pod"):
        if pod["spec"].get("nodeName") == name:
            api.delete("Pod", pod["metadata"]["namespace"], pod["metadata"]["name"])


def capacity(cluster: Json) -> tuple[int, int]:
    """vCPUs and memory (MiB) of all nodes, as a membership tells them."""
    cpus = memory = 0
    for pool in cluster["nodePools"]:
        found = machine(pool["config"]["machineType"])
        assert found is not None, "an unknown machine type is refused at creation"
        nodes_in_pool = pool["initialNodeCount"] * len(pool["locations"])
        cpus += found.cpus * nodes_in_pool
        memory += found.memory * nodes_in_pool
    return cpus, memory


def _missing(full_name: str, cluster: Json, there: list[Json]) -> Iterator[_Spot]:
    """The nodes that are wanted and not `there`; each with a name and a block of pod addresses that are free."""
    names = {node["metadata"]["name"] for node in there}
    taken = {_block_index(cluster, node) for node in there}
    blocks = (index for index in itertools.count() if index not in taken)
    for pool, zone in _places(cluster):
        prefix = node_prefix(full_name, pool["name"], zone)
        key = (
            f"{full_name}/{prefix}" if not there else f"{full_name}/{prefix}/{pool['config']['machineType']}"
        )
        fresh = (f"{prefix}-{_letters(f'{key}/{nth}')}" for nth in itertools.count())
        for _ in range(pool["initialNodeCount"] - len(_fitting(cluster, pool, zone, there))):
            spot = _Spot(
                next(name for name in fresh if name not in names),
                zone,
                pool,
                next(blocks),
            )
            names.add(spot.name)
            yield spot


def _surplus(cluster: Json, there: list[Json]) -> Iterator[Json]:
    """The nodes that are too many, or not as their pool says."""
    kept = {
        node["metadata"]["name"]
        for pool, zone in _places(cluster)
        for node in _fitting(cluster, pool, zone, there)[: pool["initialNodeCount"]]
    }
    return (node for node in there if node["metadata"]["name"] not in kept)


def _places(cluster: Json) -> Iterator[tuple[Json, str]]:
    return ((pool, zone) for pool in cluster["nodePools"] for zone in pool["locations"])


def _fitting(cluster: Json, pool: Json, zone: str, there: list[Json]) -> list[Json]:
    """Those of a pool in a zone that are of its machine type, and have external addresses or not, as it says."""
    return [
        node
        for node in there
        if _label(node, "cloud.google.com/gke-nodepool") == pool["name"]
        and _label(node, "topology.kubernetes.io/zone") == zone
        and _label(node, "node.kubernetes.io/instance-type") == pool["config"]["machineType"]
        and _has_external_address(node) != is_private(cluster, pool)
    ]


def _has_external_address(node: Json) -> bool:
    addresses = node.get("status", {}).get("addresses", [])
    return any(each.get("type") == "ExternalIP" for each in addresses)


def _label(node: Json, name: str) -> str:
    """A label of a node; one that somebody made by hand need not have it."""
    return str(node["metadata"].get("labels", {}).get(name, ""))


def _block_index(cluster: Json, node: Json) -> int:
    """Which /24 of the pods' range a node has; -1 for one that somebody made by hand without any."""
    first = ipaddress.IPv4Network(cluster["clusterIpv4Cidr"]).network_address
    given = node.get("spec", {}).get("podCIDR")
    return (int(ipaddress.ip_network(given).network_address) - int(first)) // 256 if given else -1


def _letters(key: str) -> str:
    number, text = keyed(key, len(_LETTERS) ** 4), ""
    for _ in range(4):
        number, rest = divmod(number, len(_LETTERS))
        text += _LETTERS[rest]
    return text


def _node(world: World, full_name: str, cluster: Json, spot: _Spot) -> Json:
    owner = f"{full_name}/nodes/{spot.name}"
    address = take_address(world, owner, subnetwork_of(cluster))
    pods = _pods(cluster, spot)
    addresses = [{"type": "InternalIP", "address": address}]
    if not is_private(cluster, spot.pool):
        addresses += [{"type": "ExternalIP", "address": external_address(owner)}]
    project = parent_in(full_name).project
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": spot.name, "labels": _labels(spot)},
        "spec": {
            "podCIDR": pods,
            "podCIDRs": [pods],
            "providerID": f"gce://{project}/{spot.zone}/{spot.name}",
        },
        "status": {
            **_resources(spot.pool["config"]["machineType"]),
            "addresses": [*addresses, {"type": "Hostname", "address": spot.name}],
            "conditions": _conditions(world),
            "nodeInfo": _info(world, cluster),
        },
    }


def _pods(cluster: Json, spot: _Spot) -> str:
    """The node's /24 of the pods' range: room for its 110 pods, twice [documented]."""
    block = ipaddress.IPv4Network(cluster["clusterIpv4Cidr"])
    first = block.network_address + 256 * spot.index
    if first not in block:
        raise Refused(
            "RESOURCE_EXHAUSTED", f"IP space of pod range {block} is exhausted."
        )  # words [inferred]
    return f"{first}/24"


def is_private(cluster: Json, pool: Json) -> bool:
    """Whether a pool's nodes have internal addresses only: as it says, else as the cluster does [documented]."""
    own = pool.get("networkConfig", {}).get("enablePrivateNodes")
    if own is not None:
        return bool(own)
    return bool(
        cluster["networkConfig"].get("defaultEnablePrivateNodes")
        or cluster["privateClusterConfig"].get("enablePrivateNodes")
    )


def _labels(spot: _Spot) -> dict[str, str]:
    """A node's labels [documented: GKE and Kubernetes well-known labels]."""
    kind = spot.pool["config"]["machineType"]
    region = spot.zone.rsplit("-", 1)[0]
    return {
        **spot.pool["config"].get("labels", {}),
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/instance-type": kind,
        "beta.kubernetes.io/os": "linux",
        "cloud.google.com/gke-boot-disk": spot.pool["config"]["diskType"],
        "cloud.google.com/gke-container-runtime": "containerd",
        "cloud.google.com/gke-nodepool": spot.pool["name"],
        "cloud.google.com/gke-os-distribution": "cos",
        "cloud.google.com/machine-family": kind.split("-")[0],
        "failure-domain.beta.kubernetes.io/region": region,
        "failure-domain.beta.kubernetes.io/zone": spot.zone,
        "iam.gke.io/gke-metadata-server-enabled": "true",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": spot.name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": kind,
        "topology.kubernetes.io/region": region,
        "topology.kubernetes.io/zone": spot.zone,
    }


def _resources(kind: str) -> Json:
    found = machine(kind)
    assert found is not None, "an unknown machine type is refused at creation"
    return {
        "capacity": {"cpu": str(found.cpus), "memory": f"{found.memory}Mi", "pods": "110"},
        "allocatable": {
            "cpu": f"{millicpus(kind)}m",
            "memory": f"{found.allocatable_memory}Mi",
            "pods": "110",
        },
    }


def _conditions(world: World) -> list[Json]:
    now = rfc3339(world.clock.now, 0)
    rows = [
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    ]
    return [
        {"type": kind, "status": status, "reason": reason, "message": words,
         "lastHeartbeatTime": now, "lastTransitionTime": now}
        for kind, status, reason, words in rows
    ]  # fmt: skip


def _info(world: World, cluster: Json) -> Json:
    return {
        "architecture": "amd64",
        "bootID": world.ids.uid(),
        "containerRuntimeVersion": "containerd://2.0.6",
        "kernelVersion": "6.6.97+",
        "kubeProxyVersion": f"v{cluster['currentMasterVersion']}",
        "kubeletVersion": f"v{cluster['currentMasterVersion']}",
        "machineID": world.ids.hex(32),
        "operatingSystem": "linux",
        "osImage": "Container-Optimized OS from Google",
        "systemUUID": world.ids.uid(),
    }
