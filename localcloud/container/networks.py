"""Where a cluster sits in the VPC: its subnetwork, and its nodes' addresses.

Addresses start from a hash of the name that they are for and go to the first that is free, so
that two clusters made at the same time get the same ones whoever is first (unless they want the same one).
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from localcloud.compute.names import full_name, short, url
from localcloud.container.names import Parent, parent_in
from localcloud.ids import keyed
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.messages import Json
from localcloud.world import World


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
