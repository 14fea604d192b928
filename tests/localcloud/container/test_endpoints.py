"""Whom each endpoint of a control plane lets in, and where GKE shows them."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.container.endpoints import DNS, PUBLIC, refusal
from localcloud.wire.messages import Abort, Caller
from tests.localcloud.container.wire import WEST, Cloud

FUNCTION, PERSON = Caller("fn@shop.iam.gserviceaccount.com", "fn-1"), Caller("dev@example.com")
ELSEWHERE, HERE = [{"cidrBlock": "203.0.113.0/24"}], [{"cidrBlock": "127.0.0.0/8"}]
EVERYBODY = [{"cidrBlock": "0.0.0.0/0"}]


def admits(cloud: Cloud, endpoint: str, caller: Caller) -> bool:
    """Whether an endpoint lets a caller in; the public one does not even answer whom it keeps out."""
    try:
        return refusal(cloud.world, WEST, endpoint, caller) is None
    except Abort:
        assert endpoint == PUBLIC
        return False


def by_ip(**config: Any) -> dict[str, Any]:
    """A cluster's fields with this of its IP endpoints."""
    return {"controlPlaneEndpointsConfig": {"ipEndpointsConfig": {"enabled": True, **config}}}


@pytest.mark.parametrize("allowed", [True, False])
def test_the_dns_endpoint_is_open_while_it_allows_external_traffic(cloud: Cloud, allowed: bool) -> None:
    """And says so where it is not."""
    cloud.running(controlPlaneEndpointsConfig={"dnsEndpointConfig": {"allowExternalTraffic": allowed}})
    answer = refusal(cloud.world, WEST, DNS, FUNCTION)
    assert (None if allowed else 403) == (answer and answer.status)


def test_an_update_opens_and_shuts_it(cloud: Cloud) -> None:
    """From the moment that it has been made."""
    cloud.running()
    seen = []
    for allowed in (True, False):
        config = {"dnsEndpointConfig": {"allowExternalTraffic": allowed}}
        cloud.ok("PUT", f"container/v1/{WEST}", {"update": {"desiredControlPlaneEndpointsConfig": config}})
        cloud.wait(1000)
        seen.append(admits(cloud, DNS, PERSON))
    assert [True, False] == seen


@pytest.mark.parametrize(
    ("networks", "function", "person"),
    [
        ({}, True, True),
        ({"enabled": True, "cidrBlocks": ELSEWHERE, "gcpPublicCidrsAccessEnabled": False}, False, False),
        ({"enabled": True, "cidrBlocks": ELSEWHERE, "gcpPublicCidrsAccessEnabled": True}, True, False),
        ({"enabled": True, "cidrBlocks": HERE, "gcpPublicCidrsAccessEnabled": False}, False, True),
        ({"enabled": True, "cidrBlocks": EVERYBODY, "gcpPublicCidrsAccessEnabled": False}, True, True),
    ],
)
def test_authorized_networks_let_in_by_where_a_packet_comes_from(
    cloud: Cloud, networks: dict[str, Any], function: bool, person: bool
) -> None:
    """A function's comes from Google Cloud, a person's from here."""
    cloud.running(**by_ip(enablePublicEndpoint=True, authorizedNetworksConfig=networks))
    assert [function, person] == [admits(cloud, PUBLIC, each) for each in (FUNCTION, PERSON)]


def test_the_elder_place_of_authorized_networks_means_the_same(cloud: Cloud) -> None:
    """Whoever says it there is told it in both."""
    networks = {"enabled": True, "cidrBlocks": ELSEWHERE, "gcpPublicCidrsAccessEnabled": False}
    made = cloud.running(masterAuthorizedNetworksConfig=networks)
    assert networks == made["controlPlaneEndpointsConfig"]["ipEndpointsConfig"]["authorizedNetworksConfig"]
    assert not admits(cloud, PUBLIC, FUNCTION)


@pytest.mark.parametrize(
    "fields",
    [by_ip(enablePublicEndpoint=False), {"privateClusterConfig": {"enablePrivateEndpoint": True}}],
    ids=["now", "elder"],
)
def test_without_a_public_endpoint_nobody_answers_there_and_none_is_shown(
    cloud: Cloud, fields: dict[str, Any]
) -> None:
    """`endpoint` is the private one then."""
    made = cloud.running(**fields)
    config = made["controlPlaneEndpointsConfig"]["ipEndpointsConfig"]
    assert ("publicEndpoint" in config, made["endpoint"]) == (False, config["privateEndpoint"])
    assert not admits(cloud, PUBLIC, PERSON)
