"""A fleet whose traffic is to be proven: the tutorial's, or with rules of a test's own."""

from __future__ import annotations

from typing import Any

from functions.verification.expectation import FleetCluster, RoutingState
from shared.gateway.status import Vip
from shared.spec import Environment
from tests.support.live import environment, service_import, whole

Json = dict[str, Any]

STORE = environment()
MEMBERS = tuple(
    FleetCluster(f"{region}/memberships/{name}", name, region)
    for region, name in [
        ("us-west1", "gke-west-1"),
        ("us-east1", "gke-east-1"),
        ("us-central1", "gke-central-1"),
    ]
)
WEST, EAST, CENTRAL = (f"{each.region}/{each.name}" for each in MEMBERS)
VIPS = (Vip("us-west1", "10.138.0.5"), Vip("us-east1", "10.142.0.7"))
IMPORTS = {"store": (WEST, EAST), "store-west-1": (WEST,), "store-east-1": (EAST,)}


def world(
    wanted: Environment = STORE, vips: tuple[Vip, ...] = VIPS, **imports: tuple[str, ...]
) -> RoutingState:
    """The fleet with everything of `wanted` taken up, and imports that list these clusters."""
    objects = whole(wanted)
    gateway = next(each for each in objects.values() if each["kind"] == "Gateway")
    routes = tuple(each for each in objects.values() if each["kind"] == "HTTPRoute")
    listed = {name.replace("_", "-"): clusters for name, clusters in imports.items()} or IMPORTS
    found = {("store", name): service_import(name, *clusters) for name, clusters in listed.items()}
    return RoutingState(gateway, routes, found, MEMBERS, vips)


def routed(*rules: Json, **fields: Any) -> Environment:
    """An environment of services a and b with these rules."""
    services = [{"name": name, "port": 80, "selector": {"app": name}} for name in "ab"]
    return environment(services=services, routes=[{"name": "r", "rules": list(rules), **fields}])


def backend(name: str, **fields: Any) -> Json:
    return {"name": name, "port": 80, **fields}
