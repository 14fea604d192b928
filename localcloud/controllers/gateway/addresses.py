"""Where a Gateway of this class is to have addresses: `spec.addresses`, checked against what the VPC has.

Each address stands in one region, on the subnetwork there that has the name of the config cluster's own,
and needs an ACTIVE proxy-only subnetwork of purpose GLOBAL_MANAGED_PROXY beside it [documented: "Deploy a
cross-region internal multi-cluster Gateway"]. Without `spec.addresses` there is one, in the config cluster's
region [inferred].
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from localcloud.compute.names import full_name, short
from localcloud.compute.usage import rules_at
from localcloud.controllers.gateway.faults import Fault, invalid_gateway, no_proxy_subnet, refused_by_compute
from localcloud.controllers.gateway.names import Ref, owner
from localcloud.regions import region_of
from localcloud.store import Store
from localcloud.wire.messages import Json

_EPHEMERAL = re.compile(r"networking\.gke\.io/ephemeral-ipv4-address/(?P<region>[a-z0-9-]+)")
_NAMED = "networking.gke.io/named-address-with-region"
_NAMED_VALUE = re.compile(
    r"/?(projects/[^/]+/)?(?P<name>regions/(?P<region>[a-z0-9-]+)/addresses/[a-z0-9-]+)"
)


@dataclass(frozen=True)
class Site:
    """Where the config cluster stands. Names are full, but for `subnetwork`, which is in every region."""

    cluster: str
    project: str
    region: str
    network: str
    subnetwork: str


@dataclass(frozen=True)
class Vip:
    """An address that the Gateway is to have. `reserved` is the full name of a reserved address, or empty."""

    region: str
    subnetwork: str
    reserved: str = ""


def site_of(cluster_name: str, cluster: Json) -> Site:
    """The site that a container cluster gives."""
    _, project, _, location = cluster_name.split("/")[:4]
    config = cluster.get("networkConfig", {})
    network = config.get("network") or f"global/networks/{cluster.get('network', 'default')}"
    subnetwork = config.get("subnetwork") or cluster.get("subnetwork", "default")
    return Site(cluster_name, project, region_of(location), full_name(network, project), short(subnetwork))


def wanted_vips(gateway: Ref, spec: Json, site: Site, store: Store) -> list[Vip] | Fault:
    """The addresses that a Gateway asks for, in its order, or why it cannot have them."""
    asked = spec.get("addresses") or [{"type": f"networking.gke.io/ephemeral-ipv4-address/{site.region}"}]
    vips: list[Vip] = []
    for address in asked:
        found = _vip(gateway, address, site, store)
        if isinstance(found, Fault):
            return found
        vips.append(found)
    return _shared_ports(gateway, spec, vips, store) or vips


def missing_proxy_subnet(vips: list[Vip], site: Site, store: Store, proxy: str) -> Fault | None:
    """The fault if some region of `vips` has no proxy-only subnetwork; `proxy` is the target proxy's name."""
    there = {region for region, _ in proxy_subnets(site.network, store)}
    return no_proxy_subnet(proxy) if any(vip.region not in there for vip in vips) else None


def proxy_subnets(network: str, store: Store) -> list[tuple[str, str]]:
    """(region, full name) of the proxy-only subnetworks that this class can use in `network`.

    REGIONAL_MANAGED_PROXY does not do [documented].
    """
    return [
        (name.split("/")[3], name)
        for name, subnet in store["compute.subnetworks"].items()
        if full_name(subnet["network"]) == network
        and subnet.get("purpose") == "GLOBAL_MANAGED_PROXY"
        and subnet.get("role", "ACTIVE") == "ACTIVE"
    ]


def _shared_ports(gateway: Ref, spec: Json, vips: list[Vip], store: Store) -> Fault | None:
    """Two ports are two forwarding rules; a reserved address is shared only if its purpose says so
    [documented]."""
    if len({one["port"] for one in spec["listeners"]}) < 2:
        return None
    addresses = (store["compute.addresses"].get(vip.reserved) or {} for vip in vips if vip.reserved)
    return next(
        (_in_use(one["address"]) for one in addresses if one.get("purpose") != "SHARED_LOADBALANCER_VIP"),
        None,
    )


def _vip(gateway: Ref, address: Json, site: Site, store: Store) -> Vip | Fault:
    kind, value = address.get("type", "IPAddress"), address.get("value", "")
    if kind == _NAMED:
        return _named(gateway, value, site, store)
    if not (match := _EPHEMERAL.fullmatch(kind)):
        return invalid_gateway(
            gateway, f'unsupported address type "{kind}", only "NamedAddress" is supported.'
        )
    region = match["region"]
    if value not in ("", region):
        return invalid_gateway(
            gateway, f'address value "{value}" must be empty or the region "{region}" of its type.'
        )
    return _in_region(gateway, region, site, store)


def _in_region(gateway: Ref, region: str, site: Site, store: Store) -> Vip | Fault:
    subnetwork = f"projects/{site.project}/regions/{region}/subnetworks/{site.subnetwork}"
    found = store["compute.subnetworks"].get(subnetwork)
    if found is None or full_name(found["network"]) != site.network:
        return invalid_gateway(
            gateway,
            f'no subnetwork "{site.subnetwork}", as the config cluster has, in region "{region}".',
        )
    return Vip(region, subnetwork)


def _named(gateway: Ref, value: str, site: Site, store: Store) -> Vip | Fault:
    match = _NAMED_VALUE.fullmatch(value)
    name = f"projects/{site.project}/{match['name']}" if match else ""
    address = store["compute.addresses"].get(name)
    if not match or address is None:
        return invalid_gateway(gateway, f'address "{value}" does not exist.')
    place = _in_region(gateway, match["region"], site, store)
    if isinstance(place, Fault):
        return place
    if address.get("addressType") != "INTERNAL":
        return invalid_gateway(gateway, f'address "{value}" is not an internal address.')
    if full_name(address.get("subnetwork", "")) != place.subnetwork:
        return invalid_gateway(gateway, f'address "{value}" is not in subnetwork "{place.subnetwork}".')
    if any(not _ours(gateway, rule, store) for rule in rules_at(store, name)):
        return _in_use(address["address"])
    return Vip(place.region, place.subnetwork, name)


def _in_use(address: str) -> Fault:
    return refused_by_compute(
        f"Invalid value for field 'resource.IPAddress': '{address}'. Specified IP address is in-use and would "
        "result in a conflict."
    )


def _ours(gateway: Ref, rule: str, store: Store) -> bool:
    return owner((store["compute.forwardingRules"].get(rule) or {}).get("description", "")) == gateway
