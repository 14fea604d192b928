"""The networks and subnetworks that the bootstrap makes are ones that Compute Engine makes, in either mode."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Network

import pytest

from localcloud.compute import create_default_network
from localcloud.regions import auto_range, regions
from localcloud.wire.messages import Json
from shared.ranges import AUTO_MODE, LONGEST_PREFIX, Taken, choose
from tests.localcloud.compute.conftest import Compute
from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import a_world
from tests.terraform.configuration import BOOTSTRAP, Body, blocks, text

BODIES = {each.address: each.body for each in blocks(BOOTSTRAP, "resource", "variable")}
REGION = text(BODIES["var.region"]["default"])
ANCHORS = BODIES["google_compute_subnetwork.anchors"]


def default_range() -> str:
    """The range of a verification subnetwork where none is given."""
    declared = text(BODIES["var.verification_networks"]["type"])
    (found,) = re.findall(r'ip_cidr_range = optional\(string, "([^"]+)"\)', declared)
    return str(found)


def auto() -> Compute:
    """A project with a `default` network in auto mode."""
    world = a_world("compute")
    create_default_network(world, PROJECT)
    return Compute(world)


def custom() -> Compute:
    """A project with a `default` network in custom mode, whose subnetworks have the same ranges."""
    world = a_world("compute")
    create_default_network(world, PROJECT, "custom", {region: auto_range(region) for region in regions()})
    return Compute(world)


def subnetwork(body: Body, network: str, cidr: str) -> Json:
    """What the provider sends for a subnetwork."""
    return {
        "name": text(body["name"]).replace("${each.key}", "default"),
        "network": f"projects/{PROJECT}/global/networks/{network}",
        "ipCidrRange": cidr,
        "privateIpGoogleAccess": True,
    }


@pytest.mark.parametrize("mode", [auto, custom])
def test_the_verification_subnetwork_is_made(mode: Callable[[], Compute]) -> None:
    """With the default range, in the default network."""
    body = subnetwork(BODIES["google_compute_subnetwork.verification"], "default", default_range())
    made = mode().made(f"regions/{REGION}/subnetworks", body)
    assert (made["name"], made["ipCidrRange"]) == ("fleetgate-verification-default", default_range())


@pytest.mark.parametrize("mode", [auto, custom])
def test_the_anchors_are_made(mode: Callable[[], Compute]) -> None:
    """Their network, and their subnetwork in it."""
    compute, network = mode(), BODIES["google_compute_network.anchors"]
    sent = {"name": text(network["name"]), "autoCreateSubnetworks": network["auto_create_subnetworks"]}
    assert compute.made("global/networks", sent)["autoCreateSubnetworks"] is False
    cidr = text(ANCHORS["ip_cidr_range"])
    made = compute.made(f"regions/{REGION}/subnetworks", subnetwork(ANCHORS, sent["name"], cidr))
    assert made["ipCidrRange"] == cidr


def test_a_range_of_an_auto_mode_networks_own_is_refused() -> None:
    """The test can fail."""
    body = subnetwork(BODIES["google_compute_subnetwork.verification"], "default", "10.254.255.0/26")
    status, answer = auto().ask("POST", f"regions/{REGION}/subnetworks", body)
    assert (status, "cannot overlap with 10.128.0.0/9" in str(answer)) == (400, True)


def test_the_default_is_not_what_fleetgate_chooses_for_environments() -> None:
    """It is large enough, outside of auto mode's own ranges, and at the other end of the pool that is chosen from."""
    own = IPv4Network(default_range())
    assert own.prefixlen <= LONGEST_PREFIX and not own.overlaps(AUTO_MODE)
    for taken in ([], [Taken(own, "verification")]):
        chosen = choose(regions(), taken, auto_mode=True).values()
        assert [each for each in chosen if each.overlaps(own)] == []
