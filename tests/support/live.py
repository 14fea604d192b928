"""Live objects of a config cluster, as its API shows them, and the tutorial's environment."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import yaml

from shared.gateway.wanted import wanted_objects
from shared.google import wire
from shared.google.cluster_endpoint import Endpoint
from shared.google.container import Cluster
from shared.spec import Environment, parse_environment
from tests.support.paths import ROOT
from tests.support.projects import PROJECT

Json = dict[str, Any]

NOW = 1_767_600_000.0
NETWORK = f"projects/{PROJECT}/global/networks/default"
EXAMPLE = yaml.safe_load((ROOT / "examples" / "store.yaml").read_text())
VIPS = {"us-west1": "10.138.0.5", "us-east1": "10.142.0.7"}


def environment(**fields: Any) -> Environment:
    """The tutorial's environment with other fields."""
    return parse_environment({**EXAMPLE, "project": PROJECT, **fields}, project=PROJECT)


def stamp(at: float) -> str:
    """As Kubernetes writes a time."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def one_cluster(
    status: str = "RUNNING", name: str = "gke-west-1", location: str = "us-west1-a", age: float = 100
) -> Cluster:
    """A cluster that can be reached if it serves."""
    path = f"projects/{PROJECT}/locations/{location}/clusters/{name}"
    membership = f"projects/{PROJECT}/locations/{location[:-2]}/memberships/{name}"
    return Cluster(name, path, location, status, stamp(NOW - age), membership, Endpoint("host.gke.goog"))


def condition(type_: str, status: str = "True", reason: str = "", message: str = "", age: float = 10) -> Json:
    """A condition of the first generation."""
    return {
        "type": type_,
        "status": status,
        "reason": reason or type_,
        "message": message,
        "observedGeneration": 1,
        "lastTransitionTime": stamp(NOW - age),
    }


def gateway_class() -> Json:
    """The multi-cluster class, accepted."""
    meta = {"name": "gke-l7-cross-regional-internal-managed-mc", "generation": 1}
    meta["creationTimestamp"] = stamp(NOW - 150)
    return {"metadata": meta, "status": {"conditions": [condition("Accepted")]}}


def born(wish: Json, age: float = 400, generation: int = 1) -> Json:
    """A wanted object as it is once it has been applied: with what the server adds."""
    live = copy.deepcopy(wish)
    live["metadata"] |= {"creationTimestamp": stamp(NOW - age), "generation": generation, "uid": "u"}
    return live


def programmed(gateway: Json, *conditions: Json) -> Json:
    """A Gateway with a load balancer; `conditions` replace its own."""
    every = conditions or (condition("Accepted"), condition("Programmed"))
    parts = [condition(each) for each in ("Accepted", "Programmed", "ResolvedRefs")]
    return gateway | {
        "status": {
            "conditions": list(every),
            "addresses": [{"type": "IPAddress", "value": each} for each in VIPS.values()],
            "listeners": [
                {"name": each["name"], "attachedRoutes": 1, "conditions": parts}
                for each in gateway["spec"]["listeners"]
            ],
        }
    }


def reconciled(route: Json, *conditions: Json) -> Json:
    """A route that is in the load balancer; `conditions` replace its own."""
    every = conditions or tuple(condition(each) for each in ("Accepted", "ResolvedRefs", "Reconciled"))
    parent = {
        "controllerName": "networking.gke.io/gateway",
        "parentRef": route["spec"]["parentRefs"][0],
        "conditions": list(every),
    }
    return route | {"status": {"parents": [parent]}}


def whole(wanted: Environment) -> dict[tuple[str, str, str], Json]:
    """Every wanted object, applied and taken up."""
    shown = {"Gateway": programmed, "HTTPRoute": reconciled}
    objects = [shown.get(each["kind"], lambda one: one)(born(each)) for each in wanted_objects(wanted)]
    return {(each["kind"], each["metadata"]["namespace"], each["metadata"]["name"]): each for each in objects}


def forwarding_rules(regions: dict[str, str] | None = None) -> list[wire.ForwardingRule]:
    """A global forwarding rule for each VIP (region → address)."""
    base = "https://www.googleapis.com/compute/v1/"
    return [
        {
            "name": f"gkemcg1-store-{region}",
            "IPAddress": address,
            "network": base + NETWORK,
            "subnetwork": f"{base}projects/{PROJECT}/regions/{region}/subnetworks/default",
        }
        for region, address in (regions or VIPS).items()
    ]


def service_import(name: str, *clusters: str, namespace: str = "store", age: float = 50) -> Json:
    """An import that lists clusters, given as `region/name`."""
    listed = [c.split("/") for c in clusters]
    members = [f"projects/123/locations/{region}/memberships/{cluster}" for region, cluster in listed]
    return {
        "metadata": {"name": name, "namespace": namespace, "creationTimestamp": stamp(NOW - age)},
        "spec": {"type": "ClusterSetIP", "ports": [{"port": 8080}]},
        "status": {"clusters": [{"cluster": each} for each in members]},
    }
