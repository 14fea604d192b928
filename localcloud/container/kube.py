"""A new cluster's Kubernetes API and what is in it from the start: its nodes and the system's own."""

from __future__ import annotations

from collections.abc import Callable

from localcloud.kubernetes import KubernetesApi
from localcloud.kubernetes.api import Upkeep
from localcloud.wire.messages import Json
from localcloud.world import Part, World

# The Kubernetes API of each cluster that is up, by the cluster's full name (`projects/P/locations/L/clusters/C`).
CLUSTER_APIS: Part[dict[str, KubernetesApi]] = Part("the clusters' Kubernetes APIs", lambda _: {})

# What each namespace of a small cluster may have, by kind: ResourceQuota gke-resource-quotas [observed].
QUOTA = {"Pod": 1500, "Service": 500}

_DNS_PORTS = [
    {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53},
    {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53},
]


def start(world: World, cluster: str, version: str, nodes: list[Json]) -> KubernetesApi:
    """The API of a cluster (by full name) of that GKE version, in `world[CLUSTER_APIS]` from now on."""

    def in_time(what: str, resource: str, then: Callable[[], None]) -> None:
        world.ledger.perform(f"kubernetes.{what}.delete", f"{cluster}/{resource}", then)

    def soon(then: Callable[[], None]) -> None:
        world.clock.after(0, then)

    api = KubernetesApi(world.clock, world.ids, f"v{version}", upkeep=Upkeep(in_time, soon, QUOTA))
    for node in nodes:
        api.create("Node", node, manager="kubelet")
        api.replace_status("Node", "", node["metadata"]["name"], node["status"], manager="kubelet")
    api.create("Service", _dns(), manager="addon-manager")
    world[CLUSTER_APIS][cluster] = api
    return api


def _dns() -> Json:
    """The cluster's name service, without the Deployment behind it: nothing here resolves names."""
    labels = {"k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "KubeDNS"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "kube-dns", "namespace": "kube-system", "labels": labels},
        "spec": {"selector": {"k8s-app": "kube-dns"}, "ports": _DNS_PORTS},
    }
