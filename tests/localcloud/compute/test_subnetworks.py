"""Subnetworks: shapes, ranges, purposes, and what keeps them from being changed or deleted."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from localcloud.contested import CONTESTED, Contested
from localcloud.wire.messages import Json
from tests.localcloud.compute.conftest import Compute

WEST = "regions/us-west1/subnetworks"
EAST = "regions/us-east1/subnetworks"
OVERRIDE = "http://127.0.0.1:8765/compute/compute/v1/projects/shop/global/networks/default"


def proxy(name: str = "proxy", cidr: str = "10.120.0.0/23", **fields: Any) -> Json:
    """The body of a proxy-only subnetwork, as gcloud sends it."""
    body = {"name": name, "network": OVERRIDE, "ipCidrRange": cidr, "role": "ACTIVE"}
    return body | {"purpose": "GLOBAL_MANAGED_PROXY"} | fields


def plain(name: str = "extra", cidr: str = "10.2.0.0/24", **fields: Any) -> Json:
    """The body of an ordinary subnetwork."""
    return {"name": name, "network": "global/networks/default", "ipCidrRange": cidr, **fields}


def test_a_proxy_only_subnetwork_has_googles_shape(compute: Compute) -> None:
    """Links are canonical whatever endpoint the caller used; the fingerprint is base64."""
    made = compute.made(WEST, proxy())
    base = "https://www.googleapis.com/compute/v1/projects/shop"
    assert made["network"] == f"{base}/global/networks/default"
    assert made["region"] == f"{base}/regions/us-west1"
    assert made["selfLink"] == f"{base}/{WEST}/proxy"
    assert (made["purpose"], made["role"], made["state"]) == ("GLOBAL_MANAGED_PROXY", "ACTIVE", "READY")
    assert made["gatewayAddress"] == "10.120.0.1"
    assert len(base64.b64decode(made["fingerprint"], validate=True)) == 8
    assert made["creationTimestamp"].endswith("-08:00")


def test_purpose_is_private_unless_said(custom: Compute) -> None:
    """An ordinary subnetwork answers its default purpose and no role."""
    made = custom.made(WEST, plain())
    assert made["purpose"] == "PRIVATE" and "role" not in made


@pytest.mark.parametrize(
    "form", ["projects/shop/global/networks/default", "global/networks/default", OVERRIDE]
)
def test_a_network_may_be_named_in_any_form(custom: Compute, form: str) -> None:
    """Full, partial and overridden URLs mean the same network."""
    made = custom.made(WEST, plain(network=form))
    assert made["network"].endswith("/projects/shop/global/networks/default")


def test_a_project_number_is_as_good_as_its_id(custom: Compute) -> None:
    """Names are stored with the id, whichever the caller used."""
    number = custom.world.projects.get("shop").number
    made = custom.made(WEST, plain(network=f"projects/{number}/global/networks/default"))
    assert "/projects/shop/" in made["network"]


@pytest.mark.parametrize("cidr", ["10.129.0.0/23", "10.128.0.0/9", "10.0.0.0/8", "10.255.0.0/26"])
def test_the_auto_block_is_refused_on_auto_mode_networks(compute: Compute, cidr: str) -> None:
    """Google's words for the tutorial's own ranges on a network in auto mode."""
    code, reason, message = compute.refusal("POST", WEST, proxy(cidr=cidr))
    assert (code, reason) == (400, "invalid")
    assert message == (
        f"Invalid value for field 'resource.ipCidrRange': '{cidr}'. Extended subnetworks in auto subnet mode "
        "networks cannot overlap with 10.128.0.0/9."
    )


def test_the_auto_block_is_free_on_custom_networks(custom: Compute) -> None:
    """The same range is fine where nothing is automatic."""
    assert custom.made(WEST, proxy(cidr="10.129.0.0/23"))["ipCidrRange"] == "10.129.0.0/23"


def test_an_overlap_names_the_subnetwork_in_the_way(custom: Compute) -> None:
    """Overlaps are counted over the whole network, not the region."""
    code, _, message = custom.refusal("POST", EAST, plain(cidr="10.1.0.128/25"))
    assert code == 400
    assert message == (
        "Invalid value for field 'resource.ipCidrRange': '10.1.0.128/25'. Invalid IPCidrRange: 10.1.0.128/25 "
        "conflicts with existing subnetwork 'default' in region 'us-west1'."
    )


def test_an_overlap_with_a_secondary_range_counts(custom: Compute) -> None:
    """Pod ranges are ranges of the network too."""
    pods = [{"rangeName": "pods", "ipCidrRange": "10.8.0.0/14"}]
    custom.made(WEST, plain(secondaryIpRanges=pods))
    message = custom.refusal("POST", EAST, proxy(cidr="10.10.0.0/23"))[2]
    assert "conflicts with existing subnetwork 'extra' in region 'us-west1'" in message


def test_ranges_of_one_body_may_not_overlap_each_other(custom: Compute) -> None:
    """A secondary range inside the primary one is refused, by its own field."""
    body = plain(secondaryIpRanges=[{"rangeName": "pods", "ipCidrRange": "10.2.0.0/26"}])
    assert "'resource.secondaryIpRanges[0].ipCidrRange'" in custom.refusal("POST", WEST, body)[2]


def test_networks_do_not_share_ranges(compute: Compute) -> None:
    """The same range may be used in another network."""
    compute.made("global/networks", {"name": "edge", "autoCreateSubnetworks": False})
    compute.made(WEST, plain("a", network="global/networks/edge", cidr="10.138.0.0/20"))


def test_a_proxy_only_subnetwork_needs_64_addresses(custom: Compute) -> None:
    """/26 is the smallest for proxies, /29 for others."""
    assert custom.refusal("POST", WEST, proxy(cidr="10.3.0.0/27"))[:2] == (400, "invalid")
    custom.made(WEST, proxy(cidr="10.3.0.0/26"))
    custom.made(WEST, plain(cidr="10.4.0.0/29"))
    assert custom.refusal("POST", WEST, plain("z", cidr="10.5.0.0/30"))[:2] == (400, "invalid")


@pytest.mark.parametrize(
    "cidr",
    ["127.0.0.0/16", "169.254.1.0/24", "224.0.0.0/24", "0.0.0.0/24", "10.0.0.1/24", "ten", "", "10.2.0.0"],
)
def test_ranges_that_cannot_be_are_refused(custom: Compute, cidr: str) -> None:
    """Prohibited ranges, host bits and what is no range at all."""
    code, reason, message = custom.refusal("POST", WEST, plain(cidr=cidr))
    assert (code, reason) == (400, "invalid")
    assert message.startswith(f"Invalid value for field 'resource.ipCidrRange': '{cidr}'.")


def test_one_active_proxy_subnetwork_per_region_and_purpose(custom: Compute) -> None:
    """A second ACTIVE is refused, even while the first is being made; another region or purpose is not."""
    custom.world[CONTESTED] = Contested(one_proxy_subnet=False)
    custom.post(WEST, proxy())
    assert custom.refusal("POST", WEST, proxy("second", "10.121.0.0/23"))[:2] == (400, "invalid")
    custom.made(EAST, proxy("proxy", "10.122.0.0/23"))
    custom.made(WEST, proxy("other", "10.123.0.0/23", purpose="REGIONAL_MANAGED_PROXY"))
    custom.made(WEST, proxy("spare", "10.124.0.0/23", role="BACKUP"))


@pytest.mark.parametrize("purpose", ["REGIONAL_MANAGED_PROXY", "INTERNAL_HTTPS_LOAD_BALANCER"])
def test_whether_a_region_may_have_proxies_of_two_purposes_is_contested(
    custom: Compute, purpose: str
) -> None:
    """Beside the one of regional load balancers; in another region there is none."""
    custom.world[CONTESTED] = Contested(one_proxy_subnet=True)
    custom.made(WEST, proxy("regional", "10.123.0.0/23", purpose=purpose))

    status, _, words = custom.refusal("POST", WEST, proxy())
    assert (status, f"regional' is already active for purpose {purpose}" in words) == (400, True)
    custom.made(EAST, proxy("proxy", "10.122.0.0/23"))


def test_a_managed_proxy_needs_a_role(custom: Compute) -> None:
    """Google's words for a purpose without a role."""
    body = proxy(purpose="REGIONAL_MANAGED_PROXY")
    body.pop("role")
    assert custom.refusal("POST", WEST, body)[2] == (
        "Invalid value for field 'resource.role': 'UNSPECIFIED_ROLE'. Subnetwork role must be specified when "
        "purpose set to REGIONAL_MANAGED_PROXY."
    )


def test_fields_that_a_purpose_does_not_have_are_refused(custom: Compute) -> None:
    """Flow logs on a proxy-only subnetwork, a role on an ordinary one."""
    words = custom.refusal("POST", WEST, proxy(logConfig={"enable": False}))[2]
    assert words.endswith("Invalid field set in subnetwork with purpose GLOBAL_MANAGED_PROXY.")
    words = custom.refusal("POST", WEST, plain(role="ACTIVE"))[2]
    assert words.endswith("Invalid field set in subnetwork with purpose PRIVATE.")


@pytest.mark.parametrize("name", ["Upper", "1st", "ends-", "under_score", "", "a" * 64])
def test_names_fit_googles_pattern(custom: Compute, name: str) -> None:
    """The refusal quotes the pattern."""
    assert custom.refusal("POST", WEST, plain(name))[2] == (
        f"Invalid value for field 'resource.name': '{name}'. "
        "Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'"
    )


@pytest.mark.parametrize(
    ("network", "code", "words"),
    [
        ("global/networks/none", 404, "The resource 'projects/shop/global/networks/none' was not found"),
        ("default", 400, "Invalid value for field 'resource.network': 'default'. The URL is malformed."),
        ("regions/us-west1/subnetworks/default", 400, "The URL is malformed."),
        ("", 400, "Invalid value for field 'resource.network': ''. The URL is malformed."),
    ],
)
def test_a_network_that_is_not_there(custom: Compute, network: str, code: int, words: str) -> None:
    """404 for a name that is none's, 400 for what is no network's name."""
    found = custom.refusal("POST", WEST, plain(network=network))
    assert found[0] == code and found[2].endswith(words)


def test_an_unknown_region_is_refused(custom: Compute) -> None:
    """Regions are Google's real ones."""
    assert custom.refusal("GET", "regions/us-moon1/subnetworks/x")[2] == (
        "Invalid value for field 'region': 'us-moon1'. Unknown region."
    )


def test_an_auto_subnetwork_cannot_be_deleted(compute: Compute) -> None:
    """Not while its network is in auto mode."""
    assert compute.refusal("DELETE", f"{WEST}/default")[2] == (
        "Invalid resource usage: 'Cannot delete auto subnetwork from an auto subnet mode network.'."
    )


def test_a_subnetwork_with_an_address_cannot_be_deleted(custom: Compute) -> None:
    """In use by an address: 400 at once, naming it."""
    body = {"name": "vip", "addressType": "INTERNAL", "subnetwork": f"{WEST}/default"}
    custom.made("regions/us-west1/addresses", body)
    code, reason, message = custom.refusal("DELETE", f"{WEST}/default")
    assert (code, reason) == (400, "resourceInUseByAnotherResource")
    assert message == (
        f"The subnetwork resource 'projects/shop/{WEST}/default' is already being used by "
        "'projects/shop/regions/us-west1/addresses/vip'"
    )


@pytest.mark.parametrize("location", ["us-west1-a", "us-west1"])
def test_a_subnetwork_with_a_cluster_cannot_be_deleted(custom: Compute, location: str) -> None:
    """In use by a cluster, in the name of one of its nodes."""
    config = {
        "network": "projects/shop/global/networks/default",
        "subnetwork": f"projects/shop/{WEST}/default",
    }
    cluster = {"networkConfig": config, "locations": ["us-west1-a"]}
    custom.world.store["container.clusters"].put(f"projects/shop/locations/{location}/clusters/c1", cluster)
    message = custom.refusal("DELETE", f"{WEST}/default")[2]
    assert (
        "is already being used by 'projects/shop/zones/us-west1-a/instances/gke-c1-default-pool-" in message
    )


def test_a_deleted_subnetwork_is_there_until_the_end(custom: Compute) -> None:
    """Its name and range are free once the operation is done, not before."""
    custom.made(WEST, plain())
    operation = custom.delete(f"{WEST}/extra")
    assert custom.get(f"{WEST}/extra")["name"] == "extra"
    assert custom.refusal("DELETE", f"{WEST}/extra")[1] == "resourceNotReady"
    assert custom.refusal("POST", WEST, plain())[:2] == (409, "alreadyExists")
    custom.finish(operation)
    assert custom.refusal("GET", f"{WEST}/extra")[0] == 404
    custom.made(WEST, plain())


def test_use_that_begins_during_deletion_fails_it(custom: Compute) -> None:
    """What was free when the deletion began is looked at again when it ends."""
    operation = custom.delete(f"{WEST}/default")
    config = {"networkConfig": {"subnetwork": f"projects/shop/{WEST}/default"}}
    custom.world.store["container.clusters"].put("projects/shop/locations/us-west1-b/clusters/late", config)
    done = custom.finish(operation)
    assert done["error"]["errors"][0]["code"] == "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE"
    assert custom.get(f"{WEST}/default")["state"] == "READY"


def test_promoting_a_backup_demotes_the_active_one(custom: Compute) -> None:
    """The role moves in one step: there is never a second ACTIVE."""
    custom.made(WEST, proxy())
    spare = custom.made(WEST, proxy("spare", "10.121.0.0/23", role="BACKUP"))
    change = {"role": "ACTIVE", "fingerprint": spare["fingerprint"]}
    custom.finish(custom.patch(f"{WEST}/spare", change))
    roles = [custom.get(f"{WEST}/{name}")["role"] for name in ("proxy", "spare")]
    assert roles == ["BACKUP", "ACTIVE"]


def test_an_active_one_cannot_be_made_backup(custom: Compute) -> None:
    """Only promoting another demotes it."""
    custom.made(WEST, proxy())
    message = custom.refusal("PATCH", f"{WEST}/proxy", {"role": "BACKUP"})[2]
    assert message.endswith("Role can be patched only on a BACKUP subnetwork.")


def test_a_patch_with_an_old_fingerprint_is_412(custom: Compute) -> None:
    """The fingerprint follows every change of the subnetwork."""
    old = custom.get(f"{WEST}/default")["fingerprint"]
    pods = [{"rangeName": "pods", "ipCidrRange": "10.8.0.0/14"}]
    custom.finish(custom.patch(f"{WEST}/default", {"fingerprint": old, "secondaryIpRanges": pods}))
    assert custom.get(f"{WEST}/default")["secondaryIpRanges"] == pods
    again = {"fingerprint": old, "secondaryIpRanges": []}
    assert custom.refusal("PATCH", f"{WEST}/default", again)[:2] == (412, "conditionNotMet")


def test_a_patch_may_repeat_what_is_and_change_nothing_else(custom: Compute) -> None:
    """A link in another form is the same link; a new range is not a patch."""
    same = {"network": OVERRIDE, "ipCidrRange": "10.1.0.0/24", "privateIpGoogleAccess": True}
    custom.finish(custom.patch(f"{WEST}/default", same))
    assert custom.get(f"{WEST}/default")["privateIpGoogleAccess"] is True
    assert custom.refusal("PATCH", f"{WEST}/default", {"ipCidrRange": "10.9.0.0/24"})[0] == 400


def test_a_range_can_only_be_widened(custom: Compute) -> None:
    """The new range contains the old one and nothing of others."""
    custom.made(WEST, plain())
    for cidr in ("10.1.0.0/25", "10.1.0.0/24", "10.9.0.0/20", "10.0.0.0/14"):
        path = f"{WEST}/default/expandIpCidrRange"
        assert custom.refusal("POST", path, {"ipCidrRange": cidr})[:2] == (400, "invalid"), cidr
    custom.finish(custom.post(f"{WEST}/default/expandIpCidrRange", {"ipCidrRange": "10.1.0.0/20"}))
    assert custom.get(f"{WEST}/default")["ipCidrRange"] == "10.1.0.0/20"


def test_private_google_access_is_switched_by_its_own_method(custom: Compute) -> None:
    """What `gcloud compute networks subnets update --enable-private-ip-google-access` calls."""
    path = f"{WEST}/default/setPrivateIpGoogleAccess"
    operation = custom.finish(custom.post(path, {"privateIpGoogleAccess": True}))
    assert operation["operationType"] == "setPrivateIpGoogleAccess"
    assert custom.get(f"{WEST}/default")["privateIpGoogleAccess"] is True
