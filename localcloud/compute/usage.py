"""Who uses a resource: what Google names when it refuses to delete one.

Nothing keeps count. It is read off the resources' own fields each time, so no path of change can leave it
wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from localcloud.compute.kinds import KINDS, Kind
from localcloud.compute.names import full_name, project_of, scope_of, short
from localcloud.ids import keyed
from localcloud.regions import region_of
from localcloud.store import Store
from localcloud.wire.messages import Json
from localcloud.world import World

PROXY_PURPOSES = ("GLOBAL_MANAGED_PROXY", "REGIONAL_MANAGED_PROXY", "INTERNAL_HTTPS_LOAD_BALANCER")


def users(world: World, kind: Kind, name: str) -> list[str]:
    """The full names of what uses the resource `name`, in a fixed order."""
    found = [user for user in _referrers(world, name) if user != name]
    if kind.noun == "address":
        found += rules_at(world.store, name)
    if kind.noun == "subnetwork":
        found += _rules_through(world, name)
    if kind.noun in ("network", "subnetwork"):
        found += _nodes(world, name)
    return list(dict.fromkeys(found))


def _referrers(world: World, name: str) -> Iterator[str]:
    for kind in KINDS:
        if kind.uses:
            for user, resource in world.store[f"compute.{kind.stored}"].items():
                if any(name in _names(resource.get(field)) for field in kind.uses):
                    yield user


def _names(value: Any) -> set[str]:
    """Every resource that is named anywhere in `value`."""
    if isinstance(value, str):
        return {full_name(value)}
    if isinstance(value, dict):
        return {name for item in value.values() for name in _names(item)}
    if isinstance(value, list):
        return {name for item in value for name in _names(item)}
    return set()


def rules_at(store: Store, address: str) -> list[str]:
    """The forwarding rules that have the reserved address `address` (full name)."""
    resource = store["compute.addresses"].get(address) or {}
    subnetwork = full_name(resource.get("subnetwork", ""))
    return [
        name
        for name, rule in store["compute.forwardingRules"].items(f"projects/{project_of(address)}/")
        if rule.get("IPAddress") == resource.get("address")
        and full_name(rule.get("subnetwork", "")) == subnetwork
    ]


def _rules_through(world: World, subnetwork: str) -> list[str]:
    """The forwarding rules whose proxies run in a proxy-only subnetwork: those of its region and network."""
    resource = world.store["compute.subnetworks"].get(subnetwork) or {}
    if resource.get("purpose") not in PROXY_PURPOSES or resource.get("role") != "ACTIVE":
        return []
    wants_global = resource["purpose"] == "GLOBAL_MANAGED_PROXY"
    return [
        name
        for name, rule in world.store["compute.forwardingRules"].items()
        if full_name(rule.get("network", "")) == full_name(resource["network"])
        and (scope_of(name) == "global") == wants_global
        and "MANAGED" in rule.get("loadBalancingScheme", "")
        and scope_of(full_name(rule.get("subnetwork", "")) or name) == scope_of(subnetwork)
    ]


def _nodes(world: World, name: str) -> list[str]:
    """A node of each cluster in this network or subnetwork: deletion is refused in an instance's name
    [observed]."""
    return [
        _node(cluster, resource)
        for cluster, resource in world.store["container.clusters"].items()
        if name in _names(resource.get("networkConfig"))
    ]


def _node(cluster: str, resource: Json) -> str:
    project, location = project_of(cluster), cluster.split("/")[3]
    zone = (
        location if region_of(location) != location else (resource.get("locations") or [f"{location}-b"])[0]
    )
    suffix = f"{keyed(cluster, 16**8):08x}-{keyed(cluster + '/0', 16**4):04x}"
    return f"projects/{project}/zones/{zone}/instances/gke-{short(cluster)}-default-pool-{suffix}"
