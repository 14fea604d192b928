"""The Gateway API in clusters: its CRDs and GatewayClasses, where and when GKE has them.

A cluster with the STANDARD channel has the CRDs and the single-cluster classes when it is RUNNING. The
multi-cluster classes (`-mc`) come to the config cluster alone, some time after the ingress feature says
that it is ready, and leave it when the config membership moves or the feature goes [observed, the leaving
inferred].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from localcloud.container.kube import CLUSTER_APIS
from localcloud.contested import CONTESTED
from localcloud.controllers.config_membership import ConfigCluster, config_clusters
from localcloud.controllers.fleet import agent_deprived
from localcloud.controllers.queue import Queue
from localcloud.kubernetes import KubernetesApi
from localcloud.kubernetes.catalog import crd, with_bare_ports
from localcloud.time.clock import rfc3339
from localcloud.time.ledger import Work
from localcloud.wire.messages import Json
from localcloud.world import World

GATEWAY_CLASS = "gateway.networking.k8s.io/GatewayClass"
CONTROLLER_NAME = "networking.gke.io/gateway"
_EVERYTHING = ""  # what is looked at: everything there is, or the classes of a feature whose work is over
CROSS_REGION = "gke-l7-cross-regional-internal-managed-mc"

# What `kubectl get gatewayclass` shows [documented: GatewayClass capabilities].
SINGLE_CLUSTER = (
    "gke-l7-global-external-managed",
    "gke-l7-gxlb",
    "gke-l7-regional-external-managed",
    "gke-l7-rilb",
)
MULTI_CLUSTER = (CROSS_REGION, *(f"{name}-mc" for name in SINGLE_CLUSTER))

HEALTH_CHECK_POLICIES = "networking.gke.io_healthcheckpolicies"
CRDS = (
    "gateway.networking.k8s.io_gatewayclasses",
    "gateway.networking.k8s.io_gateways",
    "gateway.networking.k8s.io_httproutes",
    "gateway.networking.k8s.io_referencegrants",
    HEALTH_CHECK_POLICIES,
    "networking.gke.io_gcpbackendpolicies",
)


@dataclass
class _Placement:
    """Where a feature's classes are, or are on their way to."""

    cluster: str
    work: Work


class GatewayApiController:
    """Keeps CRDs and classes as they should be. Made once with the world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._placements: dict[str, _Placement] = {}
        self._queue: Queue[str] = Queue(world, "gateway-api-installer", self._look)
        for kind in ("container.clusters", "gkehub.features", "gkehub.memberships"):
            world.store[kind].subscribe(lambda name, resource: self._queue.add(_EVERYTHING))

    def _look(self, key: str) -> None:
        if key == _EVERYTHING:
            self._look_at_everything()
        elif key in self._placements and self._placements[key].work.over:
            self._arrive(self._placements[key].cluster)

    def _look_at_everything(self) -> None:
        """Look at every cluster and every ingress feature."""
        for name, cluster in self._world.store["container.clusters"].items():
            api = self._world[CLUSTER_APIS].get(name)
            if api is not None and _has_gateway_api(cluster):
                _install(api, self._world.clock.now, self._world[CONTESTED].bare_check_port)
        self._place({one.feature: one for one in config_clusters(self._world)})

    def _place(self, wanted: Mapping[str, ConfigCluster]) -> None:
        for feature, placement in list(self._placements.items()):
            moved = feature not in wanted or wanted[feature].cluster != placement.cluster
            if moved or not self._wants_gateways(placement.cluster):
                self._withdraw(feature, placement)
        for feature, config in sorted(wanted.items()):
            if feature not in self._placements and self._ready(config):
                self._begin(config)

    def _ready(self, config: ConfigCluster) -> bool:
        """The feature says so, and the cluster knows what a GatewayClass is."""
        feature = self._world.store["gkehub.features"].get(config.feature) or {}
        cluster = self._world.store["container.clusters"].get(config.cluster) or {}
        fine = feature.get("state", {}).get("state", {}).get("code") == "OK" and _has_gateway_api(cluster)
        return fine and not agent_deprived(self._world, config.cluster.split("/")[1])

    def _wants_gateways(self, cluster: str) -> bool:
        """Whether the cluster has not been told to do without the Gateway API; the CRDs stay [inferred]."""
        found = self._world.store["container.clusters"].get(cluster) or {}
        config: Json = found.get("networkConfig", {}).get("gatewayApiConfig", {})
        return bool(config.get("channel") != "CHANNEL_DISABLED")

    def _begin(self, config: ConfigCluster) -> None:
        ledger = self._world.ledger
        work = ledger.perform(
            "mci.gatewayclass",
            config.feature,
            partial(self._queue.add, config.feature),
            [
                ledger.latest("mci.state", config.feature),
                ledger.latest("container.clusters.update", config.cluster),
            ],
        )
        self._placements[config.feature] = _Placement(config.cluster, work)

    def _arrive(self, cluster: str) -> None:
        api = self._world[CLUSTER_APIS].get(cluster)
        if api is not None:
            _add_classes(api, MULTI_CLUSTER, self._world.clock.now)

    def _withdraw(self, feature: str, placement: _Placement) -> None:
        placement.work.cancel()
        del self._placements[feature]
        api = self._world[CLUSTER_APIS].get(placement.cluster)
        for name in MULTI_CLUSTER:
            if api is not None and api.get(GATEWAY_CLASS, "", name):
                api.delete(GATEWAY_CLASS, "", name)


def accepted(api: KubernetesApi, name: str) -> bool:
    """Whether the cluster has this GatewayClass, Accepted."""
    found = api.get(GATEWAY_CLASS, "", name) or {}
    conditions = found.get("status", {}).get("conditions", [])
    return any(one["type"] == "Accepted" and one["status"] == "True" for one in conditions)


def _has_gateway_api(cluster: Json) -> bool:
    config = cluster.get("networkConfig", {}).get("gatewayApiConfig", {})
    return cluster.get("status") == "RUNNING" and config.get("channel") == "CHANNEL_STANDARD"


def _install(api: KubernetesApi, now: float, bare_ports: bool) -> None:
    if not all(api.get(GATEWAY_CLASS, "", name) for name in SINGLE_CLUSTER):
        api.install_bundle(*CRDS)
        if bare_ports:
            api.install(with_bare_ports(crd(HEALTH_CHECK_POLICIES)))
        _add_classes(api, SINGLE_CLUSTER, now)


def _add_classes(api: KubernetesApi, names: tuple[str, ...], now: float) -> None:
    for name in names:
        if api.get(GATEWAY_CLASS, "", name) is None:
            spec = {"controllerName": CONTROLLER_NAME}
            api.create(GATEWAY_CLASS, {"metadata": {"name": name}, "spec": spec}, "gke-gateway-controller")
            status = {"conditions": [_accepted_condition(now)]}
            api.replace_status(GATEWAY_CLASS, "", name, status, "gke-gateway-controller")


def _accepted_condition(now: float) -> Json:
    return {
        "type": "Accepted",
        "status": "True",
        "reason": "Accepted",
        "message": "",
        "observedGeneration": 1,
        "lastTransitionTime": rfc3339(now, 0),
    }
