"""Which backends of a verified environment take requests, by the local cloud's data plane: Fleetgate is not asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from localcloud.dataplane.convergence import ARRIVED
from localcloud.dataplane.endpoints import endpoints, healthy
from localcloud.world import World

Json = dict[str, Any]


def silent(world: World, document: Json) -> Iterator[str]:
    """The routes that the proxies do not know, and the clusters that no healthy backend of a rule is in."""
    for route in document["routes"]:
        if not any(name.endswith(f"/store/{route['name']}") for name in world.store[ARRIVED].names()):
            yield f"route {route['name']} in the proxies"
    used = {
        ref["name"] for route in document["routes"] for rule in route["rules"] for ref in rule["backendRefs"]
    }
    everywhere = [each["name"] for each in document["clusters"]]
    for service in (each for each in document["services"] if each["name"] in used):
        serving = _serving(world, f"gkemcg1-store-{service['name']}-{service['port']}-")
        for cluster in service.get("clusters", everywhere):
            if cluster not in serving:
                yield f"a healthy backend of {service['name']} in {cluster}"


def _serving(world: World, beginning: str) -> set[str]:
    """The short names of clusters with a healthy endpoint of the backend service whose name begins so."""
    names = world.store["compute.backendServices"].names()
    return {
        one.cluster.rpartition("/")[2]
        for name in names
        if name.rpartition("/")[2].startswith(beginning)
        for one in endpoints(world, name)
        if healthy(world, one)
    }
