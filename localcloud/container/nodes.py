"""The nodes of a cluster: as many in each zone as their pool says, each with an address of the subnetwork."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from localcloud.clock import rfc3339
from localcloud.container.machines import machine, millicpus
from localcloud.container.names import place_in
from localcloud.container.networks import external_address, subnetwork_of, take_address
from localcloud.container.shape import node_prefix
from localcloud.ids import keyed
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Json
from localcloud.world import World

_LETTERS = "bcdfghjklmnpqrstvwxz0123456789"


@dataclass(frozen=True)
class _Spot:
    name: str
    zone: str
    pool: Json
    index: int  # counts through the cluster: which /24 of the pods' range the node has


def count(cluster: Json) -> int:
    """How many nodes the cluster is to have."""
    return sum(pool["initialNodeCount"] * len(pool["locations"]) for pool in cluster["nodePools"])


def nodes(world: World, full_name: str, cluster: Json) -> list[Json]:
    """Node objects (v1) for every pool, Ready; takes their addresses."""
    return [_node(world, full_name, cluster, spot) for spot in _spots(full_name, cluster)]


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


def _spots(full_name: str, cluster: Json) -> Iterator[_Spot]:
    index = 0
    for pool in cluster["nodePools"]:
        for zone in pool["locations"]:
            for nth in range(pool["initialNodeCount"]):
                prefix = node_prefix(full_name, pool["name"], zone)
                yield _Spot(f"{prefix}-{_letters(f'{full_name}/{prefix}/{nth}')}", zone, pool, index)
                index += 1


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
    if not _private(cluster):
        addresses += [{"type": "ExternalIP", "address": external_address(owner)}]
    project = place_in(full_name).project
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


def _private(cluster: Json) -> bool:
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
