"""Backend services as rules see them: whose service is behind one, what its check asks, how each cluster's endpoints
are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.diagnosis.case import Case
from shared.google.compute import path_of
from shared.google.lists import Places

if TYPE_CHECKING:
    from shared.google import wire
    from shared.spec import Service

FIXED = "USE_FIXED_PORT"


@dataclass(frozen=True)
class Check:
    """What a health check asks. `port` is 0 if it asks the port that serves."""

    type: str
    path: str
    port: int

    @property
    def text(self) -> str:
        """`GET /healthz on port 8081`; without the port that serves."""
        what = f"GET {self.path}" if self.type.startswith("HTTP") else f"a connection by {self.type}"
        return f"{what} on port {self.port}" if self.port else what


@dataclass(frozen=True)
class InPlace:
    """The endpoints that one service has in one place. `clusters` are the environment's clusters there: endpoint groups
    name a zone, and no cluster. `states` is None if those of a group could not be read."""

    service: Service
    backend: wire.BackendService
    clusters: tuple[str, ...]
    states: list[str] | None


def in_places(case: Case) -> Iterator[InPlace]:
    """The endpoints of the environment's services, place by place."""
    for backend in case.backends:
        service = _service(case, backend)
        if service is None:
            continue
        found: dict[tuple[str, ...], list[list[str] | None]] = {}
        for group, states in case.health.get(path_of(backend["selfLink"]), {}).items():
            found.setdefault(_clusters(case, service, group), []).append(states)
        for clusters, groups in found.items():
            read = [each for each in groups if each is not None]
            whole = [state for each in read for state in each] if len(read) == len(groups) else None
            yield InPlace(service, backend, clusters, whole)


def check_of(case: Case, backend: wire.BackendService) -> Check:
    """The check of a backend service; of one that could not be read, the load balancer's own."""
    used = {path_of(each) for each in backend.get("healthChecks", [])}
    found = next((each for each in case.checks if path_of(each["selfLink"]) in used), None)
    if found is None:
        return Check("HTTP", "/", 0)
    kind = str(found.get("type", "HTTP"))
    key = {"HTTPS": "httpsHealthCheck", "HTTP2": "http2HealthCheck", "TCP": "tcpHealthCheck"}.get(kind)
    block = dict(found.items()).get(key or "httpHealthCheck")
    asked = block if isinstance(block, dict) else {}
    port = int(asked.get("port", 0)) if asked.get("portSpecification", FIXED) == FIXED else 0
    return Check(kind, str(asked.get("requestPath", "/")), port)


def _service(case: Case, backend: wire.BackendService) -> Service | None:
    """The environment's service behind a backend service, recognised by the beginning of its name."""
    for each in sorted(case.wanted.services, key=lambda one: -len(one.name)):
        if backend["name"].startswith(f"gkemcg1-{each.namespace}-{each.name}-{each.port}-"):
            return each
    return None


def _clusters(case: Case, service: Service, group: str) -> tuple[str, ...]:
    """The clusters that may have a group: those in its zone that export the service; none if it names no zone."""
    zone = group.partition("/zones/")[2].partition("/")[0]
    exporters = case.wanted.exporters(service) if zone else ()
    return tuple(each.name for each in exporters if Places.of(each.location).meet(zone))
