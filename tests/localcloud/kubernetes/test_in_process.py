"""The API in process: what controllers read, write and are notified of."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from localcloud.kubernetes import KubernetesApi, StatusError, catalog
from localcloud.wire.messages import Json
from tests.localcloud.kubernetes.conftest import Call, Clock, Ids

GATEWAY = "gateway.networking.k8s.io/Gateway"


def gateway(name: str = "gw") -> Json:
    listeners = [{"name": "http", "port": 80, "protocol": "HTTP"}]
    return {
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"gatewayClassName": "x", "listeners": listeners},
    }


def test_a_new_cluster_has_four_namespaces() -> None:
    """With the label every namespace has."""
    found = KubernetesApi(Clock(), Ids()).list("Namespace")
    assert [item["metadata"]["name"] for item in found] == [
        "default",
        "kube-node-lease",
        "kube-public",
        "kube-system",
    ]
    assert found[0]["metadata"]["labels"] == {"kubernetes.io/metadata.name": "default"}


def test_reading_what_is_not_there(api: KubernetesApi) -> None:
    """None and nothing, for objects and for kinds that are not installed."""
    assert api.get(GATEWAY, "shop", "none") is None
    assert api.list("no.such/Kind") == []
    with pytest.raises(StatusError) as refused:
        api.create("no.such/Kind", gateway())
    assert refused.value.code == 404


def test_lists_by_namespace_and_labels(api: KubernetesApi) -> None:
    """Labels as equalities or as a selector."""
    for name, tier in (("a", "web"), ("b", "db")):
        api.create("ConfigMap", {"metadata": {"name": name, "namespace": "shop", "labels": {"tier": tier}}})
    assert [i["metadata"]["name"] for i in api.list("ConfigMap", "shop", {"tier": "web"})] == ["a"]
    assert [i["metadata"]["name"] for i in api.list("ConfigMap", labels="tier!=web")] == ["b"]
    assert api.list("ConfigMap", "default") == []


def test_a_status_is_replaced_once(api: KubernetesApi) -> None:
    """The same status again is no change; the spec cannot be touched that way."""
    api.create(GATEWAY, gateway())
    status = {"addresses": [{"type": "IPAddress", "value": "10.0.0.1"}]}
    first = api.replace_status(GATEWAY, "shop", "gw", status, manager="gateway-controller")
    assert api.replace_status(GATEWAY, "shop", "gw", status, manager="gateway-controller") is first
    assert first["metadata"]["generation"] == 1
    assert first["metadata"]["managedFields"][-1]["subresource"] == "status"
    with pytest.raises(StatusError, match="addresses"):
        api.replace_status(GATEWAY, "shop", "gw", {"addresses": [{"type": "IPAddress", "value": "x"}]})


def test_apply_and_patch_from_controllers(api: KubernetesApi) -> None:
    """Apply forces; patch merges, of the object or of a subresource."""
    api.create(GATEWAY, gateway())
    changed = gateway()
    changed["spec"]["gatewayClassName"] = "y"
    applied = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", **changed}
    assert api.apply(GATEWAY, applied, manager="me")["spec"]["gatewayClassName"] == "y"
    patched = api.patch(GATEWAY, "shop", "gw", {"metadata": {"finalizers": ["a/b"]}})
    assert patched["metadata"]["finalizers"] == ["a/b"]
    status = api.patch(GATEWAY, "shop", "gw", {"status": {"addresses": []}}, subresource="status")
    assert status["status"]["addresses"] == []


def test_subscribers_are_told_everything_in_one_order(api: KubernetesApi) -> None:
    """A subscriber's own writes are told after the change it is being told of, to all alike."""
    first, second = [], []

    def react(type_: str, item: Json) -> None:
        first.append((type_, item["kind"], item["metadata"]["name"]))
        if (type_, item["metadata"]["name"]) == ("ADDED", "a"):
            api.create("ConfigMap", {"metadata": {"name": "b", "namespace": "shop"}})

    api.subscribe(react)
    stop = api.subscribe(lambda type_, item: second.append((type_, item["kind"], item["metadata"]["name"])))
    api.create("ConfigMap", {"metadata": {"name": "a", "namespace": "shop"}})
    assert first == second == [("ADDED", "ConfigMap", "a"), ("ADDED", "ConfigMap", "b")]
    stop()
    api.delete("ConfigMap", "shop", "a")
    assert first[-1] == ("DELETED", "ConfigMap", "a")
    assert len(second) == 2


def test_a_subscriber_may_install_and_use_a_kind() -> None:
    """A CRD's kind is served when install returns, even within a notification."""
    api = KubernetesApi(Clock(), Ids())

    def install(type_: str, item: Json) -> None:
        if item["metadata"]["name"] == "shop":
            api.install_bundle(*catalog.MULTI_CLUSTER_SERVICES)
            api.create("net.gke.io/ServiceExport", {"metadata": {"name": "s", "namespace": "shop"}})

    api.subscribe(install)
    api.create("Namespace", {"metadata": {"name": "shop"}})
    assert api.get("net.gke.io/ServiceExport", "shop", "s")


def test_the_same_event_again_counts_up(api: KubernetesApi, clock: Clock) -> None:
    """One Event object a message; count and lastTimestamp move."""
    about = api.create(GATEWAY, gateway())
    said = ("Normal", "SYNC", "SYNC on shop/gw was a success", "sc-gateway-controller")
    api.record_event(about, *said)
    clock.now += 90
    api.record_event(about, *said)
    api.record_event(about, "Warning", "SYNC", "failed", "sc-gateway-controller")
    events = api.list("Event", "shop")
    assert sorted((event["type"], event["count"]) for event in events) == [("Normal", 2), ("Warning", 1)]
    again = next(event for event in events if event["type"] == "Normal")
    assert again["lastTimestamp"] == "2026-05-28T20:28:10Z"
    assert again["involvedObject"]["uid"] == about["metadata"]["uid"]


def test_events_are_selected_by_what_they_are_about(api: KubernetesApi, call: Call) -> None:
    """involvedObject.* field selectors, as kubectl describe sends them."""
    about = api.create(GATEWAY, gateway())
    api.record_event(about, "Normal", "ADD", "shop/gw", "sc-gateway-controller")
    events = (
        "/api/v1/namespaces/shop/events?fieldSelector=involvedObject.kind%3DGateway,involvedObject.name%3D"
    )
    assert len(call("GET", events + "gw").body["items"]) == 1
    assert call("GET", events + "other").body["items"] == []


def test_installing_twice_changes_nothing_and_a_new_document_does(api: KubernetesApi) -> None:
    """CRDs are objects: the second install of the same is no change."""
    crd = "apiextensions.k8s.io/CustomResourceDefinition"
    before = api.get(crd, "", "gateways.gateway.networking.k8s.io")
    api.install_bundle(*catalog.GATEWAY_API)
    assert api.get(crd, "", "gateways.gateway.networking.k8s.io") is before
    document = catalog.crd("net.gke.io_serviceexports")
    spec = {**document["spec"], "names": {**document["spec"]["names"], "shortNames": ["sx"]}}
    api.install({**document, "spec": spec})
    assert api.registry.expected("net.gke.io/ServiceExport").short_names == ("sx",)


def test_a_dump_is_the_same_for_equal_histories() -> None:
    """Whatever the ids, the hour and the order of creation."""

    def cluster(start: float, names: Sequence[str]) -> KubernetesApi:
        clock, ids = Clock(), Ids()
        clock.now, ids.count = start, int(start)
        api = KubernetesApi(clock, ids)
        api.install_bundle(*catalog.GATEWAY_API)
        api.create("Namespace", {"metadata": {"name": "shop"}})
        for name in names:
            about = api.create(GATEWAY, gateway(name))
            api.record_event(about, "Normal", "ADD", name, "c")
            clock.now += 7
        return api

    one, two = cluster(1_700_000_000.0, ["a", "b"]), cluster(1_800_000_000.0, ["b", "a"])
    assert one.dump() == two.dump()
    assert {item["kind"] for item in one.dump()} >= {"Gateway", "Namespace"}
    assert "Event" not in {item["kind"] for item in one.dump()}


def test_stored_objects_are_not_changed_by_later_writes(api: KubernetesApi) -> None:
    """A reader may keep what it was given."""
    kept = api.create("ConfigMap", {"metadata": {"name": "a", "namespace": "shop"}, "data": {"x": "1"}})
    api.patch("ConfigMap", "shop", "a", {"data": {"x": "2"}})
    assert kept["data"] == {"x": "1"}


def test_a_listener_that_fails_keeps_nothing_from_the_others(caplog: pytest.LogCaptureFixture) -> None:
    """Where the cloud outlives faults: they hear of that change and of the next, and the writer of neither."""
    clock, heard = Clock(), list[str]()
    clock.outlives_faults = True
    api = KubernetesApi(clock, Ids())
    api.subscribe(_failing)
    api.subscribe(lambda type_, item: heard.append(item["metadata"]["name"]))

    for name in ("a", "b"):
        api.create("Namespace", {"metadata": {"name": name}})

    assert ["a", "b"] == heard[-2:]
    assert [ZeroDivisionError] * 2 == [one.exc_info[0] for one in caplog.records if one.exc_info][-2:]


def test_a_listener_that_fails_ends_a_run_whose_time_jumps(api: KubernetesApi) -> None:
    """There it is a bug that a test has found."""
    api.subscribe(_failing)
    with pytest.raises(ZeroDivisionError):
        api.create("Namespace", {"metadata": {"name": "a"}})


def _failing(type_: str, item: Json) -> None:
    if item["metadata"]["name"] in ("a", "b"):
        raise ZeroDivisionError("of a test")
