"""What the Python client, unchanged, makes of the server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, dynamic, watch

from localcloud.kubernetes import KubernetesApi
from localcloud.wire.messages import Json
from tests.localcloud.kubernetes.conftest import Served

GATEWAY: Json = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "Gateway",
    "metadata": {"name": "gw", "namespace": "shop"},
    "spec": {"gatewayClassName": "x", "listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}]},
}


@pytest.fixture
def rest(served: Served) -> Iterator[client.ApiClient]:
    """A plain REST client of the cluster."""
    configuration = client.Configuration()
    configuration.host = served.url
    with client.ApiClient(configuration) as rest:
        yield rest


@pytest.fixture
def gateways(rest: client.ApiClient, tmp_path: Path) -> Any:
    """Gateways through the dynamic client, with a discovery cache of its own."""
    found = dynamic.DynamicClient(rest, cache_file=str(tmp_path / "discovery.json"))
    return found.resources.get(api_version="gateway.networking.k8s.io/v1", kind="Gateway")


def test_the_dynamic_client_applies_reads_patches_and_deletes(gateways: Any) -> None:
    """Discovery, server-side apply, get, merge patch, list, delete."""
    made = gateways.server_side_apply(body=GATEWAY, namespace="shop", name="gw", field_manager="me")
    assert made.metadata.generation == 1
    patch = {"spec": {"gatewayClassName": "y"}}
    gateways.patch(body=patch, name="gw", namespace="shop", content_type="application/merge-patch+json")
    assert gateways.get(name="gw", namespace="shop").spec.gatewayClassName == "y"
    assert [item.metadata.name for item in gateways.get(namespace="shop").items] == ["gw"]
    gateways.delete(name="gw", namespace="shop")
    with pytest.raises(dynamic.exceptions.NotFoundError):
        gateways.get(name="gw", namespace="shop")


def test_the_dynamic_client_sees_conflicts(gateways: Any) -> None:
    """A second applier without force gets a ConflictError."""
    place = {"namespace": "shop", "name": "gw"}
    gateways.server_side_apply(body=GATEWAY, field_manager="me", **place)
    other = {**GATEWAY, "spec": {**GATEWAY["spec"], "gatewayClassName": "y"}}
    with pytest.raises(dynamic.exceptions.ConflictError, match="FieldManagerConflict"):
        gateways.server_side_apply(body=other, field_manager="you", **place)
    gateways.server_side_apply(body=other, field_manager="you", force_conflicts=True, **place)


def test_the_typed_client_round_trips_built_ins(rest: client.ApiClient) -> None:
    """Typed models are accepted and parsed back."""
    core = client.CoreV1Api(rest)
    ports = [client.V1ServicePort(port=8080, target_port=8080)]
    body = client.V1Service(
        metadata=client.V1ObjectMeta(name="store"),
        spec=client.V1ServiceSpec(selector={"app": "store"}, ports=ports),
    )
    made = core.create_namespaced_service("shop", body)
    assert made.spec.cluster_ip
    assert core.list_namespaced_service("shop").items[0].spec.ports[0].protocol == "TCP"
    assert core.delete_namespaced_service("store", "shop").metadata.name == "store"


def test_the_clients_watch_follows_changes(rest: client.ApiClient, api: KubernetesApi) -> None:
    """List, then watch from its version, over one chunked answer."""
    core = client.CoreV1Api(rest)
    version = core.list_namespaced_config_map("shop").metadata.resource_version
    api.create("ConfigMap", {"metadata": {"name": "a", "namespace": "shop"}})
    api.create("ConfigMap", {"metadata": {"name": "b", "namespace": "shop"}})
    stream = watch.Watch()
    seen = []
    for event in stream.stream(core.list_namespaced_config_map, "shop", resource_version=version):
        seen.append((event["type"], event["object"].metadata.name))
        if len(seen) == 2:
            stream.stop()
    assert seen == [("ADDED", "a"), ("ADDED", "b")]
