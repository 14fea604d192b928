"""Pod ranges and node addresses: disjoint, given back, and the same whoever was first."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from tests.localcloud.container.wire import Cloud, clusters

SUBNET = "projects/shop/regions/us-west1/subnetworks/default"


def _pods(cluster: dict[str, Any]) -> ipaddress.IPv4Network:
    return ipaddress.IPv4Network(cluster["clusterIpv4Cidr"])


def test_clusters_of_one_network_have_disjoint_ranges_for_pods(cloud: Cloud) -> None:
    """None reaches into 10.128.0.0/9, which is the auto-mode network's."""
    ranges = [_pods(cloud.running(f"c{i}", "us-west1-a", initialNodeCount=1)) for i in range(6)]
    apart = [not a.overlaps(b) for i, a in enumerate(ranges) for b in ranges[i + 1 :]]
    assert all(apart)
    assert not any(pods.overlaps(ipaddress.IPv4Network("10.128.0.0/9")) for pods in ranges)


def test_a_range_does_not_depend_on_who_was_first() -> None:
    """It follows from the cluster's name."""
    one, other = Cloud(), Cloud()
    for cloud, order in ((one, ["a", "b"]), (other, ["b", "a"])):
        for name in order:
            cloud.create(name)
    path = clusters("us-west1-a")
    ranges = [[c["clusterIpv4Cidr"] for c in cloud.ok("GET", path)["clusters"]] for cloud in (one, other)]
    assert ranges[0] == ranges[1]


def test_the_pods_range_is_the_subnetworks_until_the_cluster_is_gone(cloud: Cloud) -> None:
    """GKE manages a secondary range [documented]."""
    cluster = cloud.running()
    subnetworks = cloud.world.store["compute.subnetworks"]
    during = (subnetworks.get(SUBNET) or {})["secondaryIpRanges"]
    cloud.ok("DELETE", f"{clusters('us-west1-a')}/gke-west-1")
    cloud.wait(1000)
    policy = cluster["ipAllocationPolicy"]
    assert during == [
        {"rangeName": policy["clusterSecondaryRangeName"], "ipCidrRange": cluster["clusterIpv4Cidr"]}
    ]
    assert "secondaryIpRanges" not in (subnetworks.get(SUBNET) or {})
    assert cloud.world.store["container.addresses"].names() == []


def test_a_range_that_is_asked_for_is_given_unless_it_is_taken(cloud: Cloud) -> None:
    """By size alone, one of that size is found."""
    sized = cloud.running("sized", ipAllocationPolicy={"clusterIpv4CidrBlock": "/18"})
    exact = cloud.running("exact", ipAllocationPolicy={"clusterIpv4CidrBlock": "10.96.0.0/16"})
    body = {"cluster": {"name": "late", "initialNodeCount": 1, "clusterIpv4Cidr": "10.96.128.0/17"}}
    assert _pods(sized).prefixlen == 18
    assert exact["ipAllocationPolicy"]["clusterIpv4Cidr"] == "10.96.0.0/16"
    assert "conflicts with another range" in cloud.refusal("POST", clusters("us-west1-a"), body)[2]


def test_no_two_nodes_have_one_address(cloud: Cloud) -> None:
    """Nor a node one that compute has reserved."""
    cloud.running("a", initialNodeCount=40)
    cloud.running("b", initialNodeCount=40)
    taken = [entry["address"] for entry in cloud.world.store["container.addresses"].list()]
    assert len(taken) == 82
    assert len(set(taken)) == 82


def test_a_cluster_whose_nodes_find_no_room_fails_when_it_should_come_up(cloud: Cloud) -> None:
    """The operation says what is exhausted; deleting the cluster gives everything back."""
    operation = cloud.create(initialNodeCount=3, ipAllocationPolicy={"clusterIpv4CidrBlock": "/23"})
    cloud.wait(1000)
    path = f"container/v1/projects/shop/locations/us-west1-a/operations/{operation['name']}"
    done = cloud.ok("GET", path)
    assert (done["error"]["code"], done["statusMessage"]) == (8, done["error"]["message"])
    assert done["statusMessage"].startswith("IP space of pod range")
    cloud.ok("DELETE", f"{clusters('us-west1-a')}/gke-west-1")
    cloud.wait(1000)
    assert cloud.world.store["container.addresses"].names() == []


@pytest.mark.parametrize("asked", ["/30", "ten", "10.0.0.1/14", "10.0.0.0/99"])
def test_what_is_no_range_is_refused(cloud: Cloud, asked: str) -> None:
    """A size needs room for one node at least."""
    body = {"cluster": {"name": "c", "initialNodeCount": 1, "clusterIpv4Cidr": asked}}
    assert cloud.refusal("POST", clusters("us-west1-a"), body)[:2] == (400, "INVALID_ARGUMENT")


def test_a_project_that_is_not_there_is_forbidden(cloud: Cloud) -> None:
    """Google does not say more."""
    path = "container/v1/projects/ghost/locations/us-west1-a/clusters"
    assert cloud.refusal("GET", path)[1] == "PERMISSION_DENIED"
    assert cloud.refusal("GET", "gkehub/v1/projects/ghost/locations/-/memberships")[1] == "PERMISSION_DENIED"
