"""The tables of kubectl get, and the ages in them."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.kubernetes import KubernetesApi
from localcloud.kubernetes.jsonpath import values_at
from localcloud.kubernetes.times import short_duration
from tests.localcloud.kubernetes.conftest import Call, Clock, stored

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


def rows(call: Call, path: str, wide: bool = False) -> list[Any]:
    found = call("GET", path, accept=TABLE).body
    shown = [i for i, column in enumerate(found["columnDefinitions"]) if wide or column["priority"] == 0]
    names = [found["columnDefinitions"][i]["name"] for i in shown]
    return [names, *([row["cells"][i] for i in shown] for row in found["rows"])]


def test_a_service_shows_its_addresses_and_ports(call: Call, api: KubernetesApi) -> None:
    """LoadBalancer without an address is pending."""
    meta = {"name": "s", "namespace": "shop"}
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 53, "protocol": "UDP"}]
    spec = {"type": "LoadBalancer", "ports": ports, "clusterIP": "34.118.224.9"}
    api.create("Service", {"metadata": meta, "spec": spec})
    assert rows(call, "/api/v1/namespaces/shop/services") == [
        ["Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age"],
        ["s", "LoadBalancer", "34.118.224.9", "<pending>", "80/TCP,53/UDP", "0s"],
    ]
    api.replace_status("Service", "shop", "s", {"loadBalancer": {"ingress": [{"ip": "10.0.0.7"}]}})
    assert rows(call, "/api/v1/services")[1][3] == "10.0.0.7"


def test_a_deployment_shows_what_is_ready_of_what_is_wanted(
    call: Call, api: KubernetesApi, clock: Clock
) -> None:
    """READY UP-TO-DATE AVAILABLE AGE."""
    pod = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"replicas": 3, "selector": {"matchLabels": {"a": "b"}}, "template": pod}
    api.create("apps/Deployment", {"metadata": {"name": "d", "namespace": "shop"}, "spec": spec})
    status = {"replicas": 3, "readyReplicas": 2, "updatedReplicas": 3, "availableReplicas": 2}
    api.replace_status("apps/Deployment", "shop", "d", status)
    clock.now += 3700
    path = "/apis/apps/v1/namespaces/shop/deployments"
    assert rows(call, path) == [
        ["Name", "Ready", "Up-to-date", "Available", "Age"],
        ["d", "2/3", 3, 2, "61m"],
    ]
    assert rows(call, path, wide=True)[1][5:] == ["c", "i", "a=b"]


def test_pods_and_nodes_show_their_state(call: Call, api: KubernetesApi) -> None:
    """A waiting container's reason, the Ready condition, the roles."""
    spec = {"containers": [{"name": "c", "image": "i"}]}
    api.create("Pod", {"metadata": {"name": "p", "namespace": "shop"}, "spec": spec})
    state = {"name": "c", "ready": False, "restartCount": 4, "image": "i", "imageID": ""}
    waiting = {**state, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    api.replace_status("Pod", "shop", "p", {"phase": "Running", "containerStatuses": [waiting]})
    assert rows(call, "/api/v1/pods")[1] == ["p", "0/1", "CrashLoopBackOff", "4", "0s"]
    labels = {"node-role.kubernetes.io/worker": ""}
    api.create("Node", {"metadata": {"name": "n", "labels": labels}, "spec": {"unschedulable": True}})
    api.replace_status("Node", "", "n", {"conditions": [{"type": "Ready", "status": "True"}]})
    assert rows(call, "/api/v1/nodes")[1][:3] == ["n", "Ready,SchedulingDisabled", "worker"]


def test_custom_columns_follow_the_crd(call: Call, api: KubernetesApi) -> None:
    """Lists are printed as JSON; dates as ages; what is missing is empty."""
    meta = {"name": "s", "namespace": "shop"}
    spec = {"type": "ClusterSetIP", "ips": ["34.118.1.2"], "ports": [{"port": 80}]}
    api.create("net.gke.io/ServiceImport", {"metadata": meta, "spec": spec})
    assert rows(call, "/apis/net.gke.io/v1/serviceimports") == [
        ["Name", "Type", "IP", "Age"],
        ["s", "ClusterSetIP", '["34.118.1.2"]', "0s"],
    ]
    api.create("net.gke.io/ServiceExport", {"metadata": meta})
    assert rows(call, "/apis/net.gke.io/v1/serviceexports")[0] == ["Name", "Age"]


def test_events_show_how_often_and_since_when(call: Call, api: KubernetesApi, clock: Clock) -> None:
    """LAST SEEN, and with -o wide FIRST SEEN and COUNT."""
    about = stored(api, "Namespace", "", "default")
    api.record_event(about, "Normal", "R", "text", "c")
    clock.now += 65
    api.record_event(about, "Normal", "R", "text", "c")
    assert rows(call, "/api/v1/events")[1][:4] == ["0s", "Normal", "R", "namespace/default"]
    assert rows(call, "/api/v1/events", wide=True)[1][-3:-1] == ["65s", 2]


def test_a_rows_object_is_its_metadata_or_all_of_it(call: Call) -> None:
    """includeObject=Object, as sorting on the client needs."""
    path = "/api/v1/namespaces"
    partial = call("GET", path, accept=TABLE).body["rows"][0]["object"]
    assert partial["kind"] == "PartialObjectMetadata"
    whole = call("GET", f"{path}?includeObject=Object", accept=TABLE).body["rows"][0]["object"]
    assert whole["status"] == {"phase": "Active"}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0s"),
        (-5, "<invalid>"),
        (119, "119s"),
        (120, "2m"),
        (150, "2m30s"),
        (601, "10m"),
        (3 * 3600, "3h"),
        (3 * 3600 + 120, "3h2m"),
        (10 * 3600, "10h"),
        (50 * 3600, "2d2h"),
        (9 * 86400, "9d"),
        (800 * 86400, "2y70d"),
        (3650 * 86400, "10y"),
    ],
)
def test_ages_are_short(seconds: float, text: str) -> None:
    """Two units at most, coarser with age, as kubectl prints them."""
    assert short_duration(seconds) == text


def test_paths_of_columns() -> None:
    """Members, escaped dots, indexes, wildcards and filters."""
    item = {"a": {"b.c": [{"t": "x", "v": 1}, {"t": "y", "v": 2}]}}
    assert values_at(item, '.a.b\\.c[?(@.t=="y")].v') == [2]
    assert values_at(item, ".a['b.c'][0].v") == [1]
    assert values_at(item, ".a.b\\.c[*].v") == [1, 2]
    assert values_at(item, ".a.none[7].v") == []
