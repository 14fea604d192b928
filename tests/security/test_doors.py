"""Which endpoint of a cluster a token may go to, from what GKE's API says of it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.google.doors import PRIVATE, RESTRICTED, Door, door_of
from shared.settings import Settings
from tests.support.google_server import GoogleServer

Json = dict[str, Any]
NAME = "gke-0123abcd-123456789012.us-west1-a.gke.goog"
OPEN = {"dnsEndpointConfig": {"endpoint": NAME, "allowExternalTraffic": True}}
CLOSED = {"dnsEndpointConfig": {"endpoint": NAME, "allowExternalTraffic": False}}
PUBLIC = {"enabled": True, "publicEndpoint": "34.1.2.3", "privateEndpoint": "10.0.0.2"}


def door(config: Json, **fields: Any) -> Door:
    """The door of a running cluster whose CA is `CA`, seen from where DNS endpoints lie under gke.goog."""
    cluster = {
        "name": "gke-west-1",
        "location": "us-west1-a",
        "status": "RUNNING",
        "endpoint": config.get("ipEndpointsConfig", {}).get("publicEndpoint", "10.0.0.2"),
        "masterAuth": {"clusterCaCertificate": "CA"},
        "controlPlaneEndpointsConfig": config,
    }
    return door_of("shop-prod", {**cluster, **fields}, "gke.goog")


def test_the_dns_endpoint_is_used_first() -> None:
    """Under the public authorities; authorized networks do not apply to it."""
    guarded = {**PUBLIC, "authorizedNetworksConfig": {"enabled": True}}
    found = door({**OPEN, "ipEndpointsConfig": guarded})
    assert (found.host, found.ca, found.is_open, found.closed) == (NAME, "", True, "")


def test_without_it_the_public_endpoint_is_used_under_the_clusters_own_authority() -> None:
    """As GKE tells it."""
    found = door({**CLOSED, "ipEndpointsConfig": PUBLIC})
    assert (found.host, found.ca, found.is_open) == ("34.1.2.3", "CA", True)


GUARDED = [
    ({"enabled": True}, RESTRICTED),
    ({"enabled": True, "cidrBlocks": [{"cidrBlock": "203.0.113.0/24"}]}, RESTRICTED),
    ({"enabled": True, "cidrBlocks": [{"cidrBlock": "0.0.0.0/0"}]}, ""),
    ({"enabled": True, "gcpPublicCidrsAccessEnabled": True}, ""),
    ({"gcpPublicCidrsAccessEnabled": False}, ""),
]


@pytest.mark.parametrize(("networks", "shut"), GUARDED)
def test_authorized_networks_that_keep_functions_out_are_told(networks: Json, shut: str) -> None:
    """A function has whatever address of Google Cloud's it was given."""
    found = door({**CLOSED, "ipEndpointsConfig": {**PUBLIC, "authorizedNetworksConfig": networks}})
    assert (found.shut, found.is_open) == (shut, not shut)


def test_a_cluster_that_cannot_be_reached_says_what_opens_it() -> None:
    """The command, as it can be run."""
    found = door({**CLOSED, "ipEndpointsConfig": {"enabled": True, "privateEndpoint": "10.0.0.2"}})
    where = "gke-west-1 --location=us-west1-a --project=shop-prod"
    command = f"gcloud container clusters update {where} --enable-dns-access"
    assert not found.is_open
    assert found.closed == f"cannot be reached: {PRIVATE}; {command}"


def test_a_cluster_that_does_not_serve_is_not_blamed_for_its_doors() -> None:
    """It has none yet."""
    found = door({}, status="PROVISIONING", endpoint="", masterAuth={})
    assert (found.is_open, found.closed) == (False, "is PROVISIONING")


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
    """Nor is the cluster's other door tried: an answer that lies once is not believed again."""
    told = {"endpoint": host, "allowExternalTraffic": True}
    found = door({"dnsEndpointConfig": told, "ipEndpointsConfig": PUBLIC})
    assert (found.host, found.is_open) == ("", False)
    assert "is not under gke.goog" in found.closed


@pytest.mark.parametrize(
    "host", ["evil.example", "34.1.2.3@evil.example", "34.1.2.3/x", "34.1.2.3.evil.example", "1"]
)
def test_a_public_endpoint_that_is_no_address_gets_no_token(host: str) -> None:
    """Its certificate holds for an address."""
    found = door({**CLOSED, "ipEndpointsConfig": {**PUBLIC, "publicEndpoint": host}})
    assert (found.host, found.is_open) == ("", False)


def test_a_public_endpoint_without_an_authority_gets_no_token() -> None:
    """The public authorities do not stand in: anybody may have their word for an address."""
    found = door({**CLOSED, "ipEndpointsConfig": PUBLIC}, masterAuth={})
    assert (found.host, found.is_open) == ("", False)


def test_only_the_operator_says_where_dns_endpoints_lie(google: GoogleServer) -> None:
    """A setting of the functions, Google's own unless it is set."""
    variables = google.environment()
    assert Settings.from_env(variables).cluster_domain == "gke.goog"
    assert (
        Settings.from_env({**variables, "FLEETGATE_CLUSTER_DOMAIN": "gke.example"}).cluster_domain
        == "gke.example"
    )
