"""Conditions as values, and what policies make of a health check."""

from __future__ import annotations

import pytest

from localcloud.controllers.gateway.addresses import Site
from localcloud.controllers.gateway.backends import Backend, policy_for, policy_target
from localcloud.controllers.gateway.names import SERVE404, Ref
from localcloud.controllers.gateway.parts import Balancer, Settings, parts
from localcloud.controllers.gateway.routes import parent_text
from localcloud.controllers.gateway.status import (
    ParentVerdict,
    Term,
    Verdict,
    conditions,
    gateway_status,
    route_status,
)
from localcloud.wire.messages import Json
from tests.localcloud.controllers.gateways import condition, gateway, policy, route

STORE = Backend(Ref("store", "store"), 8080)
SITE = Site("projects/p/locations/z/clusters/c", "p", "us-west1", "projects/p/global/networks/n", "s")


def test_a_condition_keeps_its_time_while_its_status_stays() -> None:
    """A new reason or generation is no transition; a new status is."""
    before = conditions([Term("Programmed", "False", "Pending", "x", 1)], [], "T1")
    same = conditions([Term("Programmed", "False", "Invalid", "y", 2)], before, "T2")
    turned = conditions([Term("Programmed", "True", "Programmed", "", 2)], same, "T3")

    assert (same[0]["lastTransitionTime"], same[0]["reason"], same[0]["observedGeneration"]) == (
        "T1",
        "Invalid",
        2,
    )
    assert turned[0]["lastTransitionTime"] == "T3"


def test_a_gateways_conditions_are_googles_in_googles_order() -> None:
    """The deprecated ones are still written."""
    item = gateway("us-west1")
    item["metadata"]["generation"] = 3
    status = gateway_status(item, Verdict(None, 2, ["10.0.0.1"], {"http": 4}), "T")

    assert [one["type"] for one in status["conditions"]] == [
        "Scheduled",
        "Accepted",
        "Programmed",
        "Ready",
        "networking.gke.io/GatewayHealthy",
    ]
    assert condition(status["conditions"], "Accepted")["observedGeneration"] == 3
    assert condition(status["conditions"], "Programmed")["observedGeneration"] == 2
    assert status["listeners"][0]["attachedRoutes"] == 4
    assert status["addresses"] == [{"type": "IPAddress", "value": "10.0.0.1"}]


def test_a_route_keeps_what_other_controllers_wrote() -> None:
    """Only entries of this controller are replaced."""
    other = {"controllerName": "example.com/other", "parentRef": {"name": "x"}, "conditions": []}
    ours = {"controllerName": "networking.gke.io/gateway", "parentRef": {"name": "gone"}, "conditions": []}
    item: Json = {**route(), "status": {"parents": [other, ours]}}
    status = route_status(item, [ParentVerdict({"name": "gw"}, [Term("Accepted", "True", "Accepted")])], "T")

    assert [one["parentRef"]["name"] for one in status["parents"]] == ["x", "gw"]


def test_a_parent_reference_is_printed_as_the_controller_does() -> None:
    """Absent fields are nil."""
    assert parent_text({"name": "gw", "sectionName": "http", "port": 80}) == (
        'ParentRef {Group: "gateway.networking.k8s.io", Kind: "Gateway", Namespace: nil, Name: "gw", '
        'SectionName: "http", Port: 80}'
    )


CHECKS: list[tuple[Json, Json]] = [
    (
        {},
        {
            "type": "HTTP",
            "checkIntervalSec": 15,
            "timeoutSec": 15,
            "healthyThreshold": 1,
            "unhealthyThreshold": 2,
            "httpHealthCheck": {
                "portSpecification": "USE_SERVING_PORT",
                "proxyHeader": "NONE",
                "requestPath": "/",
            },
        },
    ),
    (
        {
            "checkIntervalSec": 5,
            "timeoutSec": 4,
            "config": {
                "type": "HTTP",
                "httpHealthCheck": {
                    "portSpecification": "USE_FIXED_PORT",
                    "port": 9000,
                    "requestPath": "/up",
                },
            },
        },
        {
            "type": "HTTP",
            "checkIntervalSec": 5,
            "timeoutSec": 4,
            "healthyThreshold": 1,
            "unhealthyThreshold": 2,
            "httpHealthCheck": {
                "portSpecification": "USE_FIXED_PORT",
                "port": 9000,
                "proxyHeader": "NONE",
                "requestPath": "/up",
            },
        },
    ),
    (
        {"config": {"type": "HTTP", "httpHealthCheck": {"port": 8000}}},
        {
            "type": "HTTP",
            "checkIntervalSec": 15,
            "timeoutSec": 15,
            "healthyThreshold": 1,
            "unhealthyThreshold": 2,
            "httpHealthCheck": {
                "portSpecification": "USE_FIXED_PORT",
                "port": 8000,
                "proxyHeader": "NONE",
                "requestPath": "/",
            },
        },
    ),
    (
        {"config": {"type": "TCP", "tcpHealthCheck": {}}},
        {
            "type": "TCP",
            "checkIntervalSec": 15,
            "timeoutSec": 15,
            "healthyThreshold": 1,
            "unhealthyThreshold": 2,
            "tcpHealthCheck": {"portSpecification": "USE_SERVING_PORT"},
        },
    ),
]


@pytest.mark.parametrize(("said", "expected"), CHECKS)
def test_a_health_check_is_the_default_with_what_the_policy_says(said: Json, expected: Json) -> None:
    """Blocks of another type are gone; what is not said stays as it was."""
    check = _part(Settings(said, {}), "compute.healthChecks")

    assert {key: check[key] for key in check if key not in ("kind", "name", "logConfig")} == expected


def test_logging_and_draining_of_a_backend_are_the_policys() -> None:
    """GCPBackendPolicy's fields under compute's names."""
    said = {"timeoutSec": 90, "connectionDraining": {"drainingTimeoutSec": 60}, "logging": {"enabled": False}}
    service = _part(Settings({}, said), "compute.backendServices")

    assert service["timeoutSec"] == 90
    assert service["connectionDraining"] == {"drainingTimeoutSec": 60}
    assert service["logConfig"] == {"enable": False}


def test_of_two_policies_on_one_import_the_older_counts() -> None:
    """Then the one whose name comes first; one that targets across namespaces counts for nothing."""
    older, newer = (policy("HealthCheckPolicy", "store", {"timeoutSec": n}) for n in (1, 2))
    older["metadata"] |= {"creationTimestamp": "2026-01-01T00:00:00Z", "name": "z"}
    newer["metadata"] |= {"creationTimestamp": "2026-01-02T00:00:00Z", "name": "a"}
    abroad = policy("HealthCheckPolicy", "store", {})
    abroad["spec"]["targetRef"]["namespace"] = "elsewhere"

    assert policy_for([newer, older], STORE.ref) == older
    assert policy_target(abroad) is None


def _part(settings: Settings, kind: str) -> Json:
    wanted = Balancer(Ref("store", "gw"), SITE, (), (), {}, {STORE: settings}, {}, (), ())
    return next(part for (found, name), part in parts(wanted).items() if found == kind and name != SERVE404)
