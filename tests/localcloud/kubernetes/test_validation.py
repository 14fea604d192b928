"""CRD schemas and their CEL rules: what is refused, and the words."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.kubernetes import KubernetesApi, catalog
from localcloud.wire.messages import Json
from tests.localcloud.kubernetes.conftest import Call

ROUTES = "/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes"
GATEWAYS = "/apis/gateway.networking.k8s.io/v1/namespaces/shop/gateways"
CLASSES = "/apis/gateway.networking.k8s.io/v1/gatewayclasses"
HEALTH = "/apis/networking.gke.io/v1/namespaces/shop/healthcheckpolicies"
BACKEND = "/apis/networking.gke.io/v1/namespaces/shop/gcpbackendpolicies"
IMPORTS = "/apis/net.gke.io/v1/namespaces/shop/serviceimports"
SKIPPED = (
    "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation"
)
TARGET = {"group": "net.gke.io", "kind": "ServiceImport", "name": "store"}


def faults(call: Call, path: str, spec: Json, name: str = "x") -> list[str]:
    refused = call("POST", path, {"metadata": {"name": name}, "spec": spec})
    assert refused.status == 422, refused.body
    return [f"{cause['field']}: {cause['message']}" for cause in refused.body["details"]["causes"]]


def listeners(*items: Json) -> Json:
    return {
        "gatewayClassName": "x",
        "listeners": [{"name": "a", "protocol": "HTTP", **item} for item in items],
    }


def test_structure_is_checked_before_the_rules(call: Call) -> None:
    """Bounds, types, patterns and duplicates, all at once; that rules were skipped is told."""
    spec = listeners({"port": 80000}, {"port": "x", "hostname": "_"})
    assert faults(call, GATEWAYS, spec) == [
        "spec.listeners[0].port: Invalid value: 80000: spec.listeners[0].port in body should be less than or "
        "equal to 65535",
        'spec.listeners[1].port: Invalid value: "string": spec.listeners[1].port in body must be of type '
        'integer: "string"',
        "spec.listeners[1].hostname: Invalid value: \"_\": spec.listeners[1].hostname in body should match "
        "'^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'",
        'spec.listeners[1]: Duplicate value: {"name":"a"}',
        SKIPPED,
    ]  # fmt: skip


def test_missing_and_unsupported_values(call: Call) -> None:
    """Required value, Unsupported value, Too many, Too long."""
    assert faults(call, GATEWAYS, {"gatewayClassName": "a" * 254}) == [
        "spec.listeners: Required value",
        "spec.gatewayClassName: Too long: may not be more than 253 bytes",
        SKIPPED,
    ]
    assert faults(call, IMPORTS, {"type": "Other", "ips": ["1", "2"]}) == [
        'spec.type: Unsupported value: "Other": supported values: "ClusterSetIP", "Headless"',
        "spec.ips: Too many: 2: must have at most 1 item",
    ]


def test_addresses_are_checked_by_their_type(call: Call) -> None:
    """oneOf, anyOf and the formats of addresses."""
    spec = {**listeners({"port": 80}), "addresses": [{"type": "IPAddress", "value": "1"}]}
    assert faults(call, GATEWAYS, spec) == [
        '<nil>: Invalid value: "": "spec.addresses[0]" must validate one and only one schema (oneOf). '
        "Found none valid",
        '<nil>: Invalid value: "": "spec.addresses[0].value" must validate at least one schema (anyOf)',
        'spec.addresses[0].value: Invalid value: "1": spec.addresses[0].value in body must be of type ipv4: '
        '"1"',
        SKIPPED,
    ]
    spec["addresses"] = [{"type": "NamedAddress", "value": "one"}, {"value": "10.0.0.1"}]
    assert call("POST", GATEWAYS, {"metadata": {"name": "ok"}, "spec": spec}).status == 201


@pytest.mark.parametrize(
    ("path", "spec", "expected"),
    [
        (GATEWAYS, listeners({"port": 80}, {"port": 80, "name": "b"}),
         'spec.listeners: Invalid value: "array": Combination of port, protocol and hostname must be unique '
         "for each listener"),
        (GATEWAYS, listeners({"port": 80, "tls": {"certificateRefs": [{"name": "c"}]}}),
         'spec.listeners: Invalid value: "array": tls must not be specified for protocols '
         "['HTTP', 'TCP', 'UDP']"),
        (ROUTES, {"rules": [{"backendRefs": [{"name": "s"}]}]},
         'spec.rules[0].backendRefs[0]: Invalid value: "object": Must have port for Service reference'),
        (ROUTES, {"rules": [{"matches": [{"path": {"type": "PathPrefix", "value": "/a//b"}}]}]},
         "spec.rules[0].matches[0].path: Invalid value: \"object\": must not contain '//' when type one of "
         "['Exact', 'PathPrefix']"),
        (ROUTES, {"rules": [{"timeouts": {"request": "1s", "backendRequest": "1500ms"}}]},
         'spec.rules[0].timeouts: Invalid value: "object": backendRequest timeout cannot be longer than '
         "request timeout"),
        (ROUTES, {"parentRefs": [{"name": "g"}, {"name": "g", "sectionName": "http"}]},
         'spec.parentRefs: Invalid value: "array": sectionName must be specified when parentRefs includes 2 '
         "or more references to the same parent"),
    ],
)  # fmt: skip
def test_the_gateway_apis_rules_hold(call: Call, path: str, spec: Json, expected: Any) -> None:
    """Rules are evaluated from the CRD itself."""
    assert faults(call, path, spec) == [expected]


@pytest.mark.parametrize(
    ("check", "fits"),
    [
        ({"port": 80}, True),
        ({"portName": "web"}, False),
        ({"port": 80, "portSpecification": "USE_SERVING_PORT"}, False),
        ({"port": 80, "portSpecification": "USE_FIXED_PORT"}, True),
        ({"portSpecification": "USE_FIXED_PORT"}, False),
    ],
)
def test_whether_a_bare_port_is_refused_is_contested(
    api: KubernetesApi, call: Call, check: Json, fits: bool
) -> None:
    """The other rules hold all the same."""
    api.install(catalog.with_bare_ports(catalog.crd("networking.gke.io_healthcheckpolicies")))
    spec = {"default": {"config": {"type": "HTTP", "httpHealthCheck": check}}, "targetRef": TARGET}
    made = call("POST", HEALTH, {"metadata": {"name": "h"}, "spec": spec})
    assert (made.status == 201) == fits, made.body


@pytest.mark.parametrize(
    ("check", "fits"),
    [
        ({"port": 80}, False),
        ({"port": 80, "portSpecification": "USE_FIXED_PORT"}, True),
        ({"portSpecification": "USE_FIXED_PORT"}, False),
        ({"portName": "web", "portSpecification": "USE_NAMED_PORT"}, True),
        ({"port": 80, "portSpecification": "USE_SERVING_PORT"}, False),
        ({"requestPath": "/healthz"}, True),
    ],
)
def test_a_health_check_port_needs_its_specification(call: Call, check: Json, fits: bool) -> None:
    """A port without portSpecification: USE_FIXED_PORT is refused, and so on."""
    spec = {"default": {"config": {"type": "HTTP", "httpHealthCheck": check}}, "targetRef": TARGET}
    made = call("POST", HEALTH, {"metadata": {"name": "h"}, "spec": spec})
    assert (made.status == 201) == fits, made.body


@pytest.mark.parametrize(
    ("default", "fits"),
    [
        ({"timeoutSec": 6}, False),
        ({"checkIntervalSec": 4}, False),
        ({"timeoutSec": 6, "checkIntervalSec": 6}, True),
        ({"config": {"type": "HTTP"}}, False),
    ],
)
def test_a_health_check_times_out_within_its_interval(call: Call, default: Json, fits: bool) -> None:
    """Both default to five seconds; config has exactly a type and its block."""
    made = call(
        "POST", HEALTH, {"metadata": {"name": "h"}, "spec": {"default": default, "targetRef": TARGET}}
    )
    assert (made.status == 201) == fits, made.body


def test_a_backend_preference_needs_an_export(call: Call) -> None:
    """GCPBackendPolicy: backendPreference only where the target is a ServiceExport."""
    spec = {"default": {"backendPreference": "PREFERRED"}, "targetRef": TARGET}
    assert len(faults(call, BACKEND, spec)) == 1
    spec["targetRef"] = {**TARGET, "kind": "ServiceExport"}
    assert call("POST", BACKEND, {"metadata": {"name": "b"}, "spec": spec}).status == 201


def test_a_rule_about_change_compares_with_the_old_object(call: Call) -> None:
    """A GatewayClass's controller is immutable; the first value is free."""
    call("POST", CLASSES, {"metadata": {"name": "c"}, "spec": {"controllerName": "a/b"}})
    patch = {"spec": {"controllerName": "a/c"}}
    refused = call("PATCH", f"{CLASSES}/c", patch, "application/merge-patch+json")
    assert refused.body["details"]["causes"] == [
        {
            "reason": "FieldValueInvalid",
            "message": 'Invalid value: "string": Value is immutable',
            "field": "spec.controllerName",
        }
    ]
