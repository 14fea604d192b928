"""Which endpoint of a cluster a token may go to, from what GKE's API says of it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.google.cluster_endpoint import PRIVATE, RESTRICTED, Endpoint
from shared.google.container import Cluster, cluster_of

Json = dict[str, Any]
NAME = "gke-0123abcd-123456789012.us-west1-a.gke.goog"
OPEN = {"dnsEndpointConfig": {"endpoint": NAME, "allowExternalTraffic": True}}
CLOSED = {"dnsEndpointConfig": {"endpoint": NAME, "allowExternalTraffic": False}}
PUBLIC = {"enabled": True, "publicEndpoint": "34.1.2.3", "privateEndpoint": "10.0.0.2"}


def cluster(config: Json, **fields: Any) -> Cluster:
    """A running cluster whose CA is `CA`."""
    told: Json = {
        "name": "gke-west-1",
        "location": "us-west1-a",
        "status": "RUNNING",
        "endpoint": config.get("ipEndpointsConfig", {}).get("publicEndpoint", "10.0.0.2"),
        "masterAuth": {"clusterCaCertificate": "CA"},
        "controlPlaneEndpointsConfig": config,
    }
    whole: Any = told | fields
    return cluster_of("shop-prod", whole)


def test_the_dns_endpoint_is_used_first() -> None:
    """Under the public authorities; authorized networks do not apply to it."""
    guarded = {**PUBLIC, "authorizedNetworksConfig": {"enabled": True}}
    found = cluster({**OPEN, "ipEndpointsConfig": guarded})
    assert (Endpoint(NAME), True, "") == (found.endpoint, found.is_reachable, found.unreachable_because)


def test_without_it_the_public_endpoint_is_used_under_the_clusters_own_authority() -> None:
    """As GKE tells it."""
    found = cluster({**CLOSED, "ipEndpointsConfig": PUBLIC})
    assert (found.endpoint.host, found.endpoint.ca, found.is_reachable) == ("34.1.2.3", "CA", True)


GUARDED = [
    ({"enabled": True}, RESTRICTED),
    ({"enabled": True, "cidrBlocks": [{"cidrBlock": "203.0.113.0/24"}]}, RESTRICTED),
    ({"enabled": True, "cidrBlocks": [{"cidrBlock": "0.0.0.0/0"}]}, ""),
    ({"enabled": True, "gcpPublicCidrsAccessEnabled": True}, ""),
    ({"gcpPublicCidrsAccessEnabled": False}, ""),
]


@pytest.mark.parametrize(("networks", "why"), GUARDED)
def test_authorized_networks_that_keep_functions_out_are_told(networks: Json, why: str) -> None:
    """A function has whatever address of Google Cloud's it was given."""
    found = cluster({**CLOSED, "ipEndpointsConfig": {**PUBLIC, "authorizedNetworksConfig": networks}})
    assert (found.endpoint.unusable, found.is_reachable) == (why, not why)


def test_a_cluster_that_cannot_be_reached_says_what_opens_it() -> None:
    """The command, as it can be run."""
    found = cluster({**CLOSED, "ipEndpointsConfig": {"enabled": True, "privateEndpoint": "10.0.0.2"}})
    where = "gke-west-1 --location=us-west1-a --project=shop-prod"
    command = f"gcloud container clusters update {where} --enable-dns-access"
    assert not found.is_reachable
    assert found.unreachable_because == f"cannot be reached: {PRIVATE}; {command}"


def test_a_cluster_that_does_not_serve_is_not_blamed_for_its_endpoints() -> None:
    """It has none yet."""
    found = cluster({}, status="PROVISIONING", endpoint="", masterAuth={})
    assert (found.is_reachable, found.unreachable_because) == (False, "is PROVISIONING")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "gke.goog.evil.example",
        "evilgke.goog",
        "user@gke.goog",
        "user:pass@x.gke.goog",
        "evil.example/x.gke.goog",
        "evil.example#.gke.goog",
        "evil.example?.gke.goog",
        "evil.example\\.gke.goog",
        "evil.example:443@x.gke.goog",
        "evil.example\n.gke.goog",
        "x.gke.goog:443/..",
        "34.1.2.3",
        "[::1]",
        "ex\u0430mple.gke.goog",
    ],
)
def test_a_name_that_is_not_gkes_gets_no_token(host: str) -> None:
    """Nor is the cluster's other endpoint tried: an answer that lies once is not believed again."""
    told = {"endpoint": host, "allowExternalTraffic": True}
    found = cluster({"dnsEndpointConfig": told, "ipEndpointsConfig": PUBLIC})
    assert (found.endpoint.host, found.is_reachable) == ("", False)
    assert "is not under gke.goog" in found.unreachable_because


@pytest.mark.parametrize(
    "host", ["evil.example", "34.1.2.3@evil.example", "34.1.2.3/x", "34.1.2.3.evil.example", "1"]
)
def test_a_public_endpoint_that_is_no_address_gets_no_token(host: str) -> None:
    """Its certificate holds for an address."""
    found = cluster({**CLOSED, "ipEndpointsConfig": {**PUBLIC, "publicEndpoint": host}})
    assert (found.endpoint.host, found.is_reachable) == ("", False)


def test_a_public_endpoint_without_an_authority_gets_no_token() -> None:
    """The public authorities do not stand in: anybody may have their word for an address."""
    found = cluster({**CLOSED, "ipEndpointsConfig": PUBLIC}, masterAuth={})
    assert (found.endpoint.host, found.is_reachable) == ("", False)
