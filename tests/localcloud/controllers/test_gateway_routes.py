"""How HTTPRoutes attach, resolve and reconcile, and what stops a Gateway."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.wire.messages import Json
from tests.localcloud.controllers.clusters import add_namespace
from tests.localcloud.controllers.gateways import (
    GATEWAY,
    IMPORT,
    ROUTE,
    Gateways,
    backend,
    condition,
    policy,
    route,
)


@pytest.fixture
def cloud() -> Gateways:
    """A config cluster with the import `store` and proxies in the west."""
    return _ready()


def _ready() -> Gateways:
    cloud = Gateways()
    cloud.enable_ingress()
    cloud.proxies("us-west1")
    cloud.wait(300)
    cloud.imports("store")
    return cloud


def test_a_good_route_is_accepted_at_once_and_reconciled_later(cloud: Gateways) -> None:
    """Accepted and ResolvedRefs need no load balancer; Reconciled comes after the Gateway's programming."""
    cloud.gateway("us-west1")
    cloud.route()
    cloud.wait(1)
    early = [cloud.parent(kind)["status"] for kind in ("Accepted", "ResolvedRefs", "Reconciled")]
    cloud.wait(300)

    done = cloud.parent("Reconciled")
    listener = cloud.seen()["status"]["listeners"][0]
    assert early == ["True", "True", "Unknown"]
    assert (done["status"], done["reason"]) == ("True", "ReconciliationSucceeded")
    assert listener["attachedRoutes"] == 1
    assert listener["supportedKinds"] == [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute"}]


def test_the_sync_waits_for_programming_and_says_so(cloud: Gateways) -> None:
    """The ledger has the edge that the critical path is computed from."""
    cloud.gateway("us-west1")
    cloud.route()
    cloud.wait(300)

    latest = cloud.world.ledger.latest
    program = latest("gateway.program", f"{cloud.full('west')}/store/gw")
    sync = latest("gateway.sync", f"{cloud.full('west')}/store/route")
    arrival = latest("dataplane.urlmap", "store/route")
    assert program and sync and arrival
    assert (program.id in sync.after, sync.start) == (True, program.end)
    assert (arrival.after, arrival.start) == ((sync.id,), sync.end)


def test_a_route_whose_import_is_missing_waits_for_it(cloud: Gateways) -> None:
    """BackendNotFound, in the controller's words; healed when the import appears."""
    cloud.gateway("us-west1")
    cloud.route(rules=[{"backendRefs": [backend("late")]}])
    cloud.wait(300)
    refused = cloud.parent("ResolvedRefs")
    stuck = cloud.parent("Reconciled")["status"]
    cloud.imports("late")
    cloud.wait(1)
    resolved = cloud.parent("ResolvedRefs")["status"]
    cloud.wait(60)

    assert (refused["status"], refused["reason"]) == ("False", "BackendNotFound")
    assert refused["message"] == (
        'Object reference of HTTPRoute "store/route" bound to ParentRef {Group: "gateway.networking.k8s.io", '
        'Kind: "Gateway", Namespace: nil, Name: "gw", SectionName: nil, Port: nil} failed to be resolved: error '
        'cause: reference-not-found: Error GWCER104: HTTPRoute "store/route" is misconfigured, err: Error '
        "GWCER102: serviceimports store/late not found"
    )
    assert (stuck, resolved) == ("False", "True")
    assert cloud.parent("Reconciled")["status"] == "True"


UNRESOLVED = {
    "a port that the import does not have": (backend("store", 80), "BackendNotFound"),
    "a Service": ({"name": "store", "port": 8080}, "InvalidKind"),
    "another namespace": (backend("store", namespace="shop"), "RefNotPermitted"),
}


@pytest.fixture(scope="module")
def unresolved() -> Gateways:
    """A route for each case, by its place."""
    cloud = _ready()
    cloud.gateway("us-west1")
    for index, (ref, _) in enumerate(UNRESOLVED.values()):
        cloud.route(f"route-{index}", rules=[{"backendRefs": [ref]}])
    cloud.wait(300)
    return cloud


@pytest.mark.parametrize("case", UNRESOLVED)
def test_a_reference_that_leads_nowhere_is_not_resolved(unresolved: Gateways, case: str) -> None:
    """The port is the import's, the kind is ServiceImport, the namespace the route's own."""
    name = f"route-{list(UNRESOLVED).index(case)}"

    assert unresolved.parent("ResolvedRefs", name)["reason"] == UNRESOLVED[case][1]
    assert unresolved.parent("Accepted", name)["status"] == "True"
    assert unresolved.works("gateway.sync") == []


def test_a_reference_grant_permits_another_namespace(cloud: Gateways) -> None:
    """From that namespace, to that kind."""
    add_namespace(cloud.west, "shop")
    grant = {
        "metadata": {"name": "allow", "namespace": "store"},
        "spec": {
            "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "shop"}],
            "to": [{"group": "net.gke.io", "kind": "ServiceImport"}],
        },
    }
    listener = {
        "name": "http",
        "protocol": "HTTP",
        "port": 80,
        "allowedRoutes": {"namespaces": {"from": "All"}},
    }
    cloud.gateway("us-west1", listeners=[listener])
    item = route(
        parentRefs=[{"name": "gw", "namespace": "store"}],
        rules=[{"backendRefs": [backend("store", namespace="store")]}],
    )
    item["metadata"]["namespace"] = "shop"
    cloud.west.create(ROUTE, item)
    cloud.wait(1)
    before = _resolved(cloud)
    cloud.west.create("gateway.networking.k8s.io/ReferenceGrant", grant)
    cloud.wait(1)

    assert (before, _resolved(cloud)) == ("RefNotPermitted", "ResolvedRefs")


MISCONFIGURED: dict[str, tuple[Json, str]] = {
    "timeouts": ({"timeouts": {"request": "10s"}}, "Timeouts are not supported."),
    "a path that is a regular expression": (
        {"matches": [{"path": {"type": "RegularExpression", "value": "^/.*$"}}]},
        "Paths must start with a '/' character \"^/.*$\"",
    ),
    "a method": ({"matches": [{"method": "GET"}]}, "Method matches are not supported."),
    "a header that is a regular expression": (
        {"matches": [{"headers": [{"type": "RegularExpression", "name": "a", "value": ".*"}]}]},
        "Only Exact matches of headers are supported.",
    ),
    "a rewrite of the full path": (
        {
            "filters": [
                {
                    "type": "URLRewrite",
                    "urlRewrite": {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/x"}},
                }
            ]
        },
        "ReplaceFullPath is not supported in a URLRewrite filter.",
    ),
}


@pytest.mark.parametrize("case", MISCONFIGURED)
def test_a_misconfigured_route_stops_its_gateway(cloud: Gateways, case: str) -> None:
    """GWCER104: errors are not isolated, so a good route beside it waits too, and all heals with the bad one."""
    fields, err = MISCONFIGURED[case]
    cloud.gateway("us-west1")
    cloud.route()
    cloud.route("bad", rules=[{**fields, "backendRefs": [backend("store")]}])
    cloud.wait(300)
    message = f'Error GWCER104: HTTPRoute "store/bad" is misconfigured, err: {err}'
    accepted, stuck = cloud.parent("Accepted", "bad"), cloud.condition("Programmed")
    cloud.west.delete(ROUTE, "store", "bad")
    cloud.wait(300)

    assert (accepted["status"], accepted["reason"], accepted["message"]) == ("False", "Invalid", message)
    assert (stuck["status"], stuck["message"]) == ("False", message)
    assert cloud.events("Gateway") == [f'failed to translate Gateway "store/gw": {message}']
    assert cloud.parent("Reconciled")["status"] == "True"


REFUSALS: dict[str, tuple[Json, Json, str]] = {
    "no listener of that name": (
        {},
        {"parentRefs": [{"name": "gw", "sectionName": "none"}]},
        "NoMatchingParent",
    ),
    "no listener on that port": ({}, {"parentRefs": [{"name": "gw", "port": 81}]}, "NoMatchingParent"),
    "no hostname in common": ({"hostname": "a.example.com"}, {}, "NoMatchingListenerHostname"),
    "another kind of route": (
        {"allowedRoutes": {"kinds": [{"kind": "GRPCRoute"}]}},
        {},
        "NotAllowedByListeners",
    ),
    "a namespace that is not selected": (
        {"allowedRoutes": {"namespaces": {"from": "Selector", "selector": {"matchLabels": {"team": "a"}}}}},
        {},
        "NotAllowedByListeners",
    ),
}


@pytest.fixture(scope="module")
def refused() -> Gateways:
    """A Gateway and a route for each case, by its place."""
    cloud = _ready()
    for index, (listener, spec, _) in enumerate(REFUSALS.values()):
        fields = {"name": "http", "protocol": "HTTP", "port": 80, **listener}
        cloud.gateway("us-west1", name=f"gw-{index}", listeners=[fields])
        parent = {**spec.get("parentRefs", [{}])[0], "name": f"gw-{index}"}
        cloud.route(f"route-{index}", parentRefs=[parent])
    cloud.wait(300)
    return cloud


@pytest.mark.parametrize("case", REFUSALS)
def test_a_route_that_no_listener_takes_is_told_why(refused: Gateways, case: str) -> None:
    """The reasons are the Gateway API's; the Gateway is none the worse for it."""
    index = list(REFUSALS).index(case)
    accepted = refused.parent("Accepted", f"route-{index}")

    assert (accepted["status"], accepted["reason"]) == ("False", REFUSALS[case][2])
    assert refused.seen(f"gw-{index}")["status"]["listeners"][0]["attachedRoutes"] == 0
    assert refused.condition("Programmed", f"gw-{index}")["status"] == "True"


def test_a_listener_that_allows_an_unknown_kind_says_so(cloud: Gateways) -> None:
    """ResolvedRefs of the listener is False, and what is left is supported."""
    kinds = [{"kind": "HTTPRoute"}, {"kind": "TCPRoute"}]
    listener = {"name": "http", "protocol": "HTTP", "port": 80, "allowedRoutes": {"kinds": kinds}}
    cloud.gateway("us-west1", listeners=[listener])
    cloud.wait(1)

    found = cloud.seen()["status"]["listeners"][0]
    assert condition(found["conditions"], "ResolvedRefs")["reason"] == "InvalidRouteKinds"
    assert [kind["kind"] for kind in found["supportedKinds"]] == ["HTTPRoute"]


def test_a_missing_certificate_fails_the_whole_gateway(cloud: Gateways) -> None:
    """GWCER102, the HTTP listener included; with the Secret, HTTPS is refused as not implemented."""
    tls = {"mode": "Terminate", "certificateRefs": [{"name": "edge"}]}
    listeners = [
        {"name": "http", "protocol": "HTTP", "port": 80},
        {"name": "https", "protocol": "HTTPS", "port": 443, "tls": tls},
    ]
    cloud.gateway("us-west1", listeners=listeners)
    cloud.wait(300)
    missing = cloud.condition("Programmed")["message"]
    resolved = condition(cloud.seen()["status"]["listeners"][0]["conditions"], "ResolvedRefs")
    data = {"tls.crt": "", "tls.key": ""}
    secret = {"metadata": {"name": "edge", "namespace": "store"}, "type": "kubernetes.io/tls", "data": data}
    cloud.west.create("Secret", secret)
    cloud.wait(1)

    assert missing == "Error GWCER102: Secret store/edge not found."
    assert resolved["reason"] == "InvalidCertificateRef"
    assert "terminates no HTTPS" in cloud.condition("Programmed")["message"]


def test_events_tell_of_a_route_once(cloud: Gateways) -> None:
    """ADD when it is seen; resolved, bound and reconciled when it is synced."""
    cloud.gateway("us-west1")
    cloud.route()
    cloud.wait(900)

    told = cloud.events("HTTPRoute", type_="Normal")
    assert cloud.events("HTTPRoute", "ADD", "Normal") == ["store/route"]
    assert len(told) == 3
    assert sum("was a success" in message for message in told) == 2


def test_policies_attach_to_imports_and_set_health_check_and_timeout(cloud: Gateways) -> None:
    """A HealthCheckPolicy's blocks are compute's own; a change of one later is an update of the Gateway."""
    health = {"type": "HTTP", "httpHealthCheck": {"requestPath": "/healthz"}}
    default = {"checkIntervalSec": 5, "timeoutSec": 5, "config": health}
    cloud.west.create("networking.gke.io/HealthCheckPolicy", policy("HealthCheckPolicy", "store", default))
    cloud.gateway("us-west1")
    cloud.route()
    cloud.wait(300)
    check, timeout = _part(cloud, "healthChecks"), _part(cloud, "backendServices")["timeoutSec"]
    backend_policy = policy("GCPBackendPolicy", "store", {"timeoutSec": 90})
    cloud.west.create("networking.gke.io/GCPBackendPolicy", backend_policy)
    cloud.wait(300)

    attached = cloud.west.list("networking.gke.io/HealthCheckPolicy")[0]["status"]["conditions"]
    assert (check["checkIntervalSec"], check["httpHealthCheck"]["requestPath"]) == (5, "/healthz")
    assert check["httpHealthCheck"]["portSpecification"] == "USE_SERVING_PORT"
    assert (timeout, _part(cloud, "backendServices")["timeoutSec"]) == (30, 90)
    assert condition(attached, "Attached")["status"] == "True"
    assert len(cloud.works("gateway.update")) == 1


def test_a_policy_on_a_service_has_no_effect(cloud: Gateways) -> None:
    """Multi-cluster backends listen to policies on their imports alone."""
    default = {
        "checkIntervalSec": 5,
        "timeoutSec": 5,
        "config": {"type": "HTTP", "httpHealthCheck": {"requestPath": "/healthz"}},
    }
    item = policy("HealthCheckPolicy", "store", default, group="")
    cloud.west.create("networking.gke.io/HealthCheckPolicy", item)
    cloud.gateway("us-west1")
    cloud.route()
    cloud.wait(300)

    assert _part(cloud, "healthChecks")["httpHealthCheck"]["requestPath"] == "/"
    assert "status" not in cloud.west.list("networking.gke.io/HealthCheckPolicy")[0]


def test_a_route_that_loses_its_import_keeps_its_place(cloud: Gateways) -> None:
    """ResolvedRefs tells of it; the load balancer keeps what it had."""
    cloud.gateway("us-west1")
    cloud.route()
    cloud.wait(300)
    cloud.west.delete(IMPORT, "store", "store")
    cloud.wait(300)

    assert cloud.parent("ResolvedRefs")["status"] == "False"
    assert cloud.parent("Reconciled")["status"] == "True"
    assert "hostRules" in cloud.world.store["compute.urlMaps"].list()[0]


def test_the_gateway_of_another_class_is_left_alone(cloud: Gateways) -> None:
    """Its conditions stay as they were born: waiting for a controller."""
    cloud.gateway("us-west1", gatewayClassName="gke-l7-rilb-mc")
    cloud.wait(300)

    assert cloud.condition("Programmed")["message"] == "Waiting for controller"
    assert cloud.west.list(GATEWAY)[0]["metadata"].get("finalizers") is None


def _part(cloud: Gateways, kind: str) -> Json:
    name = next(name for name in cloud.names(kind) if name.startswith("gkemcg1-store-store-8080-"))
    found: Any = cloud.world.store[f"compute.{kind}"].get(f"projects/shop/global/{kind}/{name}")
    return dict(found)


def _resolved(cloud: Gateways) -> str:
    found = cloud.west.get(ROUTE, "shop", "route")
    assert found is not None
    return str(condition(found["status"]["parents"][0]["conditions"], "ResolvedRefs")["reason"])
