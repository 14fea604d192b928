"""Which ranges of a network are taken: by subnets, by routes, by reservations for peered services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from shared.google import compute
from shared.google.compute import path_of, region_of
from shared.google.session import Session
from shared.ranges import Taken

if TYPE_CHECKING:
    from shared.google import wire


def by_subnets(subnetworks: Iterable[wire.Subnetwork]) -> Iterator[Taken]:
    """The primary and secondary ranges of subnetworks."""
    for each in subnetworks:
        who = f"subnetwork {each['name']} in {region_of(each)}"
        if "ipCidrRange" in each:
            yield Taken(IPv4Network(each["ipCidrRange"]), who)
        for second in each.get("secondaryIpRanges", []):
            yield Taken(IPv4Network(second["ipCidrRange"]), f"{second['rangeName']} of {who}")


def by_routes(routes: Iterable[wire.Route]) -> Iterator[Taken]:
    """The destination ranges of routes. The default route takes nothing, and IPv6 is not used here."""
    for each in routes:
        to = each["destRange"]
        if ":" not in to and to != "0.0.0.0/0":
            yield Taken(IPv4Network(to), f"route {each['name']}")


def by_reservations(addresses: Iterable[wire.Address], network: str) -> Iterator[Taken]:
    """The global ranges reserved in a network (`projects/P/global/networks/N`)."""
    for each in addresses:
        in_network = "network" in each and path_of(each["network"]) == network
        if in_network and "prefixLength" in each and ":" not in each["address"]:
            range_ = IPv4Network(f"{each['address']}/{each['prefixLength']}", strict=False)
            yield Taken(range_, f"reserved range {each['name']}")


def on_network(
    session: Session, project: str, network: str, subnetworks: Iterable[wire.Subnetwork]
) -> list[Taken]:
    """All that is taken on a network (`projects/P/global/networks/N`) with these `subnetworks`."""
    routes = compute.routes(session, project)
    reserved = compute.global_addresses(session, project)
    return [
        *by_subnets(subnetworks),
        *by_routes(each for each in routes if path_of(each["network"]) == network),
        *by_reservations(reserved, network),
    ]
