"""Ranges for pods and services: what GKE adds to the subnetwork of a VPC-native cluster, and takes away with
it."""

from __future__ import annotations

from ipaddress import IPv4Network

from localcloud.compute.names import full_name
from localcloud.compute.ranges import Taken, free_range
from localcloud.compute.subnetworks import change_subnetwork, taken
from localcloud.world import World


def add_secondary_range(
    world: World, subnetwork: str, range_name: str, prefix: int, within: str = "10.0.0.0/9"
) -> str | None:
    """Give the subnetwork (full name) a secondary range of `prefix` length that is free in its network.

    The range depends on the names, not on who came first, unless two collide. None if `within` is full.
    """
    resource = world.store["compute.subnetworks"].get(subnetwork) or {}
    others: list[Taken] = taken(world, full_name(resource["network"]))
    found: IPv4Network | None = free_range(f"{subnetwork}/{range_name}", prefix, within, others)
    if found is None:
        return None
    had = resource.get("secondaryIpRanges", [])
    added = {"rangeName": range_name, "ipCidrRange": str(found)}
    change_subnetwork(world, subnetwork, secondaryIpRanges=[*had, added])
    return str(found)


def remove_secondary_range(world: World, subnetwork: str, range_name: str) -> None:
    """Take the range away, if the subnetwork and the range are there."""
    resource = world.store["compute.subnetworks"].get(subnetwork)
    if resource is not None:
        left = [item for item in resource.get("secondaryIpRanges", []) if item["rangeName"] != range_name]
        change_subnetwork(world, subnetwork, secondaryIpRanges=left or None)
