"""The objects of the gateway as they should be: Gateway, HTTPRoutes, grants, health check policies.

Plain values from the spec alone. All are the config cluster's; nothing here looks at anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.gateway.names import EPHEMERAL, GATEWAY_CLASS, NAMED, reserved_names
from shared.json_types import Json
from shared.objects import SPEC, KubeObject, body

if TYPE_CHECKING:
    from shared.spec import Environment, Service

IMPORT = {"group": "net.gke.io", "kind": "ServiceImport"}


def wanted_objects(wanted: Environment) -> Iterator[KubeObject]:
    """Every object but namespaces, in the order in which they are applied."""
    yield gateway(wanted)
    for route in wanted.routes:
        yield _route(wanted, route.name, list(route.hostnames), route.wire_rules())
    yield from (_grant(wanted, namespace) for namespace in backend_namespaces(wanted)[1:])
    if wanted.health_check:
        yield from (_policy(wanted, service) for service in wanted.services)


def gateway(wanted: Environment) -> KubeObject:
    """The Gateway: an address in each region, and listeners that take the HTTPRoutes of its namespace.

    It bears the spec. An object's annotations may have 256 KiB [documented: Kubernetes, annotations]; what is too large
    for that is too large to travel (`shared.step.packed`).
    """
    spec = {
        "gatewayClassName": GATEWAY_CLASS,
        "addresses": [_address(wanted, region) for region in wanted.address_regions],
        "listeners": [
            {
                "name": each.name,
                "protocol": each.protocol,
                "port": each.port,
                **({"hostname": each.hostname} if each.hostname else {}),
                "allowedRoutes": {"kinds": [{"kind": "HTTPRoute"}]},
            }
            for each in wanted.gateway.listeners
        ],
    }
    made = body(wanted.name, "Gateway", wanted.gateway.name, wanted.gateway.namespace, spec=spec)
    made["metadata"]["annotations"][SPEC] = wanted.text
    return made


def backend_namespaces(wanted: Environment) -> tuple[str, ...]:
    """The gateway's namespace, then the others whose imports its routes name."""
    own = wanted.gateway.namespace
    return tuple(dict.fromkeys((own, *(namespace for namespace, _ in backends(wanted)))))


def backends(wanted: Environment) -> list[tuple[str, str]]:
    """Namespace and name of every import that a route sends requests (or copies of them) to."""
    own, found = wanted.gateway.namespace, list[tuple[str, str]]()
    for rule in (rule for route in wanted.routes for rule in route.rules):
        mirrors = [each.request_mirror.backend_ref for each in rule.filters if each.request_mirror]
        found.extend((each.namespace or own, each.name) for each in (*rule.backend_refs, *mirrors))
    return list(dict.fromkeys(found))


def _address(wanted: Environment, region: str) -> Json:
    named = reserved_names(wanted).get(region)
    if named:
        return {"type": NAMED, "value": f"regions/{region}/addresses/{named}"}
    return {"type": EPHEMERAL + region, "value": region}


def _route(wanted: Environment, name: str, hostnames: list[str], rules: list[Json]) -> KubeObject:
    parent = {
        "group": "gateway.networking.k8s.io",
        "kind": "Gateway",
        "namespace": wanted.gateway.namespace,
        "name": wanted.gateway.name,
    }
    spec: Json = {"parentRefs": [parent], "rules": rules}
    if hostnames:
        spec["hostnames"] = hostnames
    return body(wanted.name, "HTTPRoute", name, wanted.gateway.namespace, spec=spec)


def _grant(wanted: Environment, namespace: str) -> KubeObject:
    """Lets the gateway's routes name imports of another namespace [documented: Gateway API ReferenceGrant]."""
    own = wanted.gateway.namespace
    source = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": own}
    spec = {"from": [source], "to": [dict(IMPORT)]}
    return body(wanted.name, "ReferenceGrant", f"routes-from-{own}", namespace, spec=spec)


def _policy(wanted: Environment, service: Service) -> KubeObject:
    """A health check for one import, in its namespace: a policy on the Service has no effect here [observed].

    Interval and timeout are always both sent: the CRD compares them, and would take the one left out for 5 s
    [observed]. A port of its own needs USE_FIXED_PORT [observed].
    """
    check = wanted.health_check
    assert check is not None, "asked only if there is one"
    http: Json = {"requestPath": check.request_path, "portSpecification": "USE_SERVING_PORT"}
    if check.host:
        http["host"] = check.host
    if check.port:
        http |= {"portSpecification": "USE_FIXED_PORT", "port": check.port}
    default = {
        "checkIntervalSec": check.check_interval_sec,
        "timeoutSec": check.timeout_sec,
        "healthyThreshold": check.healthy_threshold,
        "unhealthyThreshold": check.unhealthy_threshold,
        "config": {"type": "HTTP", "httpHealthCheck": http},
    }
    spec = {"default": default, "targetRef": {**IMPORT, "name": service.name}}
    return body(wanted.name, "HealthCheckPolicy", service.name, service.namespace, spec=spec)
