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


def _failed(cloud: Cloud, operation: dict[str, Any], name: str = "late") -> str:
    """What the operation that should have made a cluster says; the cluster is in ERROR and says the same."""
    cloud.wait(1000)
    done = cloud.ok("GET", f"container/v1/projects/shop/locations/us-west1-a/operations/{operation['name']}")
    cluster = cloud.ok("GET", f"{clusters('us-west1-a')}/{name}")
    assert ("DONE", 8) == (done["status"], done["error"]["code"])
    assert ("ERROR", done["statusMessage"]) == (cluster["status"], cluster["statusMessage"])
    return str(done["statusMessage"])


def test_a_range_that_is_asked_for_is_given(cloud: Cloud) -> None:
    """By size alone, one of that size is found; Autopilot's default is a /17 [documented]."""
    sized = cloud.running("sized", ipAllocationPolicy={"clusterIpv4CidrBlock": "/18"})
    exact = cloud.running("exact", ipAllocationPolicy={"clusterIpv4CidrBlock": "10.96.0.0/16"})
    auto = cloud.running("auto", "us-west1", initialNodeCount=None, autopilot={"enabled": True})
    assert [18, 17] == [_pods(each).prefixlen for each in (sized, auto)]
    assert exact["ipAllocationPolicy"]["clusterIpv4Cidr"] == "10.96.0.0/16"


def test_a_clusters_own_block_is_not_chosen_for_its_other_range(cloud: Cloud) -> None:
    """Whichever of the two is given."""
    first = _pods(cloud.running("first")).network_address
    cloud.ok("DELETE", f"{clusters('us-west1-a')}/first")
    cloud.wait(1000)
    again = cloud.running("first", ipAllocationPolicy={"servicesIpv4CidrBlock": f"{first}/20"})
    assert f"{first}/20" == again["servicesIpv4Cidr"]
    assert first not in _pods(again)


def test_a_block_that_is_taken_fails_the_creation(cloud: Cloud) -> None:
    """The call is accepted (hashicorp/terraform-provider-google#2816) [observed]."""
    cloud.running("first", ipAllocationPolicy={"clusterIpv4CidrBlock": "10.96.0.0/16"})
    said = _failed(cloud, cloud.create("late", clusterIpv4Cidr="10.96.128.0/17"))
    assert said.startswith(
        'Requested CIDR 10.96.128.0/17 for pods is not available in network "default" for cluster {Zone=us-west1-a,'
    )


def _route(cloud: Cloud, cidr: str, name: str = "office") -> None:
    """A route of the default network."""
    network = "https://www.googleapis.com/compute/v1/projects/shop/global/networks/default"
    route = {"name": name, "network": network, "destRange": cidr}
    cloud.world.store["compute.routes"].put(f"projects/shop/global/routes/{name}", route)


def test_a_network_without_room_fails_the_creation(cloud: Cloud) -> None:
    """32 blocks of the default size are in 10.0.0.0/9; what routes lead to is no room (cilium/cilium#20338)
    [observed]."""
    _route(cloud, "10.0.0.0/10")
    for number in range(16):
        cloud.create(f"c{number}")
    said = _failed(cloud, cloud.create("late"))
    assert said.startswith(
        'The network "default" does not have available private IP space in 10.0.0.0/9 to reserve a /14 block for pods'
        " for cluster {Zone=us-west1-a, ProjectNum="
    )
    assert "ProjectName=shop, ClusterName=late, ClusterHash=" in said
    statuses = {each["status"] for each in cloud.ok("GET", clusters("us-west1-a"))["clusters"]}
    assert {"RUNNING", "ERROR"} == statuses


def test_room_that_comes_in_time_is_taken(cloud: Cloud) -> None:
    """GKE tries again before it gives up [observed]."""
    _route(cloud, "10.0.0.0/9")
    cloud.create("late")
    cloud.world.store["compute.routes"].delete("projects/shop/global/routes/office")
    cloud.wait(1000)
    cluster = cloud.ok("GET", f"{clusters('us-west1-a')}/late")
    assert ("RUNNING", 14) == (cluster["status"], _pods(cluster).prefixlen)


def test_a_failed_cluster_has_taken_nothing_and_can_be_deleted(cloud: Cloud) -> None:
    """Nor does it keep anything afterwards."""
    _route(cloud, "10.0.0.0/9")
    _failed(cloud, cloud.create("late"))
    cloud.ok("DELETE", f"{clusters('us-west1-a')}/late")
    cloud.wait(1000)
    assert "secondaryIpRanges" not in (cloud.world.store["compute.subnetworks"].get(SUBNET) or {})
    assert cloud.world.store["container.clusters"].names() == []


def test_services_of_a_range_of_their_own_take_it_of_the_network(cloud: Cloud) -> None:
    """Otherwise all share one that is outside of it [documented]."""
    own = cloud.running("own", ipAllocationPolicy={"servicesIpv4CidrBlock": "/22"})
    block = cloud.running("block", ipAllocationPolicy={"servicesIpv4CidrBlock": "172.20.0.0/20"})
    plain = cloud.running("plain", ipAllocationPolicy={"servicesIpv4CidrBlock": "34.118.224.0/20"})
    ranges = (cloud.world.store["compute.subnetworks"].get(SUBNET) or {})["secondaryIpRanges"]
    assert 22 == ipaddress.IPv4Network(own["servicesIpv4Cidr"]).prefixlen
    assert ["172.20.0.0/20", "34.118.224.0/20"] == [block["servicesIpv4Cidr"], plain["servicesIpv4Cidr"]]
    assert 5 == len(ranges)
    assert own["ipAllocationPolicy"]["servicesSecondaryRangeName"] in {each["rangeName"] for each in ranges}
    assert "servicesSecondaryRangeName" not in plain["ipAllocationPolicy"]


def test_a_secondary_range_by_name_stays_when_the_cluster_goes(cloud: Cloud) -> None:
    """It is the caller's [documented]."""
    mine = [{"rangeName": "pods", "ipCidrRange": "172.16.0.0/16"}]
    cloud.world.store["compute.subnetworks"].change(SUBNET, secondaryIpRanges=mine)
    cluster = cloud.running(ipAllocationPolicy={"clusterSecondaryRangeName": "pods"})
    cloud.ok("DELETE", f"{clusters('us-west1-a')}/gke-west-1")
    cloud.wait(1000)
    assert "172.16.0.0/16" == cluster["clusterIpv4Cidr"]
    assert mine == (cloud.world.store["compute.subnetworks"].get(SUBNET) or {})["secondaryIpRanges"]


def test_a_subnetwork_has_170_secondary_ranges_at_most(cloud: Cloud) -> None:
    """In Compute Engine's words, told by the operation (elastic/cloud-on-k8s#2615) [observed]."""
    there = [{"rangeName": f"r{n}", "ipCidrRange": f"172.16.{n}.0/24"} for n in range(170)]
    cloud.world.store["compute.subnetworks"].change(SUBNET, secondaryIpRanges=there)
    said = _failed(cloud, cloud.create("late"))
    assert (
        said
        == "Google Compute Engine: Exceeded maximum supported number of secondary ranges per subnetwork: 170."
    )


def test_no_two_nodes_have_one_address(cloud: Cloud) -> None:
    """Nor a node one that compute has reserved."""
    cloud.running("a", initialNodeCount=40)
    cloud.running("b", initialNodeCount=40)
    taken = [entry["address"] for entry in cloud.world.store["container.addresses"].list()]
    assert len(taken) == 82
    assert len(set(taken)) == 82


def test_a_cluster_whose_nodes_find_no_room_fails_when_it_should_come_up(cloud: Cloud) -> None:
    """The operation says what is exhausted; deleting the cluster gives everything back."""
    small = [{"rangeName": "pods", "ipCidrRange": "172.16.0.0/23"}]
    cloud.world.store["compute.subnetworks"].change(SUBNET, secondaryIpRanges=small)
    operation = cloud.create(initialNodeCount=3, ipAllocationPolicy={"clusterSecondaryRangeName": "pods"})
    cloud.wait(1000)
    path = f"container/v1/projects/shop/locations/us-west1-a/operations/{operation['name']}"
    done = cloud.ok("GET", path)
    assert (done["error"]["code"], done["statusMessage"]) == (8, done["error"]["message"])
    assert done["statusMessage"].startswith("IP space of pod range")
    cloud.ok("DELETE", f"{clusters('us-west1-a')}/gke-west-1")
    cloud.wait(1000)
    assert cloud.world.store["container.addresses"].names() == []


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"clusterIpv4Cidr": "ten"}, 400, 'Invalid CIDR block "ten".'),
    ({"clusterIpv4Cidr": "10.0.0.1/14"}, 400, "Invalid CIDR block"),
    ({"clusterIpv4Cidr": "10.0.0.0/99"}, 400, "Invalid CIDR block"),
    ({"clusterIpv4Cidr": "255.255.0.0/16"}, 400, "it has reserved addresses"),
    ({"clusterIpv4Cidr": "/30"}, 400, "Cluster CIDR range is greater than maximum (30 > 21)."),
    ({"ipAllocationPolicy": {"clusterIpv4CidrBlock": "/22"}}, 400, "greater than maximum (22 > 21)"),
    ({"ipAllocationPolicy": {"clusterIpv4CidrBlock": "10.0.0.0/8"}}, 400, "less than minimum (8 < 9)"),
    ({"ipAllocationPolicy": {"servicesIpv4CidrBlock": "/28"}}, 400, "(28 > 27)"),
    ({"ipAllocationPolicy": {"servicesIpv4CidrBlock": "10.0.0.0/14"}}, 400, "(14 < 16)"),
    ({"clusterIpv4Cidr": "/14", "ipAllocationPolicy": {"clusterIpv4CidrBlock": "/14"}}, 400, "must be blank"),
    (
        {"ipAllocationPolicy": {"clusterIpv4CidrBlock": "/14", "clusterSecondaryRangeName": "pods"}},
        400,
        "not both",
    ),
    (
        {"ipAllocationPolicy": {"clusterSecondaryRangeName": "pods"}},
        400,
        'Pod secondary range "pods" not found in',
    ),
    ({"ipAllocationPolicy": {"createSubnetwork": True}}, 405, "createSubnetwork"),
    ({"ipAllocationPolicy": {"stackType": "IPV4_IPV6"}}, 405, "IPV4_IPV6"),
]


@pytest.mark.parametrize(("asked", "status", "words"), REFUSED)
def test_what_cannot_be_a_range_is_refused_at_once(
    cloud: Cloud, asked: dict[str, Any], status: int, words: str
) -> None:
    """Nothing is made of it."""
    body = {"cluster": {"name": "c", "initialNodeCount": 1, **asked}}
    refusal = cloud.refusal("POST", clusters("us-west1-a"), body)
    assert (status, words in refusal[2]) == (refusal[0], True), refusal
    assert cloud.world.store["container.clusters"].names() == []


def test_a_project_that_is_not_there_is_forbidden(cloud: Cloud) -> None:
    """Google does not say more."""
    path = "container/v1/projects/ghost/locations/us-west1-a/clusters"
    assert cloud.refusal("GET", path)[1] == "PERMISSION_DENIED"
    assert cloud.refusal("GET", "gkehub/v1/projects/ghost/locations/-/memberships")[1] == "PERMISSION_DENIED"
