"""Which endpoints of a backend service take requests: where they are, whose pods they are, and how healthy.

A pod is healthy when it is ready, listens on the port, answers the health check's path, the probers may
reach it, and its first probes have passed (`convergence`). What is not so any more counts at once: a
proxy that loses a backend fails over within a request or two [observed].
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Network

from localcloud.compute.loadbalancing import endpoints as endpoints_of
from localcloud.compute.names import full_name, project_of, short
from localcloud.container.kube import CLUSTER_APIS
from localcloud.controllers.gateway.parts import HEALTH_CHECK_RANGES
from localcloud.controllers.mcs.groups import OWNED
from localcloud.controllers.workloads.pods import is_ready
from localcloud.dataplane.sampleapp import Pod, serves
from localcloud.regions import region_of
from localcloud.wire.messages import Json
from localcloud.world import Part, World

# `<backend service>|<cluster>` (full names) of what has passed its first probes.
PASSED = "dataplane.health"


@dataclass
class _Open:
    """What the firewall lets in, by network, port and source ranges, as of a revision of its rules."""

    revision: int = -1
    answers: dict[tuple[str, int, tuple[str, ...]], bool] = field(default_factory=dict)


_OPEN: Part[_Open] = Part("what the firewall lets in", lambda _: _Open())


@dataclass(frozen=True)
class Endpoint:
    """One address of a network endpoint group, and the pod behind it. `cluster` is a full name."""

    service: str
    group: str
    cluster: str
    region: str
    port: int
    pod: Pod


def endpoints(world: World, service: str) -> list[Endpoint]:
    """The endpoints of a backend service (full name) whose pods are there and ready, in a fixed order."""
    backends = (world.store["compute.backendServices"].get(service) or {}).get("backends", [])
    groups = sorted(full_name(one["group"]) for one in backends)
    return [endpoint for group in groups for endpoint in _in_group(world, service, group)]


def cluster_behind(world: World, group: str) -> str:
    """The full name of the cluster that a network endpoint group is for; empty once that is gone."""
    return str((world.store[OWNED].get(group) or {}).get("cluster", ""))


def passed_key(service: str, cluster: str) -> str:
    """The key of a record that the endpoints of `cluster` have passed their first probes."""
    return f"{service}|{cluster}"


def healthy(world: World, endpoint: Endpoint) -> bool:
    """Whether the load balancer sends requests to this endpoint."""
    return (
        passed_key(endpoint.service, endpoint.cluster) in world.store[PASSED]
        and _listens(endpoint.pod, endpoint.port)
        and _passes(world, endpoint)
        and open_to(world, endpoint, HEALTH_CHECK_RANGES)
    )


def open_to(world: World, endpoint: Endpoint, ranges: Iterable[str]) -> bool:
    """Whether the VPC's firewall lets `ranges` in to the endpoint's port: the rule of the least priority decides,
    at equal ones a denial, and what no rule allows is denied [documented]. Target tags are not looked at.
    """
    firewalls, known = world.store["compute.firewalls"], world[_OPEN]
    if known.revision != firewalls.revision:
        known.revision, known.answers = firewalls.revision, {}
    key = (_network(world, endpoint.group), endpoint.port, tuple(ranges))
    if key not in known.answers:
        known.answers[key] = _is_open(firewalls.list(), *key)
    return known.answers[key]


def _is_open(firewalls: list[Json], network: str, port: int, ranges: Iterable[str]) -> bool:
    rules = [one for one in firewalls if _about(one, network, port)]
    rules.sort(key=lambda one: (one.get("priority", 1000), "allowed" in one))
    return all(_let_in(_network_of(one), rules) for one in ranges)


def _let_in(source: IPv4Network, rules: Iterable[Json]) -> bool:
    for rule in rules:
        sources = [_network_of(text) for text in rule.get("sourceRanges", [])]
        if "denied" in rule and any(source.overlaps(one) for one in sources):
            return False
        if "allowed" in rule and any(source.subnet_of(one) for one in sources):
            return True
    return False


def _in_group(world: World, service: str, group: str) -> list[Endpoint]:
    cluster = cluster_behind(world, group)
    api = world[CLUSTER_APIS].get(cluster)
    if api is None:
        return []
    zone, project = group.split("/")[3], project_of(cluster)
    pods = {pod["status"].get("podIP"): pod for pod in api.list("Pod") if is_ready(pod)}
    listed = sorted(endpoints_of(world, group), key=lambda one: str(one["ipAddress"]))
    return [
        Endpoint(
            service,
            group,
            cluster,
            region_of(zone),
            one["port"],
            Pod(pods[one["ipAddress"]], short(cluster), zone, project),
        )
        for one in listed
        if one["ipAddress"] in pods
    ]


def _listens(pod: Pod, port: int) -> bool:
    """A container that declares no ports is taken to listen on any: the field only informs [documented]."""
    declared = [one["containerPort"] for one in pod.container.get("ports", [])]
    return not declared or port in declared


def _passes(world: World, endpoint: Endpoint) -> bool:
    """Whether the pod satisfies the first health check of its backend service."""
    service = world.store["compute.backendServices"].get(endpoint.service) or {}
    name = full_name(service["healthChecks"][0]) if service.get("healthChecks") else ""
    check = world.store["compute.healthChecks"].get(name)
    if check is None:
        return False
    block: Json = check.get(f"{check['type'].lower()}HealthCheck", {})
    fixed = block.get("portSpecification") == "USE_FIXED_PORT"
    if fixed and not _listens(endpoint.pod, block.get("port", 0)):
        return False
    if check["type"] == "TCP":
        return True
    return bool(check["type"] == "HTTP" and serves(endpoint.pod, block.get("requestPath", "/")))


@lru_cache(maxsize=256)
def _network_of(text: str) -> IPv4Network:
    return IPv4Network(text)


def _network(world: World, group: str) -> str:
    return full_name((world.store["compute.networkEndpointGroups"].get(group) or {}).get("network", ""))


def _about(rule: Json, network: str, port: int) -> bool:
    return (
        full_name(rule["network"]) == network
        and rule.get("direction", "INGRESS") == "INGRESS"
        and not rule.get("disabled")
        and any(_covers(one, port) for one in rule.get("allowed") or rule.get("denied", []))
    )


def _covers(allowed: Json, port: int) -> bool:
    if allowed["IPProtocol"] not in ("tcp", "all", "6"):
        return False
    ranges = [text.partition("-") for text in allowed.get("ports", [])]
    return not ranges or any(int(first) <= port <= int(last or first) for first, _, last in ranges)
