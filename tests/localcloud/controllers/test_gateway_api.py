"""Where CRDs and GatewayClasses are, and when."""

from __future__ import annotations

from localcloud.controllers.gateway_api import CROSS_REGION, MULTI_CLUSTER, SINGLE_CLUSTER, accepted
from localcloud.kubernetes import KubernetesApi
from localcloud.time.ledger import Work
from tests.localcloud.controllers.gateways import FEATURE, Gateways

CLASS = "gateway.networking.k8s.io/GatewayClass"


def classes(api: KubernetesApi) -> list[str]:
    return [one["metadata"]["name"] for one in api.list(CLASS)]


def test_a_running_cluster_with_the_standard_channel_has_the_single_cluster_classes() -> None:
    """They are there when the cluster is, with the CRDs and GKE's policies."""
    cloud = Gateways()

    assert classes(cloud.west) == sorted(SINGLE_CLUSTER)
    assert cloud.west.list("networking.gke.io/HealthCheckPolicy") == []
    assert all(accepted(cloud.west, name) for name in SINGLE_CLUSTER)


def test_a_cluster_without_the_channel_knows_no_gateway() -> None:
    """The Gateway API is opt-in."""
    cloud = Gateways()
    east = cloud.cluster("east")

    assert classes(east) == []


def test_a_cluster_gets_the_api_when_the_channel_is_set_later() -> None:
    """An update of the cluster brings what creation would have brought."""
    cloud = Gateways()
    east = cloud.cluster("east")
    cloud.enable_gateway_api("east")

    assert classes(east) == sorted(SINGLE_CLUSTER)


def test_the_multi_cluster_classes_come_to_the_config_cluster_alone() -> None:
    """They arrive when their work is over, Accepted, and nowhere else."""
    cloud = Gateways("west", "east")
    cloud.enable_ingress()
    before = classes(cloud.west)
    cloud.wait(300)

    assert before == sorted(SINGLE_CLUSTER)
    assert classes(cloud.west) == sorted([*SINGLE_CLUSTER, *MULTI_CLUSTER])
    assert classes(cloud.apis["east"]) == sorted(SINGLE_CLUSTER)
    assert accepted(cloud.west, CROSS_REGION)


def test_the_classes_wait_for_the_feature_to_be_ready() -> None:
    """ACTIVE is not enough: its own state has to be OK. The work says what it waited for."""
    cloud = Gateways()
    cloud.enable_ingress()
    cloud.world.store["gkehub.features"].delete(FEATURE)
    cloud.wait(0)
    feature = {"spec": {"multiclusteringress": {"configMembership": cloud.membership("west")}}}
    cloud.world.store["gkehub.features"].put(FEATURE, {**feature, "resourceState": {"state": "ACTIVE"}})
    cloud.wait(600)
    waiting = classes(cloud.west)
    ready: list[Work] = []
    work = cloud.world.ledger.perform("mci.state", FEATURE, lambda: cloud.enable_ingress())
    ready.append(work)
    cloud.wait(600)

    arrived = cloud.world.ledger.latest("mci.gatewayclass", FEATURE)
    assert waiting == sorted(SINGLE_CLUSTER)
    assert arrived is not None
    assert arrived.after == (work.id,)


def test_moving_the_config_membership_moves_the_classes() -> None:
    """The old config cluster loses them at once, the new one gets them after the time they take."""
    cloud = Gateways("west", "east")
    cloud.enable_ingress("west")
    cloud.wait(300)
    cloud.enable_ingress("east")
    moved = classes(cloud.west)
    cloud.wait(300)

    assert moved == sorted(SINGLE_CLUSTER)
    assert CROSS_REGION in classes(cloud.apis["east"])


def test_the_classes_go_with_the_feature() -> None:
    """Also while they are still on their way."""
    cloud = Gateways()
    cloud.enable_ingress()
    cloud.world.store["gkehub.features"].delete(FEATURE)
    cloud.wait(300)

    assert classes(cloud.west) == sorted(SINGLE_CLUSTER)
