"""How the load balancer's health checks find a backend's endpoints, cluster by cluster."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from functions.verification.expectation import Backend, FleetCluster
from functions.verification.proving import ReadStates, States
from shared.google import compute
from shared.google.session import Session

if TYPE_CHECKING:
    from shared.google import wire


def read_states(session: Session, project: str) -> ReadStates:
    """A reader that lists the project's backend services once, and only if it is asked."""

    @cache
    def services() -> list[wire.BackendService]:
        return list(compute.backend_services(session, project).seen())

    def read(backend: Backend, clusters: Iterable[FleetCluster]) -> States:
        found: dict[str, list[str]] = {}
        asked = tuple(clusters)
        for service in services():
            if service["name"].startswith(_prefix(backend)):
                for group in _groups(service, asked):
                    for ip, state in compute.endpoint_states(session, _path(service), group):
                        name = _cluster_at(ip, group, asked)
                        found.setdefault(name, []).append(state)
        return found

    return read


def _prefix(backend: Backend) -> str:
    """What the name of its backend service begins with [observed]."""
    return f"gkemcg1-{backend.name.replace('/', '-')}-{backend.port}-"


def _path(service: wire.BackendService) -> str:
    return compute.path_of(service["selfLink"])


def _groups(service: wire.BackendService, clusters: tuple[FleetCluster, ...]) -> list[str]:
    """The groups in the regions of the clusters."""
    regions = {each.region for each in clusters}
    links = [str(each["group"]) for each in service.get("backends", [])]
    return [each for each in links if _zone(each).rpartition("-")[0] in regions]


def _zone(group: str) -> str:
    return group.partition("/zones/")[2].partition("/")[0]


def _cluster_at(ip: str, group: str, clusters: tuple[FleetCluster, ...]) -> str:
    """The cluster with the Pod at an address: by its range of Pods, or by the zone of the group."""
    by_range = (each.name for each in clusters if each.pod_range and _is_in(ip, each.pod_range))
    zone = _zone(group)
    by_zone = (each.name for each in clusters if each.location in (zone, zone.rpartition("-")[0]))
    return next(by_range, None) or next(by_zone, "")


def _is_in(ip: str, block: str) -> bool:
    try:
        return ip_address(ip) in ip_network(block)
    except ValueError:
        return False
