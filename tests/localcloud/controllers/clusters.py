"""A world with a fleet whose clusters are up, made by hand: no operations to wait for, no sockets."""

from __future__ import annotations

from collections.abc import Sequence

from localcloud.container.kube import CLUSTER_APIS
from localcloud.controllers.mcs.importer import IMPORTER, NAMESPACE, ROLE
from localcloud.gkehub.names import MCS, feature_name
from localcloud.iam import grants
from localcloud.kubernetes import KubernetesApi
from localcloud.time.clock import EPOCH
from localcloud.wire.messages import Json
from localcloud.world import World
from tests.support.projects import CLOUD_PROJECT as PROJECT

FEATURE = feature_name(PROJECT, MCS)
ZONES = {"west": "us-west1-a", "east": "us-east1-c"}


class Fleet:
    """The project `shop` and its clusters."""

    def __init__(self) -> None:
        self.world = World.create()
        self.project = self.world.projects.create(PROJECT)

    def cluster(self, name: str, nodes: int = 2, cpu: str = "940m", index: int = 0) -> KubernetesApi:
        """A RUNNING cluster `gke-<name>` in the zone of that name, with a membership that is READY."""
        zone, full = ZONES[name], self.full(name)
        api = KubernetesApi(self.world.clock, self.world.ids)
        for nth in range(nodes):
            add_node(api, f"{name}-{nth}", zone, f"10.{4 + 4 * index}.{nth}.0/24", cpu)
        self.world[CLUSTER_APIS][full] = api
        resource = {
            "name": f"gke-{name}",
            "status": "RUNNING",
            "clusterIpv4Cidr": f"10.{4 + 4 * index}.0.0/14",
            "networkConfig": {
                "network": f"projects/{PROJECT}/global/networks/default",
                "subnetwork": f"projects/{PROJECT}/regions/{zone[:-2]}/subnetworks/default",
            },
        }
        self.world.store["container.clusters"].put(full, resource)
        return api

    def register(self, name: str) -> str:
        """Its membership, READY; the full name."""
        full = self.membership(name)
        link = f"//container.googleapis.com/{self.full(name)}"
        membership = {"endpoint": {"gkeCluster": {"resourceLink": link}}, "state": {"code": "READY"}}
        self.world.store["gkehub.memberships"].put(full, membership)
        return full

    def enable_services(self) -> None:
        """The MCS feature, ACTIVE."""
        feature = {"name": FEATURE, "resourceState": {"state": "ACTIVE"}}
        self.world.store["gkehub.features"].put(FEATURE, feature)

    def allow_importers(self, member: str = "") -> str:
        """Bind the importers' role, propagated already; gives the member."""
        member = member or f"serviceAccount:{PROJECT}.svc.id.goog[{NAMESPACE}/{IMPORTER}]"
        grants.grant(self.world, f"projects/{PROJECT}", ROLE, member)
        return member

    def full(self, name: str) -> str:
        return f"projects/{PROJECT}/locations/{ZONES[name]}/clusters/gke-{name}"

    def membership(self, name: str) -> str:
        return f"projects/{PROJECT}/locations/{ZONES[name][:-2]}/memberships/gke-{name}"

    def numbered(self, name: str) -> str:
        return self.membership(name).replace(PROJECT, self.project.number, 1)

    def wait(self, seconds: float = 1200) -> None:
        """Let time pass."""
        self.world.clock.advance_to(self.world.clock.now + seconds)

    def kinds_of_work(self, kind: str) -> list[str]:
        return sorted(work.resource for work in self.world.ledger.works if work.kind == kind)


def add_node(api: KubernetesApi, name: str, zone: str, pods: str, cpu: str = "940m") -> None:
    item = {
        "metadata": {"name": name, "labels": {"topology.kubernetes.io/zone": zone}},
        "spec": {"podCIDR": pods},
    }
    api.create("Node", item)
    addresses = [{"type": "InternalIP", "address": f"10.138.0.{pods.split('.')[2]}"}]
    api.replace_status("Node", "", name, {"allocatable": {"cpu": cpu}, "addresses": addresses})


def add_namespace(api: KubernetesApi, name: str = "store") -> None:
    api.create("Namespace", {"metadata": {"name": name}})


def deployment(name: str = "store", replicas: int = 2, cpu: str = "", image: str = "whereami:v1") -> Json:
    """A Deployment of the app `name`, listening on 8080."""
    container: Json = {
        "name": "app",
        "image": image,
        "ports": [{"name": "http", "containerPort": 8080}],
    }
    if cpu:
        container["resources"] = {"requests": {"cpu": cpu}}
    return {
        "metadata": {"name": name, "namespace": "store"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
        },
    }


def service(name: str = "store", ports: Sequence[Json] = ({"port": 8080},), app: str = "store") -> Json:
    return {
        "metadata": {"name": name, "namespace": "store"},
        "spec": {"selector": {"app": app}, "ports": list(ports)},
    }


def export(api: KubernetesApi, name: str = "store") -> None:
    """A ServiceExport of the Service of that name."""
    item = {"apiVersion": "net.gke.io/v1", "kind": "ServiceExport"}
    api.create("net.gke.io/ServiceExport", {**item, "metadata": {"name": name, "namespace": "store"}})


def soon(world: World) -> None:
    """Let everything happen that is due within a second."""
    world.clock.advance_to(max(world.clock.now, EPOCH) + 1)
