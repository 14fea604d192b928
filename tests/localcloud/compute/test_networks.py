"""Networks: birth in auto and custom mode, insert, and the deletion that fails in its operation."""

from __future__ import annotations

from ipaddress import IPv4Network

from localcloud import regions
from localcloud.compute import create_network
from localcloud.wire.messages import Json
from tests.localcloud.compute.conftest import Compute
from tests.support.projects import CLOUD_PROJECT as PROJECT


def links(network: Json) -> list[str]:
    return [str(link) for link in network.get("subnetworks", [])]


def test_an_auto_mode_network_has_a_subnetwork_in_every_region(compute: Compute) -> None:
    """One subnetwork called as the network is, per region, listed by the network itself."""
    network = compute.get("global/networks/default")
    assert network["autoCreateSubnetworks"] is True
    assert len(links(network)) == len(regions.regions())
    assert all(link.endswith("/subnetworks/default") for link in links(network))


def test_auto_ranges_are_googles_own(compute: Compute) -> None:
    """The ranges are the documented ones: clients plan around 10.128.0.0/9."""
    ranges = {
        region: compute.get(f"regions/{region}/subnetworks/default")["ipCidrRange"]
        for region in ("us-central1", "us-west1", "us-east1", "asia-east1")
    }
    assert ranges == {
        "us-central1": "10.128.0.0/20",
        "us-west1": "10.138.0.0/20",
        "us-east1": "10.142.0.0/20",
        "asia-east1": "10.140.0.0/20",
    }


def test_no_two_auto_ranges_overlap() -> None:
    """The table is a partition of parts of 10.128.0.0/9."""
    found = [IPv4Network(regions.auto_range(region)) for region in regions.regions()]
    assert all(range_.subnet_of(IPv4Network("10.128.0.0/9")) for range_ in found)
    assert len({str(range_) for range_ in found}) == len(found)


def test_a_new_project_has_its_default_route_and_firewall_rules(compute: Compute) -> None:
    """The default network comes with a route to the Internet and four firewall rules."""
    routes = compute.get("global/routes")["items"]
    assert [(route["destRange"], route["priority"]) for route in routes] == [("0.0.0.0/0", 1000)]
    rules = [rule["name"] for rule in compute.get("global/firewalls")["items"]]
    assert rules == ["default-allow-icmp", "default-allow-internal", "default-allow-rdp", "default-allow-ssh"]


def test_a_custom_network_has_only_what_was_asked_for(custom: Compute) -> None:
    """In custom mode no subnetwork comes by itself."""
    network = custom.get("global/networks/default")
    assert network["autoCreateSubnetworks"] is False
    assert [link.split("/regions/")[1] for link in links(network)] == ["us-west1/subnetworks/default"]


def test_an_inserted_network_is_there_when_its_operation_is_done(compute: Compute) -> None:
    """While it is being made it cannot be read, and its name is taken."""
    body = {"name": "edge", "autoCreateSubnetworks": False}
    operation = compute.post("global/networks", body)
    assert operation["status"] == "RUNNING" and "region" not in operation
    assert compute.refusal("GET", "global/networks/edge")[:2] == (404, "notFound")
    assert compute.refusal("POST", "global/networks", body)[:2] == (409, "alreadyExists")
    compute.finish(operation)
    assert compute.get("global/networks/edge")["routingConfig"]["routingMode"] == "REGIONAL"


def test_a_subnetwork_of_a_network_being_made_is_refused(compute: Compute) -> None:
    """A reference to what is not ready is 400 resourceNotReady, not 404."""
    compute.post("global/networks", {"name": "edge", "autoCreateSubnetworks": False})
    body = {"name": "s", "network": "global/networks/edge", "ipCidrRange": "10.0.0.0/24"}
    code, reason, message = compute.refusal("POST", "regions/us-west1/subnetworks", body)
    assert (code, reason) == (400, "resourceNotReady")
    assert message == "The resource 'projects/shop/global/networks/edge' is not ready"


def test_a_network_in_use_fails_in_its_operation(compute: Compute) -> None:
    """Deleting a network is accepted; that something uses it is the operation's error, and it stays."""
    done = compute.finish(compute.delete("global/networks/default"))
    (error,) = done["error"]["errors"]
    assert error["code"] == "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE"
    assert error["message"].startswith(
        "The network resource 'projects/shop/global/networks/default' is already being used by "
        "'projects/shop/global/firewalls/default-allow-icmp'"
    )
    assert (done["httpErrorStatusCode"], done["httpErrorMessage"]) == (400, "BAD REQUEST")
    assert compute.get("global/networks/default")["name"] == "default"


def test_an_unused_auto_network_goes_with_its_subnetworks_and_route(compute: Compute) -> None:
    """The platform's own subnetworks do not keep a network; they go with it."""
    create_network(compute.world, PROJECT, "lab", "auto")
    assert "error" not in compute.finish(compute.delete("global/networks/lab"))
    assert compute.refusal("GET", "regions/us-west1/subnetworks/lab")[0] == 404
    assert len(compute.get("global/routes")["items"]) == 1
    assert compute.get("regions/us-west1/subnetworks/default")["name"] == "default"


def test_switching_to_custom_mode_frees_the_auto_block(compute: Compute) -> None:
    """After it, a range in 10.128.0.0/9 is allowed and the former auto subnetworks can be deleted."""
    compute.finish(compute.post("global/networks/default/switchToCustomMode"))
    body = {"name": "p", "network": "global/networks/default", "ipCidrRange": "10.129.0.0/23"}
    compute.made("regions/us-west1/subnetworks", body)
    assert "error" not in compute.finish(compute.delete("regions/asia-east1/subnetworks/default"))


def test_firewall_rules_are_made_and_removed(compute: Compute) -> None:
    """A rule names its network in any form; defaults are filled in."""
    body = {
        "name": "web",
        "network": "projects/shop/global/networks/default",
        "allowed": [{"IPProtocol": "tcp"}],
    }
    rule = compute.made("global/firewalls", body)
    assert (rule["direction"], rule["priority"], rule["sourceRanges"]) == ("INGRESS", 1000, ["0.0.0.0/0"])
    compute.finish(compute.delete("global/firewalls/web"))
    assert compute.refusal("GET", "global/firewalls/web")[0] == 404


def test_a_patch_of_a_firewall_rule_changes_what_it_names(compute: Compute) -> None:
    """The rest stays; what it allows cannot become what it denies, nor the way it looks at."""
    made = compute.made("global/firewalls", {"name": "web", "allowed": [{"IPProtocol": "tcp"}]})
    compute.finish(compute.patch("global/firewalls/web", {"disabled": True}))
    assert {**made, "disabled": True} == compute.get("global/firewalls/web")
    for body in ({"denied": [{"IPProtocol": "tcp"}]}, {"direction": "EGRESS"}):
        assert compute.refusal("PATCH", "global/firewalls/web", body)[:2] == (400, "invalid")


def test_a_firewall_rule_allows_or_denies(compute: Compute) -> None:
    """Neither, or both, is refused."""
    for body in ({"name": "x"}, {"name": "x", "allowed": [], "denied": []}):
        assert compute.refusal("POST", "global/firewalls", body)[:2] == (400, "invalid")
