"""What a person deletes or changes by hand, and what a verification by name has to say of it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

from fleetgate.local.run import LocalRun
from localcloud.container.kube import CLUSTER_APIS
from localcloud.wire.messages import Json
from tests.acceptance import hands
from tests.acceptance.hands import ROUTING, WEST

ROUTE = f"{ROUTING}/HTTPRoute"


@dataclass(frozen=True)
class Missed:
    """What is said `later` seconds after a deletion by hand: a code, and part of the cause."""

    code: str
    cause: str
    later: float = 60.0


def _object(words: str, cluster: str) -> Missed:
    return Missed("OBJECT_MISSING", f"{words} in cluster {cluster} is ")


# By the kind of deletion in `hands.KINDS`; what cannot be deleted while it is in use is not here.
MISSED: dict[str, Missed] = {
    "route": _object("HTTPRoute store/store-route", "gke-west-1"),
    "Gateway": _object("Gateway store/internal-cross-region-gateway", "gke-west-1"),
    "config namespace": _object("Namespace store", "gke-west-1"),
    "namespace": _object("Namespace store", "gke-east-1"),
    "export": _object("ServiceExport store/store", "gke-east-1"),
    "Service": _object("Service store/store", "gke-east-1"),
    "cluster": Missed("CLUSTER_MISSING", "Cluster gke-east-1 in us-east1-c is ", 900.0),
    "config cluster": Missed("CLUSTER_MISSING", "Cluster gke-west-1 is ", 900.0),
    "every cluster": Missed("CLUSTER_MISSING", "Cluster gke-west-1 is ", 900.0),
    "membership": Missed("MEMBERSHIP_MISSING", "Cluster gke-east-1 in us-east1-c has no membership", 900.0),
    "config membership": Missed("MEMBERSHIP_MISSING", "Cluster gke-west-1 in us-west1-a has no", 900.0),
    "ingress": Missed("FEATURE_MISSING", "Feature multiclusteringress of the fleet", 900.0),
    "multi-cluster Services": Missed("FEATURE_MISSING", "Feature multiclusterservicediscovery of", 900.0),
    "both features": Missed("FEATURE_MISSING", "Feature multiclusterservicediscovery of", 900.0),
    "anchor": Missed("UNKNOWN_ENVIRONMENT", "There is no environment store"),
}
assert set(MISSED) <= set(hands.KINDS)


def change_route(local: LocalRun) -> None:
    """Somebody sends what was for the west to the east."""

    def to_east(spec: Json) -> None:
        spec["rules"][0]["backendRefs"][0]["name"] = "store-east-1"

    _edit_route(local, to_east)


def replace_route(local: LocalRun) -> None:
    """Somebody puts a route of their own in place of ours."""
    api = local.cloud.world[CLUSTER_APIS][WEST]
    live = copy.deepcopy(api.get(ROUTE, "store", "store-route"))
    assert live is not None
    api.delete(ROUTE, "store", "store-route")
    meta = {"name": "store-route", "namespace": "store", "labels": {"team": "shop"}}
    api.create(ROUTE, {**_bare(live), "metadata": meta})


def add_route(local: LocalRun, name: str, path: str = "/theirs", **rule: Json) -> None:
    """Somebody attaches a route of their own to our Gateway; nothing answers behind it."""
    api = local.cloud.world[CLUSTER_APIS][WEST]
    live = api.get(ROUTE, "store", "store-route")
    assert live is not None
    match = {"path": {"type": "PathPrefix", "value": path}}
    backend = {"group": "net.gke.io", "kind": "ServiceImport", "name": "nobodys", "port": 80}
    spec = {
        "parentRefs": live["spec"]["parentRefs"],
        "rules": [{"matches": [match], "backendRefs": [backend], **rule}],
    }
    meta = {"name": name, "namespace": "store", "labels": {"team": "shop"}}
    api.create(ROUTE, {**_bare(live), "metadata": meta, "spec": spec})


def _edit_route(local: LocalRun, edit: Callable[[Json], None]) -> None:
    api = local.cloud.world[CLUSTER_APIS][WEST]
    live = api.get(ROUTE, "store", "store-route")
    assert live is not None
    spec = copy.deepcopy(live["spec"])
    edit(spec)
    api.patch(ROUTE, "store", "store-route", {"spec": spec})


def _bare(live: Json) -> Json:
    return {name: live[name] for name in ("apiVersion", "kind", "spec")}
