"""Deleting a cluster: what goes with it, and what stays behind."""

from __future__ import annotations

from localcloud.container.kube import CLUSTER_APIS
from tests.localcloud.container.wire import WEST, Cloud, clusters

PATH = f"{clusters('us-west1-a')}/gke-west-1"


def test_a_deleted_clusters_api_is_gone_at_once_and_the_cluster_at_the_end(cloud: Cloud) -> None:
    """In between it is STOPPING."""
    cloud.running()
    cloud.ok("DELETE", PATH)
    during = cloud.ok("GET", PATH)["status"]
    assert (during, WEST in cloud.world[CLUSTER_APIS]) == ("STOPPING", False)
    cloud.wait(1000)
    assert cloud.refusal("GET", PATH)[0] == 404


def test_what_controllers_made_in_the_vpc_outlives_the_cluster(cloud: Cloud) -> None:
    """NEGs and load balancers leak, as they do in the cloud."""
    cloud.running()
    negs = cloud.world.store["compute.networkEndpointGroups"]
    negs.put("projects/shop/zones/us-west1-a/networkEndpointGroups/k8s1-x", {"name": "k8s1-x"})
    cloud.ok("DELETE", PATH)
    cloud.wait(1000)
    assert len(negs.list()) == 1


def test_a_cluster_may_be_made_again_under_its_name(cloud: Cloud) -> None:
    """It is another one, with nodes of its own."""
    first = cloud.running()
    cloud.ok("DELETE", PATH)
    cloud.wait(1000)
    second = cloud.running()
    assert first["id"] != second["id"]
    assert len(cloud.world[CLUSTER_APIS][WEST].list("Node")) == 3
