"""Deployments, pods and endpoints in a cluster, driven by the clock alone."""

from __future__ import annotations

import pytest

from localcloud.container.kube import CLUSTER_APIS
from localcloud.controllers.workloads import Workloads, pods, ready_work, works_behind
from localcloud.controllers.workloads.occupancy import Occupancy
from localcloud.controllers.workloads.room import free
from localcloud.kubernetes import KubernetesApi
from localcloud.wire.messages import Json
from tests.localcloud.controllers.clusters import Fleet, add_namespace, add_node, deployment, service, soon

DEPLOYMENT, REPLICA_SET, SLICE = "apps/Deployment", "apps/ReplicaSet", "discovery.k8s.io/EndpointSlice"


@pytest.fixture
def fleet() -> Fleet:
    fleet = Fleet()
    Workloads(fleet.world)
    return fleet


@pytest.fixture
def west(fleet: Fleet) -> KubernetesApi:
    """A cluster with two nodes and the namespace `store`."""
    api = fleet.cluster("west")
    add_namespace(api)
    return api


def status(api: KubernetesApi, name: str = "store") -> Json:
    found = api.get(DEPLOYMENT, "store", name)
    assert found is not None
    current: Json = found["status"]
    return current


def condition(api: KubernetesApi, kind: str) -> Json:
    return next(c for c in status(api)["conditions"] if c["type"] == kind)


def phases(api: KubernetesApi) -> list[str]:
    return [pod["status"]["phase"] for pod in api.list("Pod", "store")]


def ready_ips(api: KubernetesApi, name: str = "store") -> list[str]:
    found = api.get("Endpoints", "store", name)
    assert found is not None
    return [a["ip"] for subset in found.get("subsets", []) for a in subset.get("addresses", [])]


def test_a_deployment_gets_pods_on_nodes_at_once_and_ready_ones_later(
    fleet: Fleet, west: KubernetesApi
) -> None:
    """Readiness takes the time of the table; placement takes none."""
    west.create(DEPLOYMENT, deployment())
    soon(fleet.world)
    assert phases(west) == ["Pending", "Pending"]
    assert {pod["spec"]["nodeName"] for pod in west.list("Pod", "store")} == {"west-0", "west-1"}
    assert status(west)["unavailableReplicas"] == 2
    assert condition(west, "Available")["status"] == "False"
    fleet.wait(60)
    assert phases(west) == ["Running", "Running"]
    numbers = {key: value for key, value in status(west).items() if key != "conditions"}
    expected = {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2}
    assert numbers == {"observedGeneration": 1, **expected}
    assert condition(west, "Available")["status"] == "True"
    assert condition(west, "Progressing")["reason"] == "NewReplicaSetAvailable"


def test_readiness_is_one_work_for_each_deployment_and_names_its_cluster(
    fleet: Fleet, west: KubernetesApi
) -> None:
    """It waited for the cluster."""
    created = fleet.world.ledger.perform("container.clusters.create", fleet.full("west"), lambda: None)
    west.create(DEPLOYMENT, deployment())
    west.create("Service", service())
    soon(fleet.world)
    work = ready_work(fleet.world, fleet.full("west"), "store", "store")
    assert work is not None
    assert (work.resource, work.after) == (f"{fleet.full('west')}/store/store", (created.id,))
    assert works_behind(fleet.world, fleet.full("west"), "store", "store") == [work]
    assert works_behind(fleet.world, fleet.full("east"), "store", "store") == []


def test_pod_addresses_come_from_their_nodes_range(fleet: Fleet, west: KubernetesApi) -> None:
    """And no two pods have the same."""
    west.create(DEPLOYMENT, deployment(replicas=20))
    fleet.wait(60)
    ranges = {"west-0": "10.4.0.", "west-1": "10.4.1."}
    found = west.list("Pod", "store")
    assert all(pod["status"]["podIP"].startswith(ranges[pod["spec"]["nodeName"]]) for pod in found)
    assert len({pod["status"]["podIP"] for pod in found}) == 20


def test_pods_do_not_depend_on_what_else_was_made_first() -> None:
    """Names and addresses follow from the names of things, not from the order of events."""

    def run(*names: str) -> list[tuple[str, str]]:
        fleet = Fleet()
        Workloads(fleet.world)
        api = fleet.cluster("west")
        add_namespace(api)
        for name in names:
            api.create(DEPLOYMENT, deployment(name))
            soon(fleet.world)
        fleet.wait(60)
        return [(pod["metadata"]["name"], pod["status"]["podIP"]) for pod in api.list("Pod", "store")]

    assert run("one", "two") == run("two", "one")


def test_scaling_up_readies_only_the_new_pods(fleet: Fleet, west: KubernetesApi) -> None:
    """The ready ones stay as they are."""
    west.create(DEPLOYMENT, deployment())
    fleet.wait(60)
    before = {pod["metadata"]["uid"] for pod in west.list("Pod", "store")}
    west.patch(DEPLOYMENT, "store", "store", {"spec": {"replicas": 4}})
    soon(fleet.world)
    assert (status(west)["replicas"], status(west)["readyReplicas"]) == (4, 2)
    fleet.wait(60)
    assert status(west)["readyReplicas"] == 4
    assert before < {pod["metadata"]["uid"] for pod in west.list("Pod", "store")}


def test_scaling_to_zero_leaves_no_pod_and_no_endpoint(fleet: Fleet, west: KubernetesApi) -> None:
    """Zeros are left out of the status, as Kubernetes does."""
    west.create(DEPLOYMENT, deployment())
    west.create("Service", service())
    fleet.wait(60)
    west.patch(DEPLOYMENT, "store", "store", {"spec": {"replicas": 0}})
    soon(fleet.world)
    assert (phases(west), ready_ips(west)) == ([], [])
    assert "replicas" not in status(west)
    assert condition(west, "Available")["status"] == "True"


def test_a_pod_deleted_by_hand_is_replaced(fleet: Fleet, west: KubernetesApi) -> None:
    """Level-based: what is missing is made."""
    west.create(DEPLOYMENT, deployment())
    fleet.wait(60)
    gone = west.list("Pod", "store")[0]["metadata"]["uid"]
    west.delete("Pod", "store", west.list("Pod", "store")[0]["metadata"]["name"])
    fleet.wait(60)
    assert phases(west) == ["Running", "Running"]
    assert gone not in {pod["metadata"]["uid"] for pod in west.list("Pod", "store")}


def test_a_new_template_rolls_over_to_a_new_replica_set(fleet: Fleet, west: KubernetesApi) -> None:
    """The old pods serve until the new ones are ready."""
    west.create(DEPLOYMENT, deployment())
    fleet.wait(60)
    template = deployment(image="whereami:v2")["spec"]["template"]
    west.patch(DEPLOYMENT, "store", "store", {"spec": {"template": template}})
    soon(fleet.world)
    assert sorted(phases(west)) == ["Pending", "Pending", "Running", "Running"]
    assert condition(west, "Progressing")["reason"] == "ReplicaSetUpdated"
    fleet.wait(60)
    assert {pod["spec"]["containers"][0]["image"] for pod in west.list("Pod", "store")} == {"whereami:v2"}
    replicas = sorted(item["spec"]["replicas"] for item in west.list(REPLICA_SET, "store"))
    assert replicas == [0, 2]
    assert (status(west)["observedGeneration"], status(west)["replicas"]) == (2, 2)


def test_deleting_a_deployment_takes_its_pods_along(fleet: Fleet, west: KubernetesApi) -> None:
    """Owned objects go with their owner, and the work under way finds nothing to do."""
    west.create(DEPLOYMENT, deployment())
    soon(fleet.world)
    west.delete(DEPLOYMENT, "store", "store")
    fleet.wait(60)
    assert west.list(REPLICA_SET, "store") == []
    assert west.list("Pod", "store") == []


def test_endpoints_list_ready_pods_apart_from_those_that_are_not(fleet: Fleet, west: KubernetesApi) -> None:
    """In Endpoints and in the slice alike."""
    west.create(DEPLOYMENT, deployment())
    west.create("Service", service(ports=[{"port": 80, "targetPort": "http"}]))
    fleet.wait(60)
    assert ready_ips(west) == sorted(pod["status"]["podIP"] for pod in west.list("Pod", "store"))
    found = west.get("Endpoints", "store", "store")
    assert found is not None
    assert found["subsets"][0]["ports"] == [{"port": 8080, "protocol": "TCP"}]
    (only,) = west.list(SLICE, "store", {"kubernetes.io/service-name": "store"})
    assert {endpoint["zone"] for endpoint in only["endpoints"]} == {"us-west1-a"}
    assert all(endpoint["conditions"]["ready"] for endpoint in only["endpoints"])


def test_a_service_whose_selector_chooses_nothing_has_no_endpoints(fleet: Fleet, west: KubernetesApi) -> None:
    """It has an Endpoints object all the same."""
    west.create("Service", service(app="nobody"))
    soon(fleet.world)
    assert ready_ips(west) == []


def test_a_service_without_selector_is_left_alone(fleet: Fleet, west: KubernetesApi) -> None:
    """Its endpoints are somebody else's to write."""
    item = service()
    del item["spec"]["selector"]
    west.create("Service", item)
    soon(fleet.world)
    assert west.get("Endpoints", "store", "store") is None


def test_a_pod_without_room_waits_and_says_why(fleet: Fleet, west: KubernetesApi) -> None:
    """The scheduler's words, as a condition and an event; a new node ends the wait."""
    west.create(DEPLOYMENT, deployment(replicas=1, cpu="600m"))
    fleet.wait(60)
    (pod,) = west.list("Pod", "store")
    words = "0/2 nodes are available: 2 Insufficient cpu."
    assert (pod["status"]["phase"], pod["status"]["conditions"][0]["message"]) == ("Pending", words)
    assert [event["reason"] for event in west.list("Event", "store")] == ["FailedScheduling"]
    add_node(west, "west-2", "us-west1-a", "10.4.2.0/24", "3920m")
    fleet.wait(60)
    assert west.list("Pod", "store")[0]["spec"]["nodeName"] == "west-2"
    assert phases(west) == ["Running"]


def test_without_nodes_pods_wait(fleet: Fleet) -> None:
    """Nothing is scheduled, and nothing is said."""
    api = fleet.cluster("west", nodes=0)
    add_namespace(api)
    api.create(DEPLOYMENT, deployment())
    fleet.wait(60)
    assert phases(api) == ["Pending", "Pending"]


def test_a_cluster_that_goes_takes_its_work_along(fleet: Fleet, west: KubernetesApi) -> None:
    """What comes due afterwards changes nothing."""
    west.create(DEPLOYMENT, deployment())
    soon(fleet.world)
    del fleet.world[CLUSTER_APIS][fleet.full("west")]
    fleet.world.store["container.clusters"].delete(fleet.full("west"))
    fleet.wait(60)
    assert phases(west) == ["Pending", "Pending"]


@pytest.mark.parametrize(("quantity", "expected"), [("100m", 100), ("0.5", 500), ("2", 2000), (1, 1000)])
def test_cpu_quantities_are_read_in_thousandths(quantity: str | int, expected: int) -> None:
    """Every form that Kubernetes writes."""
    assert pods.millicpus(quantity) == expected


@pytest.mark.parametrize(
    ("nodes", "allocatable", "expected"), [(1, "940m", 40), (3, "940m", 507), (1, "1930m", 1030)]
)
def test_a_single_shared_core_node_is_full_before_the_first_workload(
    nodes: int, allocatable: str, expected: int
) -> None:
    """GKE's own pods take most of it; on three such nodes they spread."""
    node = {"metadata": {"name": "n"}, "status": {"allocatable": {"cpu": allocatable}}}
    assert free(node, nodes, Occupancy()) == expected
