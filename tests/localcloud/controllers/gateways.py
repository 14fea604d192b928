"""A fleet with a config cluster on which Gateways are looked after: made by hand, driven by the clock, no sockets."""

from __future__ import annotations

import json
from typing import Any

from localcloud.compute.creation import create_default_network, create_subnetwork
from localcloud.controllers.gateway import GatewayController
from localcloud.controllers.gateway_api import CROSS_REGION, GatewayApiController
from localcloud.controllers.mcs import MultiClusterServices
from localcloud.controllers.workloads import Workloads
from localcloud.dataplane import Client, Convergence, HttpRequest, answer
from localcloud.gkehub.names import MCI, feature_name
from localcloud.kubernetes import KubernetesApi
from localcloud.wire.messages import Json, Response
from tests.localcloud.controllers.clusters import Fleet, add_namespace, deployment, export, service
from tests.support.projects import CLOUD_PROJECT as PROJECT

GATEWAY = "gateway.networking.k8s.io/Gateway"
ROUTE = "gateway.networking.k8s.io/HTTPRoute"
IMPORT = "net.gke.io/ServiceImport"
FEATURE = feature_name(PROJECT, MCI)
NETWORK = f"projects/{PROJECT}/global/networks/default"
RANGES = {"us-west1": "172.16.0.0/23", "us-east1": "172.16.2.0/23", "europe-west1": "172.16.4.0/23"}
WHEREAMI = "us-docker.pkg.dev/google-samples/containers/gke/whereami:v1.2.20"
ANY: Any = None


class Gateways(Fleet):
    """Clusters `west` (the config cluster) and `east`, the default network, the controllers of Gateways."""

    def __init__(self, *clusters: str, mode: str = "auto") -> None:
        super().__init__()
        create_default_network(self.world, PROJECT, mode)
        self.api_controller = GatewayApiController(self.world)
        self.controller = GatewayController(self.world)
        self.convergence = Convergence(self.world)
        self.apis: dict[str, KubernetesApi] = {}
        for index, name in enumerate(clusters or ("west",)):
            self.apis[name] = self.cluster(name, index=index)
            self.enable_gateway_api(name)
            self.register(name)

    @property
    def west(self) -> KubernetesApi:
        return self.apis["west"]

    def enable_gateway_api(self, name: str) -> None:
        clusters, full = self.world.store["container.clusters"], self.full(name)
        config = (clusters.get(full) or {})["networkConfig"]
        clusters.change(full, networkConfig={**config, "gatewayApiConfig": {"channel": "CHANNEL_STANDARD"}})
        self.wait(0)

    def enable_ingress(self, config: str = "west") -> None:
        """The ingress feature, ready to use."""
        feature = {
            "name": FEATURE,
            "spec": {MCI: {"configMembership": self.numbered(config)}},
            "resourceState": {"state": "ACTIVE"},
            "state": {"state": {"code": "OK", "description": "Ready to use"}},
        }
        self.world.store["gkehub.features"].put(FEATURE, feature)
        self.wait(0)

    def proxies(self, *regions: str, **fields: str) -> None:
        """ACTIVE proxy-only subnetworks of the default network."""
        for region in regions or ("us-west1", "us-east1"):
            body = {
                "ipCidrRange": RANGES[region],
                "purpose": "GLOBAL_MANAGED_PROXY",
                "role": "ACTIVE",
                **fields,
            }
            create_subnetwork(self.world, NETWORK, region, f"{region}-proxies", body)

    def reserve(self, region: str, name: str, **fields: str) -> str:
        """A reserved internal address, its IP."""
        full = f"projects/{PROJECT}/regions/{region}"
        address = f"10.138.0.{200 + len(name)}" if region == "us-west1" else f"10.142.0.{200 + len(name)}"
        body = {
            "name": name,
            "address": address,
            "addressType": "INTERNAL",
            "purpose": "GCE_ENDPOINT",
            "status": "RESERVED",
            "subnetwork": f"https://www.googleapis.com/compute/v1/{full}/subnetworks/default",
            **fields,
        }
        self.world.store["compute.addresses"].put(f"{full}/addresses/{name}", body)
        return address

    def imports(self, *names: str, port: int = 8080) -> None:
        """ServiceImports as multi-cluster Services would make them, without the rest of it."""
        if self.west.get("Namespace", "", "store") is None:
            add_namespace(self.west)
        self.west.install_bundle("net.gke.io_serviceimports")
        for name in names:
            spec = {"type": "ClusterSetIP", "ports": [{"port": port}]}
            item = {"metadata": {"name": name, "namespace": "store"}, "spec": spec}
            self.west.create(IMPORT, item)

    def gateway(self, *regions: str, name: str = "gw", **spec: Any) -> None:
        """Create a Gateway with an ephemeral address in each region."""
        self.west.create(GATEWAY, gateway(*regions, name=name, **spec))

    def route(self, name: str = "route", **spec: Any) -> None:
        """Create a route of everything to the import `store`."""
        self.west.create(ROUTE, route(name, **spec))

    def seen(self, name: str = "gw") -> Json:
        found = self.west.get(GATEWAY, "store", name)
        assert found is not None
        return found

    def condition(self, kind: str, name: str = "gw") -> Json:
        return condition(self.seen(name)["status"]["conditions"], kind)

    def parent(self, kind: str, name: str = "route") -> Json:
        found = self.west.get(ROUTE, "store", name)
        assert found is not None
        return condition(found["status"]["parents"][0]["conditions"], kind)

    def events(self, kind: str, reason: str = "SYNC", type_: str = "Warning") -> list[str]:
        found = [one for one in self.west.list("Event") if one["involvedObject"]["kind"] == kind]
        return [one["message"] for one in found if (one["reason"], one["type"]) == (reason, type_)]

    def names(self, kind: str) -> list[str]:
        """The short names of a kind of compute resource that this class of Gateway made."""
        found = self.world.store[f"compute.{kind}"].names(f"projects/{PROJECT}/global/")
        return [name.rsplit("/", 1)[1] for name in found if "/gkemcg1-" in name]

    def works(self, kind: str) -> list[str]:
        return [work.resource for work in self.world.ledger.works if work.kind == kind]

    def get(self, vip: str, path: str = "/", host: str = "store.example.internal", **more: Any) -> Response:
        """GET over the data plane, from a client in the VPC."""
        headers = {"host": host, **more}
        return answer(
            self.world, Client(NETWORK, "us-central1"), HttpRequest("GET", f"{vip}:80", path, headers)
        )

    def vips(self, name: str = "gw") -> list[str]:
        return [one["value"] for one in self.seen(name)["status"].get("addresses", [])]


class Store(Gateways):
    """The tutorial's environment: two clusters, the sample app, three exports, all controllers."""

    def __init__(self, image: str = WHEREAMI, namespace: str = "store") -> None:
        super().__init__("west", "east")
        self.services = MultiClusterServices(self.world)
        self.workloads = Workloads(self.world)
        self.enable_services()
        self.allow_importers()
        self.enable_ingress()
        self.proxies()
        self.wait(300)
        for name, api in self.apis.items():
            add_namespace(api)
            api.create("apps/Deployment", deployment(image=image))
            for exported in ("store", f"store-{name}-1"):
                api.create("Service", service(exported))
                export(api, exported)


def gateway(*regions: str, name: str = "gw", **spec: Any) -> Json:
    """A Gateway of the cross-region class, listening for HTTP on 80."""
    prefix = "networking.gke.io/ephemeral-ipv4-address/"
    return {
        "metadata": {"name": name, "namespace": "store"},
        "spec": {
            "gatewayClassName": CROSS_REGION,
            "listeners": [{"name": "http", "protocol": "HTTP", "port": 80}],
            **({"addresses": [{"type": prefix + region} for region in regions]} if regions else {}),
            **spec,
        },
    }


def route(name: str = "route", **spec: Any) -> Json:
    """An HTTPRoute of Gateway `gw`; `rules` default to everything to the import `store`."""
    return {
        "metadata": {"name": name, "namespace": "store"},
        "spec": {
            "parentRefs": [{"name": "gw"}],
            "hostnames": ["store.example.internal"],
            "rules": [{"backendRefs": [backend("store")]}],
            **spec,
        },
    }


def store_route() -> Json:
    """The tutorial's route."""
    return route(
        rules=[
            {"matches": [prefix("/west")], "backendRefs": [backend("store-west-1")]},
            {"matches": [prefix("/east")], "backendRefs": [backend("store-east-1")]},
            {"backendRefs": [backend("store")]},
        ]
    )


def backend(name: str, port: int = 8080, **more: Any) -> Json:
    """A backendRef to a ServiceImport."""
    return {"group": "net.gke.io", "kind": "ServiceImport", "name": name, "port": port, **more}


def prefix(path: str) -> Json:
    """A match of a path prefix."""
    return {"path": {"type": "PathPrefix", "value": path}}


def condition(conditions: list[Json], kind: str) -> Json:
    """The condition of a type."""
    return next(one for one in conditions if one["type"] == kind)


def policy(kind: str, target: str, default: Json, group: str = "net.gke.io") -> Json:
    """A policy on a ServiceImport."""
    target_kind = "ServiceImport" if group else "Service"
    return {
        "metadata": {"name": f"{target}-policy", "namespace": "store"},
        "spec": {"targetRef": {"group": group, "kind": target_kind, "name": target}, "default": default},
    }


def described(part: Json) -> Json:
    """The JSON in a part's description."""
    found: Json = json.loads(part["description"])
    return found
