"""A Gateway through its life: programmed, changed, quiet, deleted, and left behind."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.controllers.gateway.loadbalancer import services_of
from localcloud.gkehub.resources import resources_of
from localcloud.wire.messages import Json
from tests.localcloud.controllers.gateways import (
    FEATURE,
    GATEWAY,
    ROUTE,
    Gateways,
    Store,
    backend,
    described,
    prefix,
    store_route,
)

PARTS = ("forwardingRules", "targetHttpProxies", "urlMaps", "backendServices", "healthChecks", "firewalls")


@pytest.fixture
def cloud() -> Gateways:
    """A Gateway `gw` with a route to the import `store`, programmed."""
    cloud = Gateways()
    cloud.enable_ingress()
    cloud.proxies()
    cloud.wait(300)
    cloud.imports("store", "other")
    cloud.gateway("us-west1", "us-east1")
    cloud.route()
    cloud.wait(300)
    return cloud


def test_a_gateway_is_accepted_at_once_and_programmed_when_its_work_is_over() -> None:
    """Accepted and the finalizer need no time; Programmed waits for the work, which names the classes'."""
    cloud = Gateways()
    cloud.enable_ingress()
    cloud.proxies()
    cloud.wait(300)
    cloud.imports("store")
    cloud.gateway("us-west1")
    cloud.wait(1)
    early = cloud.condition("Accepted")["status"], cloud.condition("Programmed")["status"]
    cloud.wait(300)

    work = cloud.world.ledger.latest("gateway.program", f"{cloud.full('west')}/store/gw")
    classes = cloud.world.ledger.latest("mci.gatewayclass", FEATURE)
    assert work and classes
    assert early == ("True", "Unknown")
    assert work.after == (classes.id,)
    assert cloud.condition("Programmed")["observedGeneration"] == 1
    assert cloud.seen()["metadata"]["finalizers"] == ["gateway.finalizer.networking.gke.io"]


def test_before_its_classes_are_there_nobody_looks_at_a_gateway() -> None:
    """It waits for its controller, and is programmed after the classes came."""
    cloud = Gateways()
    cloud.proxies()
    cloud.imports("store")
    cloud.gateway("us-west1")
    cloud.wait(300)
    waiting = cloud.condition("Accepted")["message"]
    cloud.enable_ingress()
    cloud.wait(600)

    assert waiting == "Waiting for controller"
    assert cloud.condition("Programmed")["status"] == "True"


def test_the_parts_are_global_and_refer_to_one_another(cloud: Gateways) -> None:
    """Forwarding rules to the proxy, the proxy to the URL map, that to backend services, those to checks."""
    rules, proxies, maps = (cloud.world.store[f"compute.{kind}"].list() for kind in PARTS[:3])

    assert {rule["target"] for rule in rules} == {proxies[0]["selfLink"]}
    assert proxies[0]["urlMap"] == maps[0]["selfLink"]
    assert sorted(name.rsplit("/", 1)[1] for name in set(services_of(maps[0]))) == cloud.names(
        "backendServices"
    )
    assert cloud.names("healthChecks") == cloud.names("backendServices")
    assert described(maps[0])["k8sResource"] == "/namespaces/store/gateways/gw"
    assert cloud.names("backendServices")[0].startswith("gkemcg1-kube-system-gw-serve404-80-")


def test_the_annotations_are_the_inventory(cloud: Gateways) -> None:
    """Every part is listed, by the project's number, under the annotation of its kind."""
    found = cloud.seen()["metadata"]["annotations"]
    words = (
        "forwarding-rules",
        "target-http-proxies",
        "url-maps",
        "backend-services",
        "health-checks",
        "firewalls",
    )

    for word, kind in zip(words, PARTS, strict=True):
        number = cloud.project.number
        listed = [f"/projects/{number}/global/{kind}/{name}" for name in cloud.names(kind)]
        assert found[f"networking.gke.io/{word}"] == ", ".join(listed)
    assert found["networking.gke.io/ssl-certificates"] == ""


def test_a_quiet_look_writes_nothing(cloud: Gateways) -> None:
    """Neither objects in the cluster nor parts are written again when nothing has changed."""
    before = _versions(cloud), _parts(cloud)
    written: list[str] = []
    for kind in PARTS:
        cloud.world.store[f"compute.{kind}"].subscribe(lambda name, part: written.append(name))
    cloud.west.create("ConfigMap", {"metadata": {"name": "noise", "namespace": "store"}})
    cloud.west.create("Secret", {"metadata": {"name": "noise", "namespace": "store"}})
    cloud.wait(900)

    assert (_versions(cloud), _parts(cloud)) == before
    assert written == []


def test_a_change_of_the_route_is_an_update(cloud: Gateways) -> None:
    """The URL map and the backends follow when the update is over, and not before."""
    rules = [{"matches": [prefix("/other")], "backendRefs": [backend("other")]}]
    cloud.west.patch(ROUTE, "store", "route", {"spec": {"rules": rules}})
    cloud.wait(1)
    during = cloud.parent("Reconciled")["observedGeneration"], cloud.names("backendServices")
    cloud.wait(60)

    assert during[0] == 1
    assert any("store-store-8080" in name for name in during[1])
    assert cloud.parent("Reconciled")["observedGeneration"] == 2
    assert [name.split("-8080-")[0] for name in cloud.names("backendServices")][1:] == ["gkemcg1-store-other"]
    assert cloud.works("gateway.update") == [f"{cloud.full('west')}/store/gw"]


def test_a_change_of_the_gateway_is_an_update_and_keeps_its_other_address(cloud: Gateways) -> None:
    """An address that is dropped is freed; the one that stays keeps its IP; the generation follows."""
    west = cloud.vips()[0]
    addresses = cloud.seen()["spec"]["addresses"][:1]
    cloud.west.patch(GATEWAY, "store", "gw", {"spec": {"addresses": addresses}})
    cloud.wait(1)
    during = cloud.condition("Programmed")
    cloud.wait(60)

    assert (during["status"], during["observedGeneration"]) == ("True", 1)
    assert cloud.condition("Programmed")["observedGeneration"] == 2
    assert cloud.vips() == [west]
    assert len(cloud.names("forwardingRules")) == 1
    assert cloud.events("Gateway", "UPDATE", "Normal") == ["store/gw"]


def test_a_spec_that_turns_invalid_leaves_what_was_programmed(cloud: Gateways) -> None:
    """Programmed turns False, the load balancer serves on."""
    cloud.west.patch(
        GATEWAY, "store", "gw", {"spec": {"addresses": [{"type": "IPAddress", "value": "10.0.0.9"}]}}
    )
    cloud.wait(300)

    assert cloud.condition("Programmed")["status"] == "False"
    assert len(cloud.names("forwardingRules")) == 2
    assert len(cloud.vips()) == 2


def test_two_gateways_share_the_backends_of_an_import(cloud: Gateways) -> None:
    """Deleting one leaves what the other refers to; the firewall rule goes with the last."""
    cloud.gateway("us-west1", name="second")
    cloud.route("also", parentRefs=[{"name": "second"}])
    cloud.wait(300)
    shared = cloud.names("backendServices")
    cloud.west.delete(GATEWAY, "store", "second")
    cloud.wait(300)

    assert cloud.names("backendServices") == shared
    assert len(cloud.names("urlMaps")) == 1
    assert cloud.names("firewalls") == ["gkemcg1-l7-default-global"]


def test_a_deleted_gateway_takes_its_parts_with_it_in_order(cloud: Gateways) -> None:
    """Forwarding rules first, the finalizer last, after the time that it takes."""
    gone: list[str] = []
    for kind in PARTS:
        cloud.world.store[f"compute.{kind}"].subscribe(lambda name, part: gone.append(name.split("/")[3]))
    cloud.west.delete(ROUTE, "store", "route")
    cloud.west.delete(GATEWAY, "store", "gw")
    cloud.wait(30)
    waiting = cloud.seen()["metadata"]["deletionTimestamp"], len(cloud.names("forwardingRules"))
    cloud.wait(300)

    assert waiting[0] is not None
    assert waiting[1] == 2
    assert cloud.west.get(GATEWAY, "store", "gw") is None
    assert [kind for kind in PARTS if cloud.names(kind)] == []
    assert gone == [
        *["forwardingRules"] * 2,
        "targetHttpProxies",
        "urlMaps",
        *["backendServices", "healthChecks"] * 2,
        "firewalls",
    ]
    assert cloud.works("gateway.delete") == [f"{cloud.full('west')}/store/gw"]


def test_a_gateway_that_was_never_programmed_goes_at_once() -> None:
    """There is nothing to take away."""
    cloud = Gateways()
    cloud.enable_ingress()
    cloud.wait(300)
    cloud.imports("store")
    cloud.gateway("us-west1")
    cloud.wait(1)
    cloud.west.delete(GATEWAY, "store", "gw")
    cloud.wait(1)

    assert cloud.west.get(GATEWAY, "store", "gw") is None
    assert cloud.works("gateway.delete") == []


def test_deleting_while_it_is_being_programmed_makes_nothing() -> None:
    """The work under way is called off."""
    cloud = Gateways()
    cloud.enable_ingress()
    cloud.proxies()
    cloud.wait(300)
    cloud.imports("store")
    cloud.gateway("us-west1")
    cloud.wait(10)
    cloud.west.delete(GATEWAY, "store", "gw")
    cloud.wait(300)

    assert cloud.west.get(GATEWAY, "store", "gw") is None
    assert cloud.names("forwardingRules") == []


def test_a_route_that_goes_takes_its_backends_with_it(cloud: Gateways) -> None:
    """The Gateway stays, with nothing but the 404 behind it."""
    cloud.west.delete(ROUTE, "store", "route")
    cloud.wait(1)
    attached = cloud.seen()["status"]["listeners"][0]["attachedRoutes"]
    cloud.wait(60)

    assert attached == 0
    assert [name[:30] for name in cloud.names("backendServices")] == ["gkemcg1-kube-system-gw-serve40"]
    assert "hostRules" not in cloud.world.store["compute.urlMaps"].list()[0]


def test_without_the_ingress_feature_nobody_removes_a_gateway(cloud: Gateways) -> None:
    """It leaks: the parts stay, and the finalizer holds the Gateway."""
    before = _parts(cloud)
    cloud.world.store["gkehub.features"].delete(FEATURE)
    cloud.wait(1)
    cloud.west.delete(GATEWAY, "store", "gw")
    cloud.wait(900)

    assert cloud.seen()["metadata"]["deletionTimestamp"] is not None
    assert _parts(cloud) == before


def test_enabling_ingress_again_lets_the_controller_finish(cloud: Gateways) -> None:
    """The way out of a stuck namespace: the controller comes back and takes the finalizer off."""
    cloud.world.store["gkehub.features"].delete(FEATURE)
    cloud.wait(1)
    cloud.west.delete(GATEWAY, "store", "gw")
    cloud.wait(60)
    cloud.enable_ingress()
    cloud.wait(600)

    assert cloud.west.get(GATEWAY, "store", "gw") is None
    assert cloud.names("forwardingRules") == []


def test_a_move_of_the_config_membership_leaves_the_old_gateway_alone() -> None:
    """And a copy on the new config cluster takes the load balancer over, with its addresses."""
    cloud = Gateways("west", "east")
    cloud.enable_ingress()
    cloud.proxies()
    cloud.wait(300)
    cloud.imports("store")
    cloud.gateway("us-west1")
    cloud.wait(300)
    vips = cloud.vips()
    cloud.enable_ingress("east")
    cloud.wait(300)
    cloud.west.patch(GATEWAY, "store", "gw", {"spec": {"addresses": []}})
    cloud.wait(300)
    old = cloud.condition("Programmed")["observedGeneration"], len(cloud.names("forwardingRules"))
    cloud.apis = {"west": cloud.apis["east"]}
    cloud.imports("store")
    cloud.gateway("us-west1")
    cloud.wait(300)

    rule = cloud.world.store["compute.forwardingRules"].list()[0]
    assert old == (1, 1)
    assert cloud.vips() == vips
    assert described(rule)["k8sCluster"] == f"/{cloud.full('east')}"


def test_gateways_hold_the_ingress_feature(cloud: Gateways) -> None:
    """As long as one is on the config cluster, the feature names it as what still needs it."""
    held = resources_of(cloud.world, FEATURE)
    cloud.west.delete(GATEWAY, "store", "gw")
    cloud.wait(300)

    assert held == [f"{cloud.full('west')}/store/gw"]
    assert resources_of(cloud.world, FEATURE) == []


def test_endpoint_groups_of_exporting_clusters_are_attached() -> None:
    """One backend service an import, with the groups of the clusters that its exports come from."""
    cloud = Store()
    cloud.gateway("us-west1", "us-east1")
    cloud.west.create(ROUTE, store_route())
    cloud.wait(900)

    zones = {_import_of(part): _zones(part) for part in cloud.world.store["compute.backendServices"].list()}
    sync = cloud.world.ledger.latest("gateway.sync", f"{cloud.full('west')}/store/route")
    assert sync is not None
    assert len(sync.after) >= 4
    assert zones["store/store"] == ["us-east1-c", "us-west1-a"]
    assert zones["store/store-west-1"] == ["us-west1-a"]
    assert zones["store/store-east-1"] == ["us-east1-c"]


def test_unexporting_detaches_the_groups_and_lets_them_go() -> None:
    """The cluster's own controller deletes them once no backend service uses them."""
    cloud = Store()
    cloud.gateway("us-west1")
    cloud.route()
    cloud.wait(900)
    cloud.apis["east"].delete("net.gke.io/ServiceExport", "store", "store")
    cloud.wait(300)

    zones = {_import_of(part): _zones(part) for part in cloud.world.store["compute.backendServices"].list()}
    groups = cloud.world.store["compute.networkEndpointGroups"].names()
    assert zones["store/store"] == ["us-west1-a"]
    assert [name for name in groups if "store-store-8080" in name and "us-east1" in name] == []


def _versions(cloud: Gateways) -> dict[str, str]:
    items = [*cloud.west.list(GATEWAY), *cloud.west.list(ROUTE)]
    return {item["metadata"]["name"]: item["metadata"]["resourceVersion"] for item in items}


def _parts(cloud: Gateways) -> dict[str, list[Json]]:
    return {kind: cloud.world.store[f"compute.{kind}"].list() for kind in PARTS}


def _import_of(part: Json) -> str:
    """`namespace/name` of the import that a backend service is for, if the Gateway controller made it."""
    if "k8sResource" not in part.get("description", ""):
        return ""
    words: list[Any] = described(part)["k8sResource"].split("/")
    return f"{words[2]}/{words[4]}"


def _zones(part: Json) -> list[str]:
    return sorted(one["group"].split("/zones/")[1].split("/")[0] for one in part.get("backends", []))
