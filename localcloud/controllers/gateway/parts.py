"""A Gateway as compute resources: what there must be for it, in wire shape, and in the order it is made in.

All of it is global for this class: forwarding rules with a regional address, target proxies, URL maps,
backend services, health checks, one firewall rule a VPC [documented: "Internal Application Load Balancer"].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.compute.names import short, url
from localcloud.controllers.gateway.addresses import Site, Vip
from localcloud.controllers.gateway.backends import Backend, backend_of
from localcloud.controllers.gateway.names import (
    SERVE404,
    Ref,
    backend_name,
    firewall_name,
    ownership,
    part_name,
)
from localcloud.controllers.gateway.urlmap import SyncedRoute, path_matchers
from localcloud.controllers.mcs import names as mcs
from localcloud.wire.messages import Json

# A part's collection and name (`compute.urlMaps`, `gkemcg1-…`).
Key = tuple[str, str]
# In the order they are made; they are removed in the reverse one, but for the firewall rule, which goes last.
KINDS = ("healthChecks", "backendServices", "urlMaps", "targetHttpProxies", "forwardingRules", "firewalls")

# Where Google's health checks come from [documented].
HEALTH_CHECK_RANGES = ("130.211.0.0/22", "35.191.0.0/16")
# Without a HealthCheckPolicy [observed in public exports]; not taken from readiness probes.
_DEFAULT_CHECK: Json = {
    "checkIntervalSec": 15,
    "timeoutSec": 15,
    "healthyThreshold": 1,
    "unhealthyThreshold": 2,
    "type": "HTTP",
    "httpHealthCheck": {"portSpecification": "USE_SERVING_PORT", "proxyHeader": "NONE", "requestPath": "/"},
    "logConfig": {"enable": True},
}


@dataclass(frozen=True)
class Settings:
    """What policies say of a backend: the `spec.default` of a HealthCheckPolicy and of a GCPBackendPolicy."""

    health: Json
    backend: Json


@dataclass(frozen=True)
class Balancer:
    """All that the parts of one Gateway follow from.

    `addresses` are the IPs of `vips`, in their order; `routes` by port; `groups` the names of the network
    endpoint groups of each backend; `proxy_ranges` those of every proxy-only subnetwork of the VPC; `targets`
    the tags of the nodes that are to be reached.
    """

    gateway: Ref
    site: Site
    vips: tuple[Vip, ...]
    addresses: tuple[str, ...]
    routes: Mapping[int, list[SyncedRoute]]
    settings: Mapping[Backend, Settings]
    groups: Mapping[Backend, list[str]]
    proxy_ranges: tuple[str, ...]
    targets: tuple[str, ...]


def parts(wanted: Balancer) -> dict[Key, Json]:
    """Every part that `wanted` needs, by collection and name."""
    found: dict[Key, Json] = {}
    for backend in sorted(wanted.settings):
        name = backend_name(backend.ref, backend.port)
        _add(found, "healthChecks", name, _health_check(wanted, backend))
        _add(found, "backendServices", name, _backend_service(wanted, backend, name))
    _add(found, "healthChecks", SERVE404, {**_DEFAULT_CHECK})
    _add(found, "backendServices", SERVE404, _service(wanted, SERVE404, {}))
    for port in sorted(wanted.routes):
        _add(found, "urlMaps", proxy_name(wanted.gateway, port), _url_map(wanted, port))
        _add(found, "targetHttpProxies", proxy_name(wanted.gateway, port), _proxy(wanted, port))
    for port in sorted(wanted.routes):
        for vip, address in zip(wanted.vips, wanted.addresses, strict=True):
            _add(
                found,
                "forwardingRules",
                rule_name(wanted.gateway, vip, port),
                _rule(wanted, vip, address, port),
            )
    _add(found, "firewalls", firewall_name(short(wanted.site.network)), _firewall(wanted))
    return found


def proxy_name(gateway: Ref, port: int) -> str:
    """The name of the target proxy, and of the URL map, for a port of a Gateway."""
    return part_name(gateway, "proxy", port)


def rule_name(gateway: Ref, vip: Vip, port: int) -> str:
    """The name of the forwarding rule for an address and a port."""
    return part_name(gateway, "rule", vip.region, vip.reserved, port)


def full(site: Site, kind: str, name: str) -> str:
    """The full name of a global part."""
    return f"projects/{site.project}/global/{kind}/{name}"


def _add(found: dict[Key, Json], kind: str, name: str, fields: Json) -> None:
    singular = {"targetHttpProxies": "targetHttpProxy"}.get(kind, kind.removesuffix("s"))
    found[f"compute.{kind}", name] = {"kind": f"compute#{singular}", "name": name, **fields}


def _url(wanted: Balancer, kind: str, name: str) -> str:
    return url(full(wanted.site, kind, name))


def _signed(wanted: Balancer) -> Json:
    return {"description": ownership(wanted.site.cluster, "gateways", wanted.gateway)}


def _health_check(wanted: Balancer, backend: Backend) -> Json:
    """The default check with what a HealthCheckPolicy says in its place; its blocks are compute's own."""
    policy = wanted.settings[backend].health
    check: Json = {**_DEFAULT_CHECK, **{k: v for k, v in policy.items() if k not in ("config", "logConfig")}}
    if "logConfig" in policy:
        check["logConfig"] = {"enable": policy["logConfig"].get("enabled", False)}
    config = policy.get("config")
    if config:
        del check["httpHealthCheck"]
        block = f"{config['type'].lower()}HealthCheck"
        check |= {"type": config["type"], block: _check_block(config, block)}
    return check


def _check_block(config: Json, block: str) -> Json:
    given = config.get(block, {})
    base: Json = {"portSpecification": "USE_SERVING_PORT"}
    if config["type"].startswith("HTTP"):
        base |= {"proxyHeader": "NONE", "requestPath": "/"}
    if "port" in given and "portSpecification" not in given:  # only where that is allowed
        base["portSpecification"] = "USE_FIXED_PORT"
    return {**base, **given}


def _backend_service(wanted: Balancer, backend: Backend, name: str) -> Json:
    groups = [
        {
            "group": url(group),
            "balancingMode": "RATE",
            "maxRatePerEndpoint": wanted.settings[backend].backend.get("maxRatePerEndpoint", 100000000),
            "capacityScaler": 1.0,
        }
        for group in sorted(wanted.groups.get(backend, []))
    ]
    described = {"description": ownership(wanted.site.cluster, "serviceimports", backend.ref)}
    fields = _service(wanted, name, wanted.settings[backend].backend)
    return {**described, **fields, **({"backends": groups} if groups else {})}


def _service(wanted: Balancer, name: str, policy: Json) -> Json:
    draining = policy.get("connectionDraining", {}).get("drainingTimeoutSec", 0)
    return {
        "protocol": "HTTP",
        "portName": "http",
        "loadBalancingScheme": "INTERNAL_MANAGED",
        "sessionAffinity": "NONE",
        "timeoutSec": policy.get("timeoutSec", 30),
        "connectionDraining": {"drainingTimeoutSec": draining},
        "healthChecks": [_url(wanted, "healthChecks", name)],
        "logConfig": {"enable": policy.get("logging", {}).get("enabled", True)},
    }


def _url_map(wanted: Balancer, port: int) -> Json:
    default = _url(wanted, "backendServices", SERVE404)

    def service(namespace: str, backend_ref: Json) -> str:
        backend = backend_of(namespace, backend_ref)
        return _url(wanted, "backendServices", backend_name(backend.ref, backend.port))

    return {
        **_signed(wanted),
        "defaultService": default,
        **path_matchers(wanted.routes[port], default, service),
    }


def _proxy(wanted: Balancer, port: int) -> Json:
    return {**_signed(wanted), "urlMap": _url(wanted, "urlMaps", proxy_name(wanted.gateway, port))}


def _rule(wanted: Balancer, vip: Vip, address: str, port: int) -> Json:
    return {
        **_signed(wanted),
        "IPAddress": address,
        "IPProtocol": "TCP",
        "portRange": f"{port}-{port}",
        "target": _url(wanted, "targetHttpProxies", proxy_name(wanted.gateway, port)),
        "loadBalancingScheme": "INTERNAL_MANAGED",
        "network": url(wanted.site.network),
        "subnetwork": url(vip.subnetwork),
        "networkTier": "PREMIUM",
    }


def _firewall(wanted: Balancer) -> Json:
    allowed: list[dict[str, Any]] = [{"IPProtocol": "tcp"}]
    return {
        "description": "Managed by the multi-cluster Gateway controller.",
        "network": url(wanted.site.network),
        "direction": "INGRESS",
        "priority": 1000,
        "disabled": False,
        "sourceRanges": sorted({*HEALTH_CHECK_RANGES, *wanted.proxy_ranges}),
        "targetTags": sorted(wanted.targets),
        "allowed": allowed,
        "logConfig": {"enable": False},
    }


def node_tag(cluster: str) -> str:
    """The network tag that the nodes of a cluster bear: `gke-<cluster>-<hash>-node` [observed]."""
    return f"{mcs.firewall(cluster).removesuffix('-mcsd')}-node"
