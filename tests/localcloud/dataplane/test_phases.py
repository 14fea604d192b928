"""What a client of the VPC sees, from nothing to an answer, and when something breaks."""

from __future__ import annotations

import json

import pytest

from localcloud.compute.loadbalancing import health
from localcloud.compute.names import full_name
from localcloud.dataplane import Client, HttpRequest, answer
from localcloud.kubernetes import KubernetesApi
from localcloud.wire.messages import Abort
from tests.localcloud.controllers.gateways import (
    GATEWAY,
    NETWORK,
    ROUTE,
    Store,
    described,
    policy,
    store_route,
)

WEST, EAST = 0, 1


@pytest.fixture(scope="module")
def settled() -> Store:
    """The tutorial's environment, converged; for tests that only ask."""
    return _converged()


@pytest.fixture
def store() -> Store:
    """The same, for tests that break something."""
    return _converged()


def _converged() -> Store:
    cloud = Store()
    cloud.gateway("us-west1", "us-east1")
    cloud.west.create(ROUTE, store_route())
    cloud.wait(1200)
    return cloud


def served_by(cloud: Store, vip: int, path: str) -> str:
    """The cluster that answers a request to the VIP of that place in the spec."""
    response = cloud.get(cloud.vips()[vip], path)
    assert response.status == 200, response.body
    return str(json.loads(response.body)["cluster_name"])


MATRIX = [
    (WEST, "/west", "gke-west"),
    (EAST, "/west", "gke-west"),
    (WEST, "/east", "gke-east"),
    (EAST, "/east", "gke-east"),
    (WEST, "/", "gke-west"),
    (EAST, "/", "gke-east"),
]


def test_the_tutorials_traffic_goes_where_the_tutorial_says(settled: Store) -> None:
    """Each VIP and each rule: pinned rules to their cluster, the default to the VIP's own region."""
    assert [(vip, path, served_by(settled, vip, path)) for vip, path, _ in MATRIX] == MATRIX


def test_the_phases_come_in_order() -> None:
    """Reset, 404, 503, 200, and none of them twice."""
    cloud = Store()
    cloud.gateway("us-west1", "us-east1")
    cloud.west.create(ROUTE, store_route())
    phases: list[str] = []
    for _ in range(600):
        cloud.wait(2)
        phase = _phase(cloud, "/west")
        if phases[-1:] != [phase]:
            phases.append(phase)

    assert phases == [
        "reset",
        "404 fault filter abort",
        "503 no healthy upstream",
        "200",
    ]


def test_works_of_the_data_plane_name_what_they_waited_for(settled: Store) -> None:
    """The first probes: the route's sync, the export, the pods."""
    ledger = settled.world.ledger
    health = ledger.latest("dataplane.health", f"store/store-west-1/{settled.membership('west')}")
    sync = ledger.latest("gateway.sync", f"{settled.full('west')}/store/route")
    pods = ledger.latest("kubernetes.pods.ready", f"{settled.full('west')}/store/store")
    assert health and sync and pods
    kinds = {work.kind for work in ledger.works if work.id in health.after}

    assert {sync.id, pods.id} <= set(health.after)
    assert kinds == {"gateway.sync", "kubernetes.pods.ready", "mcs.export"}
    assert len(settled.works("dataplane.health")) == 4


def test_a_request_that_meets_no_rule_gets_404(settled: Store) -> None:
    """Another host, or none at all, is the default backend's."""
    vip = settled.vips()[WEST]

    assert [settled.get(vip, "/", host=host).status for host in ("other.example.com", vip)] == [404, 404]
    assert settled.get(vip, "/", host="STORE.example.internal:80").status == 200


def test_clients_of_another_network_or_port_reach_nothing(settled: Store) -> None:
    """Access is global within the VPC, and ends at its border."""
    vip = settled.vips()[WEST]
    for client, port in ((Client("projects/shop/global/networks/other", "us-west1"), 80), (_client(), 81)):
        with pytest.raises(Abort):
            answer(settled.world, client, HttpRequest("GET", f"{vip}:{port}"))


def test_without_the_proxy_only_subnetwork_there_are_no_proxies(store: Store) -> None:
    """Only the region that lost it is deaf."""
    store.world.store["compute.subnetworks"].delete(
        "projects/shop/regions/us-west1/subnetworks/us-west1-proxies"
    )
    with pytest.raises(Abort):
        store.get(store.vips()[WEST])

    assert store.get(store.vips()[EAST]).status == 200


def test_the_answer_is_the_sample_apps(settled: Store) -> None:
    """Its fields, the Host header as it came, the clock's time; a path that ends in a field answers that."""
    vip = settled.vips()[WEST]
    described = json.loads(settled.get(vip, "/").body)

    assert described["zone"] == "us-west1-a"
    assert described["project_id"] == "shop"
    assert described["host_header"] == "store.example.internal"
    assert described["node_name"].startswith("west-")
    assert described["pod_name"].startswith("store-")
    assert described["timestamp"].startswith("2026-01-05T09:")
    assert settled.get(vip, "/west/zone").body == b"us-west1-a"


def test_traffic_fails_over_to_another_region_and_comes_back(store: Store) -> None:
    """A region without ready pods is passed over; a pinned route has nowhere to go."""
    _scale(store.west, 0)
    store.wait(5)
    over = served_by(store, WEST, "/"), store.get(store.vips()[WEST], "/west").status
    _scale(store.west, 2)
    store.wait(120)

    assert over == ("gke-east", 503)
    assert served_by(store, WEST, "/") == "gke-west"
    assert served_by(store, WEST, "/west") == "gke-west"


def test_another_image_is_healthy_on_the_root_alone() -> None:
    """A HealthCheckPolicy for a path that it does not have makes every backend unhealthy; taking it off heals."""
    cloud = Store(image="nginx:1.27")
    cloud.gateway("us-west1")
    cloud.route()
    cloud.wait(1200)
    plain = cloud.get(cloud.vips()[0], "/anything")
    health = {"type": "HTTP", "httpHealthCheck": {"requestPath": "/healthz"}}
    default = {"checkIntervalSec": 5, "timeoutSec": 5, "config": health}
    cloud.west.create("networking.gke.io/HealthCheckPolicy", policy("HealthCheckPolicy", "store", default))
    cloud.wait(120)
    broken = cloud.get(cloud.vips()[0])
    cloud.west.delete("networking.gke.io/HealthCheckPolicy", "store", "store-policy")
    cloud.wait(120)

    assert (plain.status, plain.body) == (200, b"ok\n")
    assert (broken.status, broken.body) == (503, b"no healthy upstream")
    assert cloud.get(cloud.vips()[0]).status == 200


def test_a_port_that_no_container_listens_on_is_unhealthy(store: Store) -> None:
    """The Service's targetPort decides."""
    for api in store.apis.values():
        ports = [{"port": 8080, "targetPort": 9090}]
        api.patch("Service", "store", "store", {"spec": {"ports": ports}})
    store.wait(120)

    assert store.get(store.vips()[WEST], "/").status == 503
    assert served_by(store, WEST, "/west") == "gke-west"


def test_without_the_firewall_rule_the_proxies_reach_no_pod(store: Store) -> None:
    """The connection times out behind the load balancer."""
    store.world.store["compute.firewalls"].delete("projects/shop/global/firewalls/gkemcg1-l7-default-global")
    refused = store.get(store.vips()[WEST], "/")

    assert refused.status == 503
    assert b"connection timeout" in refused.body


def test_compute_tells_the_health_of_the_groups(store: Store) -> None:
    """What getHealth answers is what the proxies go by."""
    before = _states(store)
    _scale(store.west, 0)
    store.wait(30)

    assert set(before.values()) == {"HEALTHY"}
    assert {zone: state for (service, zone), state in _states(store).items() if service == "store"} == {
        "us-west1-a": "UNHEALTHY",
        "us-east1-c": "HEALTHY",
    }


def test_nothing_answers_any_more_after_the_gateway_is_gone(store: Store) -> None:
    """Its address resets, and what had arrived is forgotten."""
    vip = store.vips()[WEST]
    store.west.delete(ROUTE, "store", "route")
    store.west.delete(GATEWAY, "store", "gw")
    serving = store.get(vip, "/west").status
    store.wait(400)
    with pytest.raises(Abort):
        store.get(vip)

    assert serving == 200
    assert store.world.store["dataplane.routes"].names() == []
    assert store.world.store["dataplane.health"].names() == []


def test_the_load_balancer_serves_on_without_its_config_cluster(store: Store) -> None:
    """Control plane only: traffic does not care for the ingress feature."""
    store.world.store["gkehub.features"].delete("projects/shop/locations/global/features/multiclusteringress")
    store.wait(600)

    assert served_by(store, EAST, "/") == "gke-east"


def test_two_runs_of_a_seed_are_the_same() -> None:
    """Addresses, works and answers."""
    runs = []
    for _ in range(2):
        cloud = Store()
        cloud.gateway("us-west1", "us-east1")
        cloud.west.create(ROUTE, store_route())
        cloud.wait(900)
        works = [(work.kind, work.resource, work.start, work.after) for work in cloud.world.ledger.works]
        runs.append((cloud.vips(), works, [cloud.get(cloud.vips()[0]).body for _ in range(5)]))

    assert runs[0] == runs[1]


def _client() -> Client:
    return Client(NETWORK, "us-central1")


def _phase(cloud: Store, path: str) -> str:
    vips = cloud.vips()
    if not vips:
        return "reset"
    found = cloud.get(vips[0], path)
    return "200" if found.status == 200 else f"{found.status} {found.body.decode()}"


def _scale(api: KubernetesApi, replicas: int) -> None:
    api.patch("apps/Deployment", "store", "store", {"spec": {"replicas": replicas}})


def _states(cloud: Store) -> dict[tuple[str, str], str]:
    """(import, zone) → what compute says of its group."""
    found: dict[tuple[str, str], str] = {}
    for name, part in cloud.world.store["compute.backendServices"].items("projects/shop/global/"):
        for one in part.get("backends", []) if "/gkemcg1-store-" in name else []:
            group = full_name(one["group"])
            service = described(part)["k8sResource"].rsplit("/", 1)[1]
            found[service, group.split("/")[3]] = health(cloud.world, name, group)
    return found
