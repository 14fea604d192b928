"""Addresses and proxy-only subnets on their way out, and a deploy that meets them there. All decisions are pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from functions.subnets import step as subnets
from functions.subnets.changes import CreateProxySubnet
from functions.subnets.observed import ObservedNetwork
from functions.subnets.removal import Remaining, decide
from shared import labels
from shared.google import wire
from shared.google.compute import path_of
from shared.step.change import Change
from shared.step.outcome import Decision, Done, Waiting
from tests.support.live import NETWORK, NOW, environment
from tests.support.projects import PROJECT

Json = dict[str, Any]

BASE = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}"
RANGES = {"us-west1": "10.129.0.0/23", "us-east1": "10.130.0.0/23"}


def proxy(region: str = "us-west1") -> wire.Subnetwork:
    link = f"{BASE}/regions/{region}"
    name = "fleetgate-store-proxy"
    return {
        "name": name,
        "ipCidrRange": RANGES[region],
        "purpose": "GLOBAL_MANAGED_PROXY",
        "role": "ACTIVE",
        "description": labels.mark("store"),
        "region": link,
        "selfLink": f"{link}/subnetworks/{name}",
        "network": NETWORK,
    }


def ordinary(region: str) -> wire.Subnetwork:
    link = f"{BASE}/regions/{region}"
    return {
        "name": "default",
        "ipCidrRange": "10.138.0.0/20",
        "purpose": "PRIVATE",
        "region": link,
        "selfLink": f"{link}/subnetworks/default",
        "network": NETWORK,
    }


def vip(*users: str) -> wire.Address:
    link = f"{BASE}/regions/us-west1/addresses/vip-store-us-west1"
    return {"name": "vip-store-us-west1", "selfLink": link, "users": [f"{BASE}/{each}" for each in users]}


def deleted(decision: Decision) -> list[str]:
    assert {"delete"} >= {each.describe().verb for each in decision.changes}
    return ["/".join(each.describe().resource.split("/")[3:]) for each in decision.changes]


def waits(decision: Decision) -> Waiting:
    assert isinstance(decision.outcome, Waiting), decision
    return decision.outcome


def test_addresses_and_subnets_go_together() -> None:
    """They do not need each other: an address is of the ordinary subnet."""
    decision = decide(Remaining([proxy("us-west1"), proxy("us-east1")], [vip()]), NOW)

    assert [
        "us-west1/addresses/vip-store-us-west1",
        "us-west1/subnetworks/fleetgate-store-proxy",
        "us-east1/subnetworks/fleetgate-store-proxy",
    ] == deleted(decision)
    assert 12.0 == waits(decision).retry_after


def test_an_address_in_use_is_waited_for_and_says_by_whom() -> None:
    """The rest goes meanwhile."""
    decision = decide(Remaining([proxy()], [vip("global/forwardingRules/gkemcg1-a")]), NOW)

    assert ["us-west1/subnetworks/fleetgate-store-proxy"] == deleted(decision)
    assert "AddressInUse" == waits(decision).reason
    assert f"projects/{PROJECT}/global/forwardingRules/gkemcg1-a" in waits(decision).message


def test_what_is_going_is_not_deleted_again() -> None:
    """It looks as it did; the wait is reckoned from when its operation began."""
    going = {path_of(proxy()["selfLink"]): NOW - 7}
    decision = decide(Remaining([proxy()], [], going), NOW)

    assert ([], 5.0) == (deleted(decision), waits(decision).retry_after)


def test_done_is_when_nothing_of_ours_is_left() -> None:
    """Nothing else is looked at."""
    assert Decision(Done()) == decide(Remaining([], []), NOW)


def regions(changes: Sequence[Change]) -> list[str]:
    """Where proxy-only subnets are created."""
    return [each.region for each in changes if isinstance(each, CreateProxySubnet)]


def test_a_deploy_waits_for_a_proxy_only_subnet_that_is_going() -> None:
    """It counts as missing and is made again once it is gone; what is missing elsewhere is made at once."""
    there = [ordinary("us-west1"), ordinary("us-east1"), proxy("us-west1")]
    network: wire.Network = {"name": "default", "autoCreateSubnetworks": True}
    seen = ObservedNetwork(there, network, deleting={"us-west1": NOW - 5})
    decision = subnets.decide(environment(), seen, NOW)

    assert ["us-east1"] == regions(decision.changes)
    assert ["us-west1"] == regions(decision.later)
    assert ("ProxySubnetDeleting", 7.0) == (waits(decision).reason, waits(decision).retry_after)
