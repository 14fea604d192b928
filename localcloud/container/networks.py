"""Where a cluster sits in the VPC: its subnetwork, its pod range, its nodes' addresses.

Ranges and addresses start from a hash of the name that they are for and go to the first that is free, so
that two clusters made at the same time get the same ones whoever is first (unless they want the same one).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network

from localcloud.compute.names import full_name, short, url
from localcloud.container.names import Parent, parent_in
from localcloud.ids import keyed
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.messages import Json
from localcloud.world import World

# The range of Services that clusters share since GKE 1.29 [documented].
SERVICES = "34.118.224.0/20"
# What of 10.0.0.0/8 the subnetworks of auto-mode networks are not in.
_PODS = ipaddress.IPv4Network("10.0.0.0/9")


@dataclass(frozen=True)
class Attachment:
    """A network and a subnetwork in it, by full name."""

    network: str
    subnetwork: str


def attachment(world: World, parent: Parent, asked: Json) -> Attachment:
    """Where a cluster asked for goes; `default` where nothing is said.

    Raises:
        Refused: INVALID_ARGUMENT: no such network or subnetwork, or a subnetwork that is not the network's
            (googlecloudrobotics/core#339, cilium/cilium.io#764, hashicorp/terraform-provider-google#7895)
            [observed].
    """
    config = asked.get("networkConfig", {})
    network = asked.get("network") or config.get("network") or "default"
    subnetwork = asked.get("subnetwork") or config.get("subnetwork")
    full = full_name(network, parent.project) or f"projects/{parent.project}/global/networks/{network}"
    found = world.store["compute.networks"].get(full)
    if found is None:
        raise invalid(f'Project "{parent.project}" has no network named "{short(network)}".', "badRequest")
    if not subnetwork and not found.get("autoCreateSubnetworks"):
        raise invalid(
            f'Network "{short(network)}" uses manual subnet mode and requires specifying a subnetwork.',
            "badRequest",
        )
    return Attachment(full, _subnetwork(world, parent, full, subnetwork or short(network)))


def _subnetwork(world: World, parent: Parent, network: str, asked: str) -> str:
    full = full_name(asked, parent.project)
    if not full:
        full = f"projects/{parent.project}/regions/{parent.region}/subnetworks/{asked}"
    if f"/regions/{parent.region}/" not in full:
        raise invalid(f'Subnet "{full}" does not exist in specified region "{parent.region}".', "badRequest")
    found = world.store["compute.subnetworks"].get(full)
    usable = found is not None and found.get("purpose", "PRIVATE") == "PRIVATE"
    if found is None or not usable or full_name(found["network"]) != network:
        raise invalid(f'Subnetwork "{full}" is not valid for Network "{short(network)}".', "badRequest")
    return full


def pod_range(world: World, cluster: str, at: Attachment, asked: str) -> str:
    """The pods' range: the one asked for, or a free one of its size (`/14` if nothing is said).

    Raises:
        Refused: INVALID_ARGUMENT: it overlaps another range of the network, or there is none left; the
            wording is [inferred].
    """
    taken = _ranges(world, at.network)
    if not re.fullmatch(r"|/([89]|1\d|2[0-4])|\d+\.\d+\.\d+\.\d+/\d+", asked):
        raise invalid(f'Invalid value for field "cluster.ipAllocationPolicy": "{asked}".', "badRequest")
    if asked and not asked.startswith("/"):
        wanted = _network(asked)
        if any(wanted.overlaps(other) for other in taken):
            raise invalid(
                f'Range "{asked}" for pods conflicts with another range in the network.', "badRequest"
            )
        return str(wanted)
    prefix = int((asked or "/14")[1:])
    candidates = 2 ** (prefix - _PODS.prefixlen) if prefix >= _PODS.prefixlen else 0
    size = 2 ** (32 - prefix)
    first = keyed(cluster, candidates) if candidates else 0
    for step in range(candidates):
        start = _PODS.network_address + (first + step) % candidates * size
        candidate = ipaddress.IPv4Network((start, prefix))
        if not any(candidate.overlaps(other) for other in taken):
            return str(candidate)
    raise Refused("RESOURCE_EXHAUSTED", "No free range for pods is left in the network.")


def _network(text: str) -> IPv4Network:
    try:
        return ipaddress.IPv4Network(text)
    except ValueError:
        raise invalid(f'Invalid CIDR block "{text}".', "badRequest") from None  # words [inferred]


def _ranges(world: World, network: str) -> list[IPv4Network]:
    texts = []
    for subnetwork in world.store["compute.subnetworks"].list():
        if full_name(subnetwork["network"]) == network:
            texts += [subnetwork["ipCidrRange"]]
            texts += [second["ipCidrRange"] for second in subnetwork.get("secondaryIpRanges", [])]
    return [ipaddress.IPv4Network(text) for text in texts]


def take_pod_range(world: World, at: Attachment, name: str, cidr: str) -> None:
    """Make the pods' range a secondary range of the subnetwork, as GKE does [documented]."""
    second = {"rangeName": name, "ipCidrRange": cidr}
    _change_ranges(world, at.subnetwork, lambda ranges: [*ranges, second])


def give_pod_range_back(world: World, subnetwork: str, name: str) -> None:
    """Take the cluster's secondary range off its subnetwork, if that is still there."""
    _change_ranges(world, subnetwork, lambda ranges: [one for one in ranges if one["rangeName"] != name])


def _change_ranges(world: World, subnetwork: str, change: Callable[[list[Json]], list[Json]]) -> None:
    found = world.store["compute.subnetworks"].get(subnetwork)
    if found is not None:
        ranges = change(found.get("secondaryIpRanges", []))
        world.store["compute.subnetworks"].change(subnetwork, secondaryIpRanges=ranges or None)


def take_address(world: World, owner: str, subnetwork: str) -> str:
    """A free address of the subnetwork's primary range for `owner` (a node, or a control plane); kept until
    `give_addresses_back`. The first two and the last two of a range are Google's [documented]."""
    found = world.store["compute.subnetworks"].get(subnetwork)
    if found is None:
        raise Refused("NOT_FOUND", f"The resource '{subnetwork}' was not found")
    block, taken = ipaddress.IPv4Network(found["ipCidrRange"]), _addresses(world, subnetwork)
    usable = block.num_addresses - 4
    first = keyed(owner, usable)
    for step in range(usable):
        address = str(block[2 + (first + step) % usable])
        if address not in taken:
            world.store["container.addresses"].put(owner, {"address": address, "subnetwork": subnetwork})
            return address
    raise Refused("RESOURCE_EXHAUSTED", f"IP space of '{subnetwork}' is exhausted.")


def _addresses(world: World, subnetwork: str) -> set[str]:
    """Everything in the subnetwork that has an address, of ours or of compute's."""
    own = {e["address"] for e in world.store["container.addresses"].list() if e["subnetwork"] == subnetwork}
    reserved = {a.get("address", "") for a in world.store["compute.addresses"].list()}
    rules = {rule.get("IPAddress", "") for rule in world.store["compute.forwardingRules"].list()}
    return own | reserved | rules


def give_addresses_back(world: World, cluster: str) -> None:
    """Free what the cluster's nodes and control plane had."""
    for owner in world.store["container.addresses"].names(f"{cluster}/"):
        world.store["container.addresses"].delete(owner)


def external_address(owner: str) -> str:
    """An ephemeral external address for a node: of the block 34.64.0.0/10, which is Google's [inferred]."""
    return str(ipaddress.IPv4Network("34.64.0.0/10")[keyed(owner, 2**22)])


def network_fields(at: Attachment) -> Json:
    """The cluster's fields that name its network; links are partial ones here [observed]."""
    return {
        "network": short(at.network),
        "subnetwork": short(at.subnetwork),
        "networkConfig": {"network": at.network, "subnetwork": at.subnetwork},
    }


def subnetwork_of(cluster: Json) -> str:
    """The full name of a cluster's subnetwork."""
    return str(cluster["networkConfig"]["subnetwork"])


def group_url(cluster: str, zone: str, group: str) -> str:
    """The URL of a node pool's instance group in a zone."""
    return url(f"projects/{parent_in(cluster).project}/zones/{zone}/instanceGroupManagers/{group}")
