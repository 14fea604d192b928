"""What a Gateway names: its class, and the addresses that it takes, by type and by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared import labels
from shared.objects import KubeObject

if TYPE_CHECKING:
    from shared.google import wire
    from shared.spec import Environment

GATEWAY_CLASS = "gke-l7-cross-regional-internal-managed-mc"
EPHEMERAL = "networking.gke.io/ephemeral-ipv4-address/"  # and the region
NAMED = "networking.gke.io/named-address-with-region"
STATIC = "vip-"  # begins the names of the addresses that we reserve


def reserved_names(wanted: Environment) -> Mapping[str, str]:
    """Region → name of the reserved address that the Gateway takes there; empty if its addresses are ephemeral."""
    addresses = wanted.gateway.addresses
    if isinstance(addresses, Mapping):
        return addresses
    if addresses == "ephemeral":
        return {}
    return {region: static_name(wanted.name, region) for region in wanted.address_regions}


def kind_of(addresses: str | Mapping[str, str]) -> str:
    """Of what kind the addresses of a spec's gateway are: ephemeral, static, or named."""
    return addresses if isinstance(addresses, str) else "named"


def has_reserved_addresses(gateway: KubeObject) -> bool:
    """Whether a live Gateway takes reserved addresses."""
    return any(each.get("type") == NAMED for each in gateway["spec"].get("addresses", []))


def static_name(environment: str, region: str) -> str:
    """The name of an address that we reserve. It must not begin as an anchor's does: see `shared.anchor`."""
    return labels.bounded(f"{STATIC}{environment}-{region}")


def is_of(address: wire.Address, environment: str) -> bool:
    """Whether an address was reserved for this environment. It has the mark at once, and the label a little later."""
    return labels.owner(address.get("labels"), address.get("description")) == environment


def address_purpose(wanted: Environment) -> str:
    """Two ports are two forwarding rules, which share an address only if its purpose says so [documented]."""
    several = len({each.port for each in wanted.gateway.listeners}) > 1
    return "SHARED_LOADBALANCER_VIP" if several else "GCE_ENDPOINT"
