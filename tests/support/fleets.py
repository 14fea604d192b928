"""A fleet as the functions see it: clusters, memberships, features, ours and as wanted unless said otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shared import labels
from shared.google.container import STANDARD, Cluster, NodePool
from shared.google.gkehub import INGRESS, MCS, Feature, Membership, State
from shared.google.lists import Listing
from tests.support.live import NOW, stamp
from tests.support.projects import PROJECT

OURS = {labels.OWNER: "store"}
PLACES = {"gke-west-1": "us-west1-a", "gke-east-1": "us-east1-c"}
OK = State("OK", "")
FEATURES = f"projects/{PROJECT}/locations/global/features"


def listed(clusters: Iterable[Cluster], *holes: str) -> Listing[Cluster]:
    """A list of clusters, with holes in these places."""
    return Listing("container", "clusters", list(clusters), holes)


def cluster(name: str = "gke-west-1", location: str = "", age: float = 400, **fields: Any) -> Cluster:
    """A cluster of the environment's."""
    location = location or PLACES[name]
    whole: dict[str, Any] = {
        "name": name,
        "path": f"projects/{PROJECT}/locations/{location}/clusters/{name}",
        "location": location,
        "status": "RUNNING",
        "created": stamp(NOW - age),
        "network": "default",
        "subnetwork": "default",
        "labels": OURS,
        "gateway_channel": STANDARD,
        "workload_pool": f"{PROJECT}.svc.id.goog",
        "fleet_project": PROJECT,
        "membership": member_path(name),
        "release_channel": "regular",
        "vpc_native": True,
        "dns_external": True,
        "public": True,
        "pools": (pool(name, location=location),),
        "pod_range": "10.0.0.0/14" if name == "gke-west-1" else "10.4.0.0/14",
        "service_range": "34.118.224.0/20",
    }
    return Cluster(**{**whole, **fields})


def pool(name: str, machine: str = "e2-medium", count: int = 3, location: str = "") -> NodePool:
    """The node pool that a cluster is made with."""
    path = f"projects/{PROJECT}/locations/{location or PLACES[name]}/clusters/{name}/nodePools/default-pool"
    return NodePool(path, machine, count, "default", scales=False, private=False)


def member_path(name: str) -> str:
    """The full name of a cluster's membership."""
    return f"projects/{PROJECT}/locations/{PLACES[name][:-2]}/memberships/{name}"


def memberships(*names: str, ready: bool = True, age: float = 300) -> dict[str, Membership]:
    """The memberships of these clusters (of both, if none is named), by key."""
    found = [Membership(member_path(name), ready, NOW - age) for name in names or PLACES]
    return {each.key: each for each in found}


def feature(name: str, age: float = 300, **fields: Any) -> Feature:
    """A feature of the environment's, with every state OK."""
    whole: dict[str, Any] = {
        "path": f"{FEATURES}/{name}",
        "labels": OURS,
        "created": NOW - age,
        "status": "ACTIVE",
        "state": OK if name == INGRESS else State("", ""),
        "config_membership": member_path("gke-west-1") if name == INGRESS else "",
        "members": dict.fromkeys(memberships(), OK),
    }
    return Feature(**{**whole, **fields})


def both(**ingress: Any) -> dict[str, Feature]:
    """Both features; keywords replace fields of ingress."""
    return {MCS: feature(MCS), INGRESS: feature(INGRESS, **ingress)}
