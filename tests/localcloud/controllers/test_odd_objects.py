"""Objects that fit their schemas and are odd all the same: no controller may choke on any, and every call is answered.

Base objects of every kind that a controller watches are changed at random, by their schemas, and written through the
API. A fault of a controller's is not outlived here: it fails the test, and names the seed.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from localcloud.controllers.mcs.controller import MultiClusterServices
from localcloud.controllers.workloads import Workloads
from localcloud.kubernetes import KubernetesApi
from localcloud.kubernetes.definitions import property_of, resolve
from localcloud.kubernetes.kinds import Kind
from localcloud.wire.messages import Caller, Json, Request, Response

from .clusters import deployment, service
from .gateways import GATEWAY, ROUTE, Gateways, gateway, route

ROUNDS = 40  # writes of one story
WORDS = (
    "", "x", "store", "gw", "route", "default", "kube-system", "lots", "-1", "0", "100%", "10.0.0.1", "10.0.0.0/0",
    "0.0.0.0/0", "::/0", "None", "ClientIP", "*", "*.example.com", "a.b", "/", "//", "/a", "HTTP", "TCP", "UDP",
    "2026-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "soon", "True", "False", "Ready", "Accepted", "a" * 63, "a" * 253,
    "ä", "A_b", "1e9", "1e999999", "100m", "projects/p/regions/r/addresses/a", "us-west1", "{}", "\u0000", "a b",
    "net.gke.io", "ServiceImport", "Service", "Gateway", "HTTPRoute", "v1", "gke-l7-cross-regional-internal-managed-mc",
)  # fmt: skip
NUMBERS = (0, 1, -1, 80, 8080, 110, 443, 65535, 65536, 1000, 2**31 - 1, 2**31, 2**63 - 1, 3 * 10**9, 0.5)
MERGE = "application/merge-patch+json"


def bases() -> dict[str, Json]:
    """A sound object of each kind, by kind."""
    target = {"targetRef": {"group": "net.gke.io", "kind": "ServiceImport", "name": "store"}}
    check = {"config": {"type": "HTTP", "httpHealthCheck": {"requestPath": "/"}}}
    grants = {"from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "store"}]}
    node = {"metadata": {"name": "odd", "labels": {}}, "spec": {"podCIDR": "10.4.200.0/24"}}
    pod = {"spec": {"containers": [{"name": "app", "image": "whereami:v1"}]}}
    return {
        "apps/Deployment": deployment(cpu="10m"),
        "apps/ReplicaSet": deployment("set"),
        "Pod": named("pod", **pod),
        "Service": service(),
        "Node": node,
        "Namespace": {"metadata": {"name": "other"}},
        "Endpoints": named("store", subsets=[{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}]),
        "discovery.k8s.io/EndpointSlice": named(
            "store", addressType="IPv4", endpoints=[{"addresses": ["10.0.0.1"]}]
        ),
        "Secret": named("secret", data={"key": "dmFsdWU="}),
        "net.gke.io/ServiceExport": named("store"),
        "net.gke.io/ServiceImport": named("store", spec={"type": "ClusterSetIP", "ports": [{"port": 8080}]}),
        GATEWAY: gateway("us-west1"),
        ROUTE: route("route"),
        "gateway.networking.k8s.io/ReferenceGrant": named(
            "grant", spec={**grants, "to": [{"group": "net.gke.io", "kind": "ServiceImport"}]}
        ),
        "gateway.networking.k8s.io/GatewayClass": {
            "metadata": {"name": "odd"},
            "spec": {"controllerName": "example.com/odd"},
        },
        "networking.gke.io/HealthCheckPolicy": named("health", spec={"default": check, **target}),
        "networking.gke.io/GCPBackendPolicy": named(
            "backend", spec={"default": {"timeoutSec": 30}, **target}
        ),
    }


def named(name: str, **fields: Any) -> Json:
    return {"metadata": {"name": name, "namespace": "store"}, **fields}


@dataclass
class Odd:
    """Makes values by schemas, at random."""

    chance: random.Random

    def changed(self, item: Json, schema: Json) -> Json:
        """`item` with a few places of it changed."""
        out = copy.deepcopy(item)
        for _ in range(self.chance.randint(1, 3)):
            self._change(out, schema)
        return out

    def _change(self, item: Any, schema: Json) -> None:
        holder, key, inner = self.chance.choice([*places(item, schema)])
        if isinstance(holder, dict) and key in holder and self.chance.random() < 0.2:
            del holder[key]
        elif isinstance(holder, dict):
            holder[key] = self.value(inner, 3)
        else:
            holder.append(self._item(inner, 3))

    def value(self, schema: Json, depth: int) -> Any:
        """A value that fits, most of the time."""
        schema = resolve(schema)
        if "enum" in schema and self.chance.random() < 0.9:
            return self.chance.choice(schema["enum"])
        if schema.get("x-kubernetes-int-or-string") or schema.get("format") == "quantity":
            return self.chance.choice([*WORDS, *NUMBERS])
        match schema.get("type"):
            case "object":
                return self._object(schema, depth)
            case "array":
                count = self.chance.choice([0, 1, 1, 2, 3]) if depth else 0
                return [self._item(schema.get("items", {}), depth - 1) for _ in range(count)]
            case "integer" | "number":
                return self._number(schema)
            case "boolean":
                return self.chance.random() < 0.5
        return self.chance.choice(WORDS)

    def _item(self, schema: Json, depth: int) -> Any:
        return None if self.chance.random() < 0.05 else self.value(schema, depth)

    def _number(self, schema: Json) -> Any:
        low, high = schema.get("minimum"), schema.get("maximum")
        fitting = [
            n for n in NUMBERS if n == int(n) and (low is None or n >= low) and (high is None or n <= high)
        ]
        return self.chance.choice(fitting if fitting and self.chance.random() < 0.9 else NUMBERS)

    def _object(self, schema: Json, depth: int) -> Json:
        out: Json = {}
        known, required = schema.get("properties", {}), schema.get("required", ())
        for name, inner in known.items():
            likely = 0.97 if name in required else 0.3 if depth > 0 else 0
            if self.chance.random() < likely:
                out[name] = self.value(inner, depth - 1)
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict):
            for _ in range(self.chance.randint(0, 2)):
                out[self.chance.choice(WORDS)] = self.value(extra, depth - 1)
        return out


def places(value: Any, schema: Json) -> Iterator[tuple[Any, Any, Json]]:
    """(container, key, schema) of everything that is in `value`, or may be."""
    schema = resolve(schema)
    if isinstance(value, dict):
        for name in {**schema.get("properties", {}), **value}:
            inner = property_of(schema, name)
            if inner is not None and name not in ("apiVersion", "kind", "name", "namespace"):
                yield value, name, inner
                if name in value:
                    yield from places(value[name], inner)
    elif isinstance(value, list):
        inner = schema.get("items", {})
        yield value, None, inner
        for member in value:
            yield from places(member, inner)


class Story:
    """A fleet of two clusters with all controllers, and somebody who writes oddly into one of them."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.odd = Odd(self.chance)
        self.cloud = Gateways("west", "east")
        self.cloud.enable_services()
        self.cloud.allow_importers()
        Workloads(self.cloud.world)
        MultiClusterServices(self.cloud.world)
        self.cloud.proxies()
        self.cloud.enable_ingress()
        for api in self.cloud.apis.values():
            api._objects.quota = {"Pod": 60, "Service": 60}
            api.create("Namespace", {"metadata": {"name": "store"}})
        self.cloud.wait(1200)
        self.api = self.cloud.west
        for key, item in bases().items():
            self.write("POST", self.path(self.kind(key), item), item)
        self.cloud.wait(1200)

    def kind(self, key: str) -> Kind:
        found = self.api.registry.named(key)
        assert found is not None, key
        return found

    def path(self, kind: Kind, item: Json, name: str = "") -> str:
        root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
        place = f"/namespaces/{item['metadata'].get('namespace', '')}" if kind.namespaced else ""
        return f"{root}{place}/{kind.plural}{name and f'/{name}'}"

    def write(self, method: str, path: str, body: Any, content: str = "application/json") -> Response:
        headers = {"content-type": content, "user-agent": "odd/1"}
        request = Request(method, path, {}, headers, json.dumps(body).encode(), Caller("somebody"))
        response = self.api.handle(request)
        assert response.status < 500, (method, path, body, response.body)
        return response

    def go_on(self) -> None:
        """One more write, and some time after it."""
        key, base = self.chance.choice([*bases().items()])
        kind, name = self.kind(key), base["metadata"]["name"]
        there = self.api.get(key, base["metadata"].get("namespace", "") if kind.namespaced else "", name)
        item = self.odd.changed(there or base, kind.schema)
        path = self.path(kind, base, name)
        match self.chance.choice(["put", "put", "status", "patch", "post", "delete", "scale"]):
            case "put":
                self.write("PUT", path, item)
            case "status" if kind.has_status:
                self.write("PATCH", f"{path}/status", {"status": item.get("status", {})}, MERGE)
            case "patch":
                self.write("PATCH", path, {k: v for k, v in item.items() if k != "metadata"}, MERGE)
            case "delete" if key != "Namespace":
                self.write("DELETE", path, {})
            case "scale" if "scale" in kind.subresources:
                replicas = self.chance.choice((0, 1, 3, 40))
                self.write("PATCH", f"{path}/scale", {"spec": {"replicas": replicas}}, MERGE)
            case _:
                fresh = {
                    **item,
                    "metadata": {**item.get("metadata", {}), "name": f"{name}-{self.chance.randint(0, 3)}"},
                }
                fresh["metadata"].pop("resourceVersion", None)
                self.write("POST", self.path(kind, base), fresh)
        self.cloud.wait(self.chance.choice((0, 0, 1, 60, 600)))
        self.write("GET", self.path(kind, base), None)


@pytest.mark.parametrize("seed", range(5))
def test_no_controller_chokes_on_an_odd_object(seed: int) -> None:
    """Whatever the API has let in; afterwards the controllers do their work as before."""
    story = Story(seed)
    for _ in range(ROUNDS):
        story.go_on()
    assert_works(story.cloud, story.api)


def assert_works(cloud: Gateways, api: KubernetesApi) -> None:
    """A Deployment made now gets its pods, if a node has room."""
    api.create("Node", {"metadata": {"name": "roomy"}, "spec": {"podCIDR": "10.5.0.0/24"}})
    api.replace_status("Node", "", "roomy", {"allocatable": {"cpu": "64", "pods": "110"}})
    api.create("Namespace", {"metadata": {"name": "calm"}})
    after = deployment("after", replicas=3)
    api.create("apps/Deployment", {**after, "metadata": {"name": "after", "namespace": "calm"}})
    cloud.wait(1200)
    found = api.get("apps/Deployment", "calm", "after")
    assert found is not None and 3 == found["status"]["readyReplicas"]


@pytest.mark.parametrize("key", ["Pod", "Node", "apps/ReplicaSet", "apps/Deployment"])
def test_a_null_among_the_conditions_of_a_status_stops_no_controller(key: str) -> None:
    """It is read as a condition that says nothing."""
    story = Story(0)
    for there in story.api.list(key):
        path = story.path(story.kind(key), there, there["metadata"]["name"])
        answer = story.write("PATCH", f"{path}/status", {"status": {"conditions": [None]}}, MERGE)
        assert 200 == answer.status, answer.body
    story.cloud.wait(60)
    assert_works(story.cloud, story.api)
