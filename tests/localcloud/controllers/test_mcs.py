"""Multi-cluster Services: joining, exporting, importing, and taking it all back."""

from __future__ import annotations

import json

import pytest

from localcloud.container.kube import CLUSTER_APIS
from localcloud.controllers.gateway.parts import node_tag
from localcloud.controllers.mcs import (
    MultiClusterServices,
    export_work,
    export_works,
    exports_left,
    groups_of,
    importer_starved,
    mirror,
    names,
)
from localcloud.controllers.mcs.exports import Name
from localcloud.controllers.mcs.importer import ROLE, identities
from localcloud.controllers.workloads import Workloads
from localcloud.gkehub.resources import resources_of
from localcloud.iam import grants
from localcloud.kubernetes import KubernetesApi
from localcloud.wire.messages import Json
from tests.localcloud.controllers.clusters import (
    FEATURE,
    Fleet,
    add_namespace,
    add_node,
    deployment,
    export,
    service,
    soon,
)
from tests.support.projects import CLOUD_PROJECT as PROJECT

EXPORT, IMPORT = "net.gke.io/ServiceExport", "net.gke.io/ServiceImport"
GROUPS, ENDPOINTS = "compute.networkEndpointGroups", "compute.networkEndpoints"


@pytest.fixture
def fleet() -> Fleet:
    """No clusters yet; the controllers run and the importers may look."""
    fleet = Fleet()
    Workloads(fleet.world)
    MultiClusterServices(fleet.world)
    fleet.allow_importers()
    return fleet


@pytest.fixture
def west(fleet: Fleet) -> KubernetesApi:
    return member(fleet, "west")


@pytest.fixture
def east(fleet: Fleet) -> KubernetesApi:
    return member(fleet, "east", 1)


def member(fleet: Fleet, name: str, index: int = 0, nodes: int = 2) -> KubernetesApi:
    """A cluster that has joined, with the namespace and the Deployment `store`."""
    fleet.enable_services()
    api = fleet.cluster(name, nodes, index=index)
    fleet.register(name)
    fleet.wait(300)
    add_namespace(api)
    api.create("apps/Deployment", deployment())
    return api


def offer(api: KubernetesApi, name: str = "store", ports: tuple[Json, ...] = ({"port": 8080},)) -> None:
    """A Service and its export."""
    api.create("Service", service(name, ports))
    export(api, name)


def imported(api: KubernetesApi, name: str = "store") -> Json:
    found = api.get(IMPORT, "store", name)
    assert found is not None, "no ServiceImport"
    return found


def exporters(api: KubernetesApi, name: str = "store") -> list[str]:
    return [cluster["cluster"] for cluster in imported(api, name)["status"]["clusters"]]


def stored(fleet: Fleet, kind: str) -> list[str]:
    return [name.rpartition("/")[2] for name in fleet.world.store[f"compute.{kind}"].names()]


def derived(item: Json) -> str:
    name: str = item["metadata"]["annotations"]["net.gke.io/derived-service"]
    return name


# -- joining


def test_crds_and_importer_come_some_time_after_feature_and_membership(fleet: Fleet) -> None:
    """Until then the cluster does not know what a ServiceExport is."""
    fleet.enable_services()
    api = fleet.cluster("west")
    feature = fleet.world.ledger.perform("gkehub.features.mcs.create", FEATURE, lambda: None)
    ready = fleet.world.ledger.perform("gkehub.memberships.create", fleet.register("west"), lambda: None)
    soon(fleet.world)
    assert api.registry.named(EXPORT) is None
    fleet.wait(300)
    assert api.registry.named(EXPORT) is not None
    (pod,) = api.list("Pod", "gke-mcs", {"k8s-app": "gke-mcs-importer"})
    assert pod["status"]["phase"] == "Running"
    (work,) = [work for work in fleet.world.ledger.works if work.kind == "mcs.crds"]
    assert (work.resource, work.after) == (fleet.membership("west"), (feature.id, ready.id))


@pytest.mark.parametrize("missing", ["feature", "membership", "cluster"])
def test_nothing_is_installed_while_one_of_the_three_is_missing(fleet: Fleet, missing: str) -> None:
    """It takes the feature, a membership that is READY, and a cluster that runs."""
    if missing != "feature":
        fleet.enable_services()
    if missing != "cluster":
        fleet.cluster("west")
    if missing != "membership":
        fleet.register("west")
    fleet.wait()
    assert fleet.kinds_of_work("mcs.crds") == []


def test_a_feature_that_goes_meanwhile_calls_the_installation_off(fleet: Fleet) -> None:
    """The work has begun, and is not finished."""
    fleet.enable_services()
    api = fleet.cluster("west")
    fleet.register("west")
    soon(fleet.world)
    fleet.world.store["gkehub.features"].delete(FEATURE)
    fleet.wait()
    assert api.registry.named(EXPORT) is None


def test_each_cluster_of_the_fleet_gets_a_firewall_rule_for_the_others(
    fleet: Fleet, west: KubernetesApi, east: KubernetesApi
) -> None:
    """It names the pods' ranges and reaches the nodes by the tag that they bear."""
    rules = [rule for rule in fleet.world.store["compute.firewalls"].list() if rule["name"].endswith("-mcsd")]
    assert [rule["targetTags"] for rule in rules] == [
        [node_tag(fleet.full(name))] for name in ("east", "west")
    ]
    assert all({"10.4.0.0/14", "10.8.0.0/14"} < set(rule["sourceRanges"]) for rule in rules)


# -- exporting


def test_an_export_takes_minutes_and_ends_in_an_import(
    fleet: Fleet, west: KubernetesApi, east: KubernetesApi
) -> None:
    """In the exporting cluster and in every other that has the namespace."""
    offer(west)
    soon(fleet.world)
    assert west.get(IMPORT, "store", "store") is None
    fleet.wait()
    number = fleet.project.number
    for api in (west, east):
        found = imported(api)
        assert found["metadata"]["labels"] == {
            "app.kubernetes.io/managed-by": "gke-mcs-controller.gke.io",
            "net.gke.io/backend-service-name": "gkemcs-store-store",
            "net.gke.io/export-network": "default",
            "net.gke.io/export-project": number,
        }
        address = api.get("Service", "store", derived(found))
        assert address is not None
        assert found["spec"] == {
            "type": "ClusterSetIP",
            "ips": [address["spec"]["clusterIP"]],
            "ports": [{"port": 8080, "protocol": "TCP"}],
            "sessionAffinity": "None",
        }
        assert exporters(api) == [fleet.numbered("west")]


def test_the_import_lists_every_cluster_that_exports(
    fleet: Fleet, west: KubernetesApi, east: KubernetesApi
) -> None:
    """Sameness: one import for all exports of a name; a name that one cluster exports has that one."""
    offer(west)
    offer(east)
    offer(east, "store-east-1")
    fleet.wait()
    for api in (west, east):
        assert exporters(api) == [fleet.numbered("east"), fleet.numbered("west")]
        assert exporters(api, "store-east-1") == [fleet.numbered("east")]


def test_the_derived_service_has_the_pods_of_all_exporting_clusters(
    fleet: Fleet, west: KubernetesApi, east: KubernetesApi
) -> None:
    """Whichever cluster asks."""
    offer(west)
    offer(east)
    fleet.wait()
    expected = sorted(pod["status"]["podIP"] for api in (west, east) for pod in api.list("Pod", "store"))
    for api in (west, east):
        found = api.get("Endpoints", "store", derived(imported(api)))
        assert found is not None
        assert [address["ip"] for address in found["subsets"][0]["addresses"]] == expected


def test_an_export_is_work_that_waited_for_the_crds_and_the_role(fleet: Fleet) -> None:
    """Its place in the critical path."""
    fleet.project.policy["bindings"] = []
    api = member(fleet, "west")
    importer = identities(fleet.world, PROJECT)[0]
    grants.write(fleet.world, f"projects/{PROJECT}", [{"role": ROLE, "members": [importer]}])
    offer(api)
    fleet.wait()
    work = export_work(fleet.world, fleet.membership("west"), "store", "store")
    crds = fleet.world.ledger.latest("mcs.crds", fleet.membership("west"))
    bound = grants.propagation(fleet.world, PROJECT, importer)
    assert work is not None and crds is not None and bound is not None
    assert (work.kind, work.resource) == ("mcs.export", f"{fleet.membership('west')}/store/store")
    assert work.after == tuple(sorted([crds.id, bound.id]))
    assert work.start == bound.end
    assert export_works(fleet.world, PROJECT, "store", "store") == [work]


def test_later_exports_of_a_cluster_find_everything_in_place(fleet: Fleet, west: KubernetesApi) -> None:
    """The first one takes the long time; those begun beside it do too."""
    offer(west)
    offer(west, "store-west-1")
    fleet.wait()
    offer(west, "store-late")
    fleet.wait()
    first = [f"{fleet.membership('west')}/store/{name}" for name in ("store", "store-west-1")]
    assert fleet.kinds_of_work("mcs.export") == first
    assert fleet.kinds_of_work("mcs.export.later") == [f"{fleet.membership('west')}/store/store-late"]


@pytest.mark.parametrize("form", [0, 1])
def test_the_role_works_in_either_member_form(fleet: Fleet, form: int) -> None:
    """The documentation's new form, and that of its older pages."""
    fleet.project.policy["bindings"] = []
    fleet.allow_importers(identities(fleet.world, PROJECT)[form])
    api = member(fleet, "west")
    offer(api)
    fleet.wait()
    assert exporters(api) == [fleet.numbered("west")]


def test_without_the_importers_role_no_import_appears(fleet: Fleet) -> None:
    """However long one waits; the export is seen all the same."""
    fleet.project.policy["bindings"] = []
    api = member(fleet, "west")
    offer(api)
    fleet.wait(7200)
    assert api.get(IMPORT, "store", "store") is None
    assert fleet.kinds_of_work("mcs.export") == []
    found = api.get(EXPORT, "store", "store")
    assert found is not None
    said = {c["type"]: c["status"] for c in found["status"]["conditions"]}
    assert said == {"Initialized": "True", "Exported": "False"}


def test_an_export_without_a_service_of_its_name_waits_for_one(fleet: Fleet, west: KubernetesApi) -> None:
    """Names must match."""
    export(west)
    fleet.wait()
    assert west.get(IMPORT, "store", "store") is None
    west.create("Service", service())
    fleet.wait()
    assert exporters(west) == [fleet.numbered("west")]


def test_a_namespace_that_comes_late_gets_its_imports_then(
    fleet: Fleet, west: KubernetesApi, east: KubernetesApi
) -> None:
    """The namespace must be there; nobody makes it."""
    east.delete("Namespace", "", "store")
    offer(west)
    fleet.wait()
    assert east.list(IMPORT) == []
    add_namespace(east)
    soon(fleet.world)
    assert exporters(east) == [fleet.numbered("west")]


def test_an_import_deleted_by_hand_is_made_again(fleet: Fleet, west: KubernetesApi) -> None:
    """With its status."""
    offer(west)
    fleet.wait()
    west.delete(IMPORT, "store", "store")
    soon(fleet.world)
    assert exporters(west) == [fleet.numbered("west")]


def test_a_headless_export_may_do_without_ports(fleet: Fleet, west: KubernetesApi) -> None:
    """The Service that is derived for it is headless, too: another could not be without."""
    item = service(ports=())
    item["spec"]["clusterIP"] = "None"
    west.create("Service", item)
    export(west)
    fleet.wait()

    assert ("Headless", []) == (imported(west)["spec"]["type"], imported(west)["spec"]["ports"])


def test_ports_of_all_clusters_are_imported_and_the_first_cluster_names_them(
    fleet: Fleet, west: KubernetesApi, east: KubernetesApi
) -> None:
    """The first by membership."""
    offer(west, ports=({"port": 8080, "name": "web"}, {"port": 9090, "name": "stats"}))
    offer(east, ports=({"port": 8080, "name": "http"},))
    fleet.wait()
    assert imported(west)["spec"]["ports"] == [
        {"port": 8080, "name": "http", "protocol": "TCP"},
        {"port": 9090, "name": "stats", "protocol": "TCP"},
    ]


# -- compute


def test_a_neg_holds_the_ready_pods_of_its_zone(fleet: Fleet, west: KubernetesApi) -> None:
    """At the port behind the Service's, with the node that each is on."""
    offer(west, ports=({"port": 80, "targetPort": "http"},))
    fleet.wait()
    (group,) = groups_of(fleet.world, PROJECT, "store", "store", 80)[fleet.membership("west")]
    found = fleet.world.store[GROUPS].get(group)
    assert found is not None
    assert (found["networkEndpointType"], found["zone"].rpartition("/")[2]) == (
        "GCE_VM_IP_PORT",
        "us-west1-a",
    )
    assert json.loads(found["description"])["service-name"] == "store"
    endpoints = (fleet.world.store[ENDPOINTS].get(group) or {})["endpoints"]
    assert [(e["ipAddress"], e["port"]) for e in endpoints] == sorted(
        (pod["status"]["podIP"], 8080) for pod in west.list("Pod", "store")
    )
    west.patch("apps/Deployment", "store", "store", {"spec": {"replicas": 0}})
    soon(fleet.world)
    assert (fleet.world.store[ENDPOINTS].get(group) or {})["endpoints"] == []


def test_one_backend_service_has_the_negs_of_all_clusters(
    fleet: Fleet, west: KubernetesApi, east: KubernetesApi
) -> None:
    """With a health check of its name."""
    offer(west)
    offer(east)
    fleet.wait()
    assert (stored(fleet, "backendServices"), stored(fleet, "healthChecks")) == (["gkemcs-store-store"],) * 2
    (found,) = fleet.world.store["compute.backendServices"].list()
    zones = [backend["group"].split("/")[-3] for backend in found["backends"]]
    assert zones == ["us-east1-c", "us-west1-a"]


def test_groups_follow_a_services_ports(fleet: Fleet, west: KubernetesApi) -> None:
    """A port that goes takes its NEG along."""
    offer(west)
    fleet.wait()
    west.patch("Service", "store", "store", {"spec": {"ports": [{"port": 9090, "targetPort": 8080}]}})
    soon(fleet.world)
    soon(fleet.world)
    assert groups_of(fleet.world, PROJECT, "store", "store", 8080)[fleet.membership("west")] == []
    assert len(groups_of(fleet.world, PROJECT, "store", "store", 9090)[fleet.membership("west")]) == 1
    assert imported(west)["spec"]["ports"] == [{"port": 9090, "protocol": "TCP"}]


@pytest.mark.parametrize("length", [5, 40, 63])
def test_names_fit_into_63_characters_and_stay_apart(length: int) -> None:
    """Long namespaces and names are cut, the hash keeps them apart."""
    one, two = Name("n" * length, "s" * length), Name("n" * length, "s" * (length - 1) + "t")
    made = [names.neg("c", service, 65535) for service in (one, two)]
    made += [names.backend_service(service) for service in (one, two)]
    assert max(map(len, made)) <= 63
    assert len(set(made)) == 4


# -- taking it back


def test_removing_an_export_shrinks_the_import_and_the_last_one_ends_it(
    fleet: Fleet, west: KubernetesApi, east: KubernetesApi
) -> None:
    """Some time later: removal is work too."""
    offer(west)
    offer(east)
    fleet.wait()
    west.delete(EXPORT, "store", "store")
    soon(fleet.world)
    assert len(exporters(east)) == 2
    fleet.wait(120)
    assert exporters(west) == exporters(east) == [fleet.numbered("east")]
    east.delete(EXPORT, "store", "store")
    fleet.wait(120)
    assert [api.list(IMPORT) for api in (west, east)] == [[], []]
    assert [s["metadata"]["name"] for s in west.list("Service", "store")] == ["store"]
    for kind in ("backendServices", "healthChecks", "networkEndpointGroups", "networkEndpoints"):
        assert stored(fleet, kind) == []


def test_an_export_that_comes_back_in_time_is_not_removed(fleet: Fleet, west: KubernetesApi) -> None:
    """The removal is called off."""
    offer(west)
    fleet.wait()
    west.delete(EXPORT, "store", "store")
    soon(fleet.world)
    export(west)
    fleet.wait()
    assert exporters(west) == [fleet.numbered("west")]
    assert len(fleet.kinds_of_work("mcs.export")) == 1


def test_deleting_the_namespace_takes_the_export_along(
    fleet: Fleet, west: KubernetesApi, east: KubernetesApi
) -> None:
    """The Service and the ServiceExport were in it."""
    offer(west)
    fleet.wait()
    west.delete("Namespace", "", "store")
    fleet.wait(120)
    assert east.list(IMPORT) == []
    assert west.get("Namespace", "", "store") is None


def test_a_neg_stays_as_long_as_another_backend_service_uses_it(fleet: Fleet, west: KubernetesApi) -> None:
    """The cluster's NEG controller tries again when it is free."""
    offer(west)
    fleet.wait()
    (group,) = groups_of(fleet.world, PROJECT, "store", "store", 8080)[fleet.membership("west")]
    user = f"projects/{PROJECT}/global/backendServices/gkemcg1-store-store-8080-abc"
    fleet.world.store["compute.backendServices"].put(user, {"backends": [{"group": group}]})
    west.delete(EXPORT, "store", "store")
    fleet.wait(120)
    assert group in fleet.world.store[GROUPS]
    fleet.world.store["compute.backendServices"].delete(user)
    soon(fleet.world)
    assert group not in fleet.world.store[GROUPS]


def test_a_namespace_stays_as_long_as_a_neg_of_it_is_used(fleet: Fleet, west: KubernetesApi) -> None:
    """What stands for the NEG in the cluster has a finalizer, and goes when the NEG does."""
    offer(west)
    fleet.wait()
    (group,) = groups_of(fleet.world, PROJECT, "store", "store", 8080)[fleet.membership("west")]
    (item,) = west.list(mirror.KIND)
    assert [mirror.FINALIZER] == item["metadata"]["finalizers"]
    assert (group.rpartition("/")[2], "store") == (item["metadata"]["name"], item["metadata"]["namespace"])
    user = f"projects/{PROJECT}/global/backendServices/gkemcg1-store-store-8080-abc"
    fleet.world.store["compute.backendServices"].put(user, {"backends": [{"group": group}]})
    west.delete("Namespace", "", "store")
    fleet.wait()
    (held,) = west.list(mirror.KIND)
    assert "deletionTimestamp" in held["metadata"]
    assert west.get("Namespace", "", "store") is not None
    fleet.world.store["compute.backendServices"].delete(user)
    soon(fleet.world)
    assert west.list(mirror.KIND) == []
    assert west.get("Namespace", "", "store") is None


def test_what_stands_for_a_neg_follows_its_service(fleet: Fleet, west: KubernetesApi) -> None:
    """Withdrawn, it goes with the NEG; deleted by hand, it is held until the NEG is gone."""
    offer(west)
    fleet.wait()
    west.delete("Service", "store", "store")
    soon(fleet.world)
    assert ["deletionTimestamp" in each["metadata"] for each in west.list(mirror.KIND)] == [True]
    fleet.wait(120)
    assert west.list(mirror.KIND) == []


def test_negs_and_firewall_rule_outlive_a_cluster_that_is_deleted_first(
    fleet: Fleet, west: KubernetesApi, east: KubernetesApi
) -> None:
    """Nobody is left to delete them; the import and the backend service forget the cluster."""
    offer(west)
    offer(east)
    fleet.wait()
    cluster = fleet.full("west")
    fleet.world.store["container.clusters"].change(cluster, status="STOPPING")
    del fleet.world[CLUSTER_APIS][cluster]
    fleet.world.store["gkehub.memberships"].delete(fleet.membership("west"))
    fleet.wait(120)
    fleet.world.store["container.clusters"].delete(cluster)
    fleet.wait()
    assert exporters(east) == [fleet.numbered("east")]
    left = [name for name in fleet.world.store[GROUPS].names() if "us-west1-a" in name]
    assert len(left) == 1
    assert names.firewall(cluster) in stored(fleet, "firewalls")
    east.delete(EXPORT, "store", "store")
    fleet.wait()
    assert fleet.world.store[GROUPS].names() == left
    assert stored(fleet, "backendServices") == []


def test_the_feature_is_held_by_exports_until_their_removal_is_done(
    fleet: Fleet, west: KubernetesApi
) -> None:
    """From the moment they are asked for; so the hub says."""
    assert resources_of(fleet.world, FEATURE) == []
    offer(west)
    expected = [f"{fleet.membership('west')}/store/store"]
    assert resources_of(fleet.world, FEATURE) == expected
    fleet.wait()
    west.delete(EXPORT, "store", "store")
    soon(fleet.world)
    assert exports_left(fleet.world, FEATURE) == expected
    fleet.wait(120)
    assert resources_of(fleet.world, FEATURE) == []


def test_a_feature_deleted_without_exports_takes_importer_and_firewall_along(
    fleet: Fleet, west: KubernetesApi
) -> None:
    """The CRDs stay."""
    fleet.world.store["gkehub.features"].delete(FEATURE)
    fleet.wait()
    assert west.get("Namespace", "", "gke-mcs") is None
    assert stored(fleet, "firewalls") == []
    assert west.registry.named(EXPORT) is not None


def test_a_feature_deleted_by_force_leaves_everything_as_it_is(fleet: Fleet, west: KubernetesApi) -> None:
    """Outstanding resources are not cleaned up or modified in any way, say the docs of `force`."""
    offer(west)
    fleet.wait()
    before = [stored(fleet, kind) for kind in ("backendServices", "networkEndpointGroups", "firewalls")]
    fleet.world.store["gkehub.features"].delete(FEATURE)
    west.delete(EXPORT, "store", "store")
    fleet.wait()
    assert [
        stored(fleet, kind) for kind in ("backendServices", "networkEndpointGroups", "firewalls")
    ] == before
    assert exporters(west) == [fleet.numbered("west")]


# -- a cluster that is too small


def test_a_single_small_node_starves_the_importer_and_nothing_is_exported(fleet: Fleet) -> None:
    """Its pod is Pending for want of CPU, and no import appears, until there is another node."""
    api = member(fleet, "west", nodes=1)
    offer(api)
    fleet.wait(3600)
    (pod,) = api.list("Pod", "gke-mcs")
    words = "0/1 nodes are available: 1 Insufficient cpu."
    assert (pod["status"]["phase"], pod["status"]["conditions"][0]["message"]) == ("Pending", words)
    assert importer_starved(fleet.world, fleet.full("west"))
    assert api.get(IMPORT, "store", "store") is None
    add_node(api, "west-1", "us-west1-a", "10.4.9.0/24")
    fleet.wait()
    assert not importer_starved(fleet.world, fleet.full("west"))
    assert exporters(api) == [fleet.numbered("west")]


@pytest.mark.parametrize(
    ("nodes", "cpu", "expected"), [(1, "940m", True), (3, "940m", False), (1, "1930m", False)]
)
def test_starvation_can_be_told_before_the_importer_is_there(
    fleet: Fleet, nodes: int, cpu: str, expected: bool
) -> None:
    """The feature's state of the membership is decided side by side with the installation."""
    fleet.cluster("west", nodes, cpu)
    assert importer_starved(fleet.world, fleet.full("west")) is expected


def test_autopilot_finds_the_importer_a_node(fleet: Fleet) -> None:
    """However small the cluster is now."""
    fleet.cluster("west", 1)
    fleet.world.store["container.clusters"].change(fleet.full("west"), autopilot={"enabled": True})
    assert not importer_starved(fleet.world, fleet.full("west"))
