"""What a project has before anyone calls: networks made with the world, not over the wire and in no time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localcloud.compute.firewalls import new_firewall
from localcloud.compute.networks import new_network, put_network
from localcloud.compute.subnetworks import new_subnetwork
from localcloud.wire.messages import Json
from localcloud.world import World

# The rules of every new project's default network [documented: cloud.google.com/firewall/docs/firewalls].
_DEFAULT_RULES: dict[str, Json] = {
    "allow-icmp": {"sourceRanges": ["0.0.0.0/0"], "allowed": [{"IPProtocol": "icmp"}]},
    "allow-internal": {
        "sourceRanges": ["10.128.0.0/9"],
        "allowed": [
            {"IPProtocol": "tcp", "ports": ["0-65535"]},
            {"IPProtocol": "udp", "ports": ["0-65535"]},
            {"IPProtocol": "icmp"},
        ],
    },
    "allow-rdp": {"sourceRanges": ["0.0.0.0/0"], "allowed": [{"IPProtocol": "tcp", "ports": ["3389"]}]},
    "allow-ssh": {"sourceRanges": ["0.0.0.0/0"], "allowed": [{"IPProtocol": "tcp", "ports": ["22"]}]},
}


def create_default_network(
    world: World, project: str, mode: str = "auto", subnetworks: Mapping[str, str] | None = None
) -> str:
    """The `default` network of a new project, with its firewall rules; its full name.

    `mode` is `auto` (a subnetwork `default` in every region) or `custom`; `subnetworks` as in
    `create_network`.
    """
    network = create_network(world, project, "default", mode, subnetworks)
    for suffix, rule in _DEFAULT_RULES.items():
        name = f"projects/{project}/global/firewalls/default-{suffix}"
        firewall = new_firewall(world, name, network, {"priority": 65534, **rule})
        world.store["compute.firewalls"].put(name, firewall)
    return network


def create_network(
    world: World,
    project: str,
    name: str,
    mode: str = "custom",
    subnetworks: Mapping[str, str] | None = None,
    default_route: bool = True,
    **fields: Any,
) -> str:
    """A network; its full name. `subnetworks` maps regions to the range of a subnetwork called as the network
    is; `fields` are more of an insert's body. Without `default_route` it is as if somebody had deleted that."""
    network = f"projects/{project}/global/networks/{name}"
    body = {**fields, "autoCreateSubnetworks": mode == "auto"}
    put_network(world, network, new_network(world, network, body), default_route)
    for region, cidr in sorted((subnetworks or {}).items()):
        create_subnetwork(world, network, region, name, {"ipCidrRange": cidr})
    return network


def create_subnetwork(world: World, network: str, region: str, name: str, body: Json) -> str:
    """A subnetwork of `network` (full name) from an insert's body; its full name."""
    full = f"projects/{network.split('/')[1]}/regions/{region}/subnetworks/{name}"
    world.store["compute.subnetworks"].put(full, new_subnetwork(world, full, network, body))
    return full
