"""What kubectl, unchanged, makes of the server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web

from localcloud.kubernetes import KubernetesApi
from localcloud.wire.messages import Json
from tests.localcloud.kubernetes.conftest import Clock, Kubectl, Served, stored

pytestmark = pytest.mark.judge

GATEWAY = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "Gateway",
    "metadata": {"name": "gw", "namespace": "shop"},
    "spec": {"gatewayClassName": "x", "listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}]},
}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "store", "namespace": "shop"},
    "spec": {"selector": {"app": "store"}, "ports": [{"port": 8080}, {"name": "b", "port": 81}]},
}
PLACES = (("Service", "shop", "store"), ("gateway.networking.k8s.io/Gateway", "shop", "gw"))


def with_spec(document: Json, **spec: Any) -> Json:
    return {**document, "spec": {**document["spec"], **spec}}


def test_apply_creates_then_leaves_alone_then_changes(kubectl: Kubectl, api: KubernetesApi) -> None:
    """Client-side apply: POST, then no change at all, then a strategic or merge patch."""
    ports = [{"name": "a", "port": 8080}, {"name": "b", "port": 81}]
    both = json.dumps(GATEWAY) + "\n" + json.dumps(with_spec(SERVICE, ports=ports))
    assert kubectl("apply", "-f", "-", stdin=both).count("created") == 2
    before = [api.get(*place) for place in PLACES]
    again = kubectl("apply", "-f", "-", stdin=both)
    assert "service/store unchanged" in again
    assert "gw configured" in again  # kubectl patches the defaulted list; nothing changes by it
    assert [api.get(*place) for place in PLACES] == before
    changed = json.dumps(with_spec(GATEWAY, gatewayClassName="y"))
    changed += json.dumps(with_spec(SERVICE, ports=[{"name": "b", "port": 82}]))
    assert kubectl("apply", "-f", "-", stdin=changed).count("configured") == 2
    assert [port["port"] for port in stored(api, "Service", "shop", "store")["spec"]["ports"]] == [82]
    assert stored(api, "gateway.networking.k8s.io/Gateway", "shop", "gw")["spec"]["gatewayClassName"] == "y"


def test_server_side_apply_conflicts_and_force(kubectl: Kubectl, api: KubernetesApi) -> None:
    """Two appliers of one field: 409 naming the other, unless forced."""
    kubectl("apply", "--server-side", "--field-manager=first", "-f", "-", stdin=GATEWAY)
    other = with_spec(GATEWAY, gatewayClassName="y")
    arguments = ("apply", "--server-side", "--field-manager=second", "-f", "-")
    refusal = kubectl(*arguments, stdin=other, fails=True)
    assert 'conflict with "first": .spec.gatewayClassName' in refusal
    assert "serverside-applied" in kubectl(*arguments, "--force-conflicts", stdin=other)
    assert stored(api, "gateway.networking.k8s.io/Gateway", "shop", "gw")["spec"]["gatewayClassName"] == "y"


def test_strict_validation_and_schema_faults_reach_the_user(kubectl: Kubectl) -> None:
    """Unknown fields, rules and missing namespaces are refused in the API server's words."""
    unknown = with_spec(GATEWAY, bogus=1)
    assert 'strict decoding error: unknown field "spec.bogus"' in kubectl(
        "create", "-f", "-", stdin=unknown, fails=True
    )
    assert "Warning: unknown field" in _stderr(kubectl, unknown)
    refusal = kubectl("apply", "-f", "-", stdin=SERVICE, fails=True)
    assert "spec.ports[0].name: Required value" in refusal
    lost = {**GATEWAY, "metadata": {"name": "gw", "namespace": "nowhere"}}
    assert 'namespaces "nowhere" not found' in kubectl("apply", "-f", "-", stdin=lost, fails=True)


def _stderr(kubectl: Kubectl, document: Json) -> str:
    """kubectl's warnings, seen by making it fail afterwards on a second, unreadable document."""
    return kubectl(
        "create", "--validate=warn", "-f", "-", stdin=json.dumps(document) + "\n---\nkind: No\n", fails=True
    )


def test_get_prints_tables_and_yaml(kubectl: Kubectl, api: KubernetesApi, clock: Clock) -> None:
    """Human output is the server's table; -o yaml is the object."""
    kubectl("apply", "--server-side", "-f", "-", stdin=GATEWAY)
    clock.now += 300
    status = {"addresses": [{"type": "IPAddress", "value": "10.1.2.3"}]}
    api.replace_status("gateway.networking.k8s.io/Gateway", "shop", "gw", status)
    lines = kubectl("get", "gateways", "-n", "shop").splitlines()
    assert lines[0].split() == ["NAME", "CLASS", "ADDRESS", "PROGRAMMED", "AGE"]
    assert lines[1].split() == ["gw", "x", "10.1.2.3", "Unknown", "5m"]
    found = yaml.safe_load(kubectl("get", "gateway", "gw", "-n", "shop", "-o", "yaml"))
    assert found["spec"]["listeners"][0]["allowedRoutes"] == {"namespaces": {"from": "Same"}}
    missing = kubectl("get", "gateway", "none", "-n", "shop", fails=True)
    assert 'gateways.gateway.networking.k8s.io "none" not found' in missing


def test_wait_sees_a_condition_come(kubectl: Kubectl, api: KubernetesApi, served: Served) -> None:
    """`kubectl wait` lists, then watches until the condition holds; then deletes and sees it gone."""
    kubectl("apply", "-f", "-", stdin=GATEWAY)
    gateway = "gateway.networking.k8s.io/Gateway"
    condition = {
        "type": "Programmed",
        "status": "True",
        "reason": "Programmed",
        "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }

    def program_once_watched(request: web.Request) -> None:
        if "watch" in request.query:
            api.replace_status(gateway, "shop", "gw", {"conditions": [condition]})

    served.on_request = program_once_watched
    out = kubectl("wait", "--for=condition=Programmed", "gateway/gw", "-n", "shop", "--timeout=10s")
    assert "condition met" in out
    served.on_request = lambda request: None
    assert "deleted" in kubectl("delete", "gateway", "gw", "-n", "shop")
    assert api.get(gateway, "shop", "gw") is None


def test_explain_diff_patch_scale_and_reviews(kubectl: Kubectl, api: KubernetesApi) -> None:
    """The commands that need schemas, dry-run, subresources and access reviews."""
    assert "GROUP:      gateway.networking.k8s.io" in kubectl("explain", "gateway.spec.listeners")
    assert "clusterIP\t<string>" in kubectl("explain", "service.spec")
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "store", "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": {"app": "store"}},
            "template": {
                "metadata": {"labels": {"app": "store"}},
                "spec": {"containers": [{"name": "c", "image": "i:1"}]},
            },
        },
    }
    kubectl("apply", "-f", "-", stdin=deployment)
    kubectl("scale", "deployment/store", "-n", "shop", "--replicas=3")
    kubectl("label", "deployment/store", "-n", "shop", "tier=web")
    found = stored(api, "apps/Deployment", "shop", "store")
    assert (found["spec"]["replicas"], found["metadata"]["labels"]["tier"]) == (3, "web")
    assert kubectl("auth", "can-i", "create", "pods").strip() == "yes"
    assert "0/3" in kubectl("get", "deployments", "-A")


def test_create_commands_send_protobuf(kubectl: Kubectl, api: KubernetesApi) -> None:
    """Namespaces, config maps, secrets and service accounts are read from kubectl's binary form."""
    kubectl("create", "namespace", "store")
    kubectl("create", "configmap", "c", "-n", "store", "--from-literal=a=b", "--from-literal=empty=")
    kubectl("create", "secret", "generic", "k", "-n", "store", "--from-literal=a=b")
    kubectl("create", "serviceaccount", "robot", "-n", "store")
    assert stored(api, "ConfigMap", "store", "c")["data"] == {"a": "b", "empty": ""}
    assert stored(api, "Secret", "store", "k")["data"] == {"a": "Yg=="}
    assert api.get("ServiceAccount", "store", "robot")
    refusal = kubectl("create", "deployment", "d", "-n", "store", "--image=i", fails=True)
    assert "accepted media types include: application/json, application/yaml" in refusal


def test_diff_changes_nothing(kubectl: Kubectl, api: KubernetesApi, tmp_path: Path) -> None:
    """`kubectl diff` sends a dry run and prints what would change."""
    kubectl("apply", "-f", "-", stdin=GATEWAY)
    before = api.get("gateway.networking.k8s.io/Gateway", "shop", "gw")
    kubectl("diff", "-f", "-", stdin=with_spec(GATEWAY, gatewayClassName="y"), fails=True)
    assert api.get("gateway.networking.k8s.io/Gateway", "shop", "gw") is before
