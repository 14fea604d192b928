"""Changing a node pool: other nodes, one after the other, and what ran on those that go runs elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.container.kube import CLUSTER_APIS
from tests.localcloud.container.wire import WEST, Cloud, clusters

PATH = f"{clusters('us-west1-a')}/gke-west-1"
POOL = f"{PATH}/nodePools/default-pool"
TYPE, ZONE = "node.kubernetes.io/instance-type", "topology.kubernetes.io/zone"


def nodes(cloud: Cloud, cluster: str = WEST) -> list[dict[str, Any]]:
    return cloud.world[CLUSTER_APIS][cluster].list("Node")


def names(cloud: Cloud, cluster: str = WEST) -> set[str]:
    return {each["metadata"]["name"] for each in nodes(cloud, cluster)}


def labels(cloud: Cloud, label: str, cluster: str = WEST) -> list[str]:
    return sorted(each["metadata"]["labels"][label] for each in nodes(cloud, cluster))


def test_a_pool_that_grows_keeps_its_nodes_and_gets_further_ones() -> None:
    """RECONCILING meanwhile; afterwards `initialNodeCount` says how many there are."""
    cloud = Cloud()
    cloud.running()
    before = names(cloud)
    operation = cloud.ok("POST", f"{POOL}:setSize", {"nodeCount": 5})
    during = cloud.ok("GET", PATH)["status"], names(cloud)
    cloud.wait(1000)
    after = cloud.ok("GET", PATH)

    assert ("SET_NODE_POOL_SIZE", "RECONCILING", before) == (operation["operationType"], *during)
    assert operation["targetLink"].endswith("/clusters/gke-west-1/nodePools/default-pool")
    assert ("RUNNING", 5, 5) == (
        after["status"],
        after["currentNodeCount"],
        after["nodePools"][0]["initialNodeCount"],
    )
    assert before < names(cloud)
    assert 5 == len({each["spec"]["podCIDR"] for each in nodes(cloud)})


def test_a_node_that_somebody_made_by_hand_trips_no_resize() -> None:
    """It has no labels, no pool and no range."""
    cloud = Cloud()
    cloud.running()
    cloud.world[CLUSTER_APIS][WEST].create("Node", {"metadata": {"name": "by-hand"}})
    cloud.ok("POST", f"{POOL}:setSize", {"nodeCount": 5})
    cloud.wait(1000)

    assert "RUNNING" == cloud.ok("GET", PATH)["status"]


def test_a_pool_that_shrinks_gives_its_addresses_back() -> None:
    """Nodes have one each, and so has the control plane."""
    cloud = Cloud()
    cloud.running()
    owners = cloud.world.store["container.addresses"].names
    for size, expected in ((1, 1), (3, 3)):
        cloud.ok("POST", f"{POOL}:setSize", {"nodeCount": size})
        cloud.wait(1000)
        assert expected == len(nodes(cloud))
        assert {f"{WEST}/nodes/{name}" for name in names(cloud)} == set(owners(f"{WEST}/nodes/"))


def test_a_regional_pool_has_so_many_nodes_in_each_zone() -> None:
    """The size is a zone's [documented: gcloud container clusters resize]."""
    cloud = Cloud()
    cloud.running(location="us-west1")
    path = f"{clusters('us-west1')}/gke-west-1/nodePools/default-pool"
    cloud.ok("POST", f"{path}:setSize", {"nodeCount": 2})
    cloud.wait(1000)
    zones = labels(cloud, ZONE, "projects/shop/locations/us-west1/clusters/gke-west-1")
    assert ["us-west1-a", "us-west1-a", "us-west1-b", "us-west1-b", "us-west1-c", "us-west1-c"] == zones


def test_another_machine_type_replaces_node_by_node() -> None:
    """Never fewer than there were; the pods on a node go with it."""
    cloud = Cloud()
    cloud.running()
    before, seen = names(cloud), set[tuple[int, int]]()
    api = cloud.world[CLUSTER_APIS][WEST]
    containers = [{"name": "c", "image": "nginx"}]
    for name in sorted(before):
        meta = {"name": f"on-{name}", "namespace": "default"}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": containers}}
        api.create("Pod", {**pod, "spec": {"nodeName": name, "containers": containers}})
    operation = cloud.ok("PUT", POOL, {"machineType": "e2-standard-2"})
    for _ in range(60):
        cloud.wait(10)
        kinds = labels(cloud, TYPE)
        seen.add((len(kinds), len(api.list("Pod"))))
    after = cloud.ok("GET", PATH)

    assert "UPGRADE_NODES" == operation["operationType"]
    assert {(3, 3), (3, 2), (3, 1), (3, 0)} == seen
    assert ["e2-standard-2"] * 3 == labels(cloud, TYPE)
    assert not before & names(cloud)
    assert "e2-standard-2" == after["nodePools"][0]["config"]["machineType"]
    assert after["nodeConfig"] == after["nodePools"][0]["config"]


def test_a_pool_becomes_private_by_itself() -> None:
    """The cluster's own setting is for pools to come [documented]; this one says it of a pool that is there."""
    cloud = Cloud()
    cloud.running()
    cloud.ok("PUT", PATH, {"update": {"desiredDefaultEnablePrivateNodes": True}})
    cloud.wait(1000)
    kinds = {each["type"] for node in nodes(cloud) for each in node["status"]["addresses"]}
    cloud.ok("PUT", POOL, {"nodeNetworkConfig": {"enablePrivateNodes": True}})
    cloud.wait(1000)
    now = {each["type"] for node in nodes(cloud) for each in node["status"]["addresses"]}

    assert ("ExternalIP" in kinds, "ExternalIP" in now) == (True, False)
    assert cloud.ok("GET", POOL)["networkConfig"]["enablePrivateNodes"] is True


@pytest.mark.parametrize(
    ("verb", "path", "body", "status", "words"),
    [
        ("PUT", POOL, {}, 400, "At least one"),
        ("PUT", POOL, {"machineType": "e2-tiny"}, 400, 'machine type "e2-tiny" does not exist.'),
        ("PUT", POOL, {"tags": {"tags": ["a"]}}, 405, "The local cloud does not implement"),
        ("POST", f"{POOL}:setSize", {"nodeCount": -1}, 400, "Node count"),
        ("POST", f"{PATH}/nodePools/other:setSize", {"nodeCount": 1}, 404, "Not found: projects/shop/zones"),
    ],
)
def test_a_change_that_cannot_be_is_refused(
    verb: str, path: str, body: dict[str, Any], status: int, words: str
) -> None:
    """Nothing begins."""
    cloud = Cloud()
    cloud.running()
    refusal = cloud.refusal(verb, path, body)
    assert (refusal[0], refusal[2][: len(words)]) == (status, words)
    assert cloud.ok("GET", PATH)["status"] == "RUNNING"


def test_a_busy_cluster_takes_no_second_change() -> None:
    """Whichever of its parts is being changed."""
    cloud = Cloud()
    cloud.running()
    cloud.ok("POST", f"{POOL}:setSize", {"nodeCount": 4})
    refusal = cloud.refusal("PUT", POOL, {"machineType": "e2-standard-2"})
    assert refusal[:2] == (400, "FAILED_PRECONDITION")
    assert refusal[2].startswith("Cluster is running incompatible operation")


@pytest.mark.parametrize(("verb", "path"), [("GET", ""), ("GET", "/default-pool"), ("PUT", "/default-pool")])
def test_autopilots_pools_are_googles_alone(verb: str, path: str) -> None:
    """They are seen in the cluster, and nowhere else [observed]."""
    cloud = Cloud()
    cloud.running(location="us-west1", initialNodeCount=None, autopilot={"enabled": True})
    pools = f"{clusters('us-west1')}/gke-west-1/nodePools"
    body = {"machineType": "e2-medium"} if verb == "PUT" else None
    refusal = cloud.refusal(verb, f"{pools}{path}", body)
    assert refusal[0] == 400
    assert refusal[2] == "Autopilot node pools cannot be accessed or modified."
