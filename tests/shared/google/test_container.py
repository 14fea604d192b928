"""What GKE's API tells of clusters, and what is made of what it leaves out."""

from __future__ import annotations

from typing import Any

from shared.google import container
from shared.google.cluster_endpoint import Endpoint
from shared.google.container import Cluster, NodePool, cluster_of
from shared.google.lists import EVERYWHERE
from shared.google.session import Session
from tests.support.google_server import GoogleServer

WEST = "projects/p/locations/us-west1-a/clusters/west"
# As the API answers: fields that are not set, and false or empty ones, are left out.
TOLD: Any = {
    "name": "west",
    "location": "us-west1-a",
    "status": "RUNNING",
    "createTime": "2026-01-05T08:00:00+00:00",
    "statusMessage": "quota is low",
    "conditions": [{"code": "GCE_QUOTA_EXCEEDED", "message": "quota is low"}, {"message": "and a node is sick"}],
    "network": "default",
    "subnetwork": "inner",
    "resourceLabels": {"team": "shop"},
    "networkConfig": {
        "network": "projects/p/global/networks/default",
        "gatewayApiConfig": {"channel": "CHANNEL_STANDARD"},
        "defaultEnablePrivateNodes": True,
    },
    "workloadIdentityConfig": {"workloadPool": "p.svc.id.goog"},
    "fleet": {
        "project": "p",
        "membership": "//gkehub.googleapis.com/projects/p/locations/us-west1/memberships/west",
    },
    "releaseChannel": {"channel": "REGULAR"},
    "ipAllocationPolicy": {"useIpAliases": True, "servicesIpv4CidrBlock": "34.118.224.0/20"},
    "clusterIpv4Cidr": "10.4.0.0/14",
    "controlPlaneEndpointsConfig": {
        "dnsEndpointConfig": {"endpoint": "gke-1.us-west1-a.gke.goog", "allowExternalTraffic": True},
        "ipEndpointsConfig": {"enabled": True, "publicEndpoint": "34.1.2.3", "privateEndpoint": "10.0.0.2"},
    },
    "nodePools": [
        {
            "name": "default-pool",
            "config": {"machineType": "e2-medium", "serviceAccount": "nodes@p.iam.gserviceaccount.com"},
            "initialNodeCount": 3,
            "locations": ["us-west1-a"],
            "networkConfig": {"enablePrivateNodes": False},
        },
        {"name": "big", "autoscaling": {"enabled": True}},
    ],
}  # fmt: skip


def test_a_cluster_is_read_whole() -> None:
    """Every field that a step goes by."""
    account = "nodes@p.iam.gserviceaccount.com"
    own = NodePool(f"{WEST}/nodePools/default-pool", "e2-medium", 3, account, False, False, ("us-west1-a",))
    other = NodePool(f"{WEST}/nodePools/big", "", 0, "default", scales=True, private=None)
    found = cluster_of("p", TOLD)

    assert found == Cluster(
        name="west",
        path=WEST,
        location="us-west1-a",
        status="RUNNING",
        created="2026-01-05T08:00:00+00:00",
        membership="projects/p/locations/us-west1/memberships/west",
        endpoint=Endpoint("gke-1.us-west1-a.gke.goog"),
        labels={"team": "shop"},
        status_message="quota is low",
        conditions=tuple(TOLD["conditions"]),
        network="default",
        subnetwork="inner",
        gateway_channel="CHANNEL_STANDARD",
        workload_pool="p.svc.id.goog",
        fleet_project="p",
        release_channel="regular",
        vpc_native=True,
        dns_external=True,
        public=True,
        private_nodes=True,
        pools=(own, other),
        pod_range="10.4.0.0/14",
        service_range="34.118.224.0/20",
    )
    assert own == found.pool
    assert ["quota is low", "and a node is sick"] == found.complaints


def test_what_is_left_out_is_not_set() -> None:
    """A cluster that has just been asked for."""
    found = cluster_of("p", {"name": "west", "location": "us-west1-a"})

    assert ("", "", "", "default") == (found.status, found.gateway_channel, found.membership, found.account)
    assert (False, False, None, []) == (found.is_reachable, found.vpc_native, found.pool, found.complaints)


def test_the_pool_of_an_autopilot_cluster_is_not_ours() -> None:
    """Autopilot makes pools as it likes, also by the name that ours has."""
    found = cluster_of("p", TOLD | {"autopilot": {"enabled": True}})

    assert (None, 2) == (found.pool, len(found.pools))


def test_only_deletions_that_are_under_way_count(google: GoogleServer, session: Session) -> None:
    """By name and location; the project is named by its number in links."""
    link = "https://container.googleapis.com/v1/projects/123/zones/us-west1-a/clusters"
    name = {"name": "operation-1"}
    began = {"startTime": "2026-01-05T08:00:00.123456789Z", **name}
    google.answers = {
        "GET /container/v1/projects/p/locations/-/operations": {
            "operations": [
                {"operationType": "DELETE_CLUSTER", "status": "RUNNING", "targetLink": f"{link}/west", **began},
                {"operationType": "DELETE_CLUSTER", "status": "DONE", "targetLink": f"{link}/east", **began},
                {"operationType": "CREATE_CLUSTER", "status": "RUNNING", "targetLink": f"{link}/new", **began},
                {"operationType": "DELETE_CLUSTER", "status": "PENDING", "targetLink": f"{link}/late", **name},
            ]
        }
    }  # fmt: skip
    assert {("west", "us-west1-a"): 1767600000.123456} == container.deletions(session, "p", EVERYWHERE)
