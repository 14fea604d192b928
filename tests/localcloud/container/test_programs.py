"""Google's own programs against the container API: the Python client, gcloud."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import container_v1

from tests.localcloud.container.judges import gcloud, needs_gcloud
from tests.localcloud.container.wire import Cloud


def test_googles_python_client_creates_and_labels_a_cluster(cloud: Cloud) -> None:
    """Over REST, with the numbers of enums in its bodies."""
    cloud.pace = 500
    with cloud.listening() as base:
        client = container_v1.ClusterManagerClient(
            transport="rest",
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": f"{base}/container"},
        )
        asked = container_v1.Cluster(
            name="gke-west-1",
            initial_node_count=2,
            fleet=container_v1.Fleet(project="shop"),
            network_config=container_v1.NetworkConfig(
                gateway_api_config=container_v1.GatewayAPIConfig(
                    channel=container_v1.GatewayAPIConfig.Channel.CHANNEL_STANDARD
                )
            ),
        )
        parent = "projects/shop/locations/us-west1-a"
        operation = client.create_cluster(parent=parent, cluster=asked)
        done = client.get_operation(name=f"{parent}/operations/{operation.name}")
        cluster = client.get_cluster(name=f"{parent}/clusters/gke-west-1")
        client.set_labels(
            request={
                "name": f"{parent}/clusters/gke-west-1",
                "resource_labels": {"team": "web"},
                "label_fingerprint": cluster.label_fingerprint,
            }
        )
        labelled = client.list_clusters(parent="projects/shop/locations/-").clusters[0]
        client.transport.close()
    standard = container_v1.GatewayAPIConfig.Channel.CHANNEL_STANDARD
    assert done.status == container_v1.Operation.Status.DONE
    assert cluster.status == container_v1.Cluster.Status.RUNNING
    assert cluster.network_config.gateway_api_config.channel == standard
    assert cluster.fleet.membership.endswith("/locations/us-west1/memberships/gke-west-1")
    assert dict(labelled.resource_labels) == {"team": "web"}


@pytest.mark.judge
@needs_gcloud
def test_gcloud_creates_lists_and_describes_a_cluster(cloud: Cloud, tmp_path: Path) -> None:
    """As the tutorial has it."""
    cloud.pace = 500
    with cloud.listening() as base:
        create = (
            "container clusters create gke-west-1 --location=us-west1-a --gateway-api=standard --enable-fleet"
        )
        gcloud(base, tmp_path, *create.split(), "--workload-pool=shop.svc.id.goog")
        listed = gcloud(base, tmp_path, *["container", "clusters", "list", "--format=json"])
        describe = "container clusters describe gke-west-1 --location=us-west1-a --format=json"
        described = json.loads(gcloud(base, tmp_path, *describe.split()))
    assert [cluster["name"] for cluster in json.loads(listed)] == ["gke-west-1"]
    assert described["status"] == "RUNNING"
    assert described["networkConfig"]["gatewayApiConfig"]["channel"] == "CHANNEL_STANDARD"
    assert "gke_shop_us-west1-a_gke-west-1" in (tmp_path / "kubeconfig").read_text()
