"""Gathers a case: one list a kind, nothing twice, and without a client library: it runs in the verification function.

A refused read does not stop the others. The refusal is kept, because it may be the cause.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from shared import errors
from shared.diagnosis.case import NO_POLICY, Case, InCluster
from shared.gateway.names import GATEWAY_CLASS
from shared.google import compute, gkehub, projects, serviceusage
from shared.google.cluster_reader import ClusterReader
from shared.google.container import Cluster, clusters, places_of
from shared.google.lists import Listing, Places
from shared.google.session import Session
from shared.objects import KubeObject

if TYPE_CHECKING:
    from shared.google import wire
    from shared.spec import Environment

Value = TypeVar("Value")

EVERYWHERE = ("Deployment", "Pod", "Service", "ServiceExport")
IN_CONFIG = ("Gateway", "HTTPRoute", "HealthCheckPolicy", "ServiceImport")
IMPORTER_SPACE = "gke-mcs"


def gather(session: Session, wanted: Environment, since: float = 0.0) -> Case:
    """Read everything that a rule may need, and the operations that began at `since` or later (unix seconds)."""
    reader, project = _Reader(session), wanted.project
    places = Places.of(*wanted.proxy_regions)
    every = reader.listed("clusters", partial(clusters, session, project), places_of(wanted.clusters))
    keys = {(each.name, each.location) for each in wanted.clusters}
    ours = [each for each in every if each.key in keys]
    backends = [
        each
        for each in reader.listed("backends", partial(compute.backend_services, session, project), places)
        if _is_part(each)
    ]
    return Case(
        wanted,
        number=reader.read(partial(projects.number, session, project), ""),
        clusters={each.name: each for each in ours},
        features=reader.read(partial(gkehub.features, session, project), {}),
        policy=reader.read(partial(projects.policy, session, project), NO_POLICY),
        networks=reader.rows(partial(_network, session, wanted)),
        subnetworks=reader.listed("subnetworks", partial(compute.subnetworks, session, project), places),
        addresses=reader.listed("addresses", partial(compute.every_address, session, project), places),
        firewalls=reader.rows_or_none(partial(compute.firewalls, session, project)),
        backends=backends,
        checks=reader.listed("checks", partial(compute.health_checks, session, project), places),
        health={compute.path_of(each["selfLink"]): _health(reader, each) for each in backends},
        failures=_failures(reader, project, places, since),
        disabled=reader.read(partial(serviceusage.lacking, session, project), ()),
        inside={each.name: _inside(reader, wanted, each) for each in ours if each.is_reachable},
        refusals=tuple(reader.refusals),
        account=session.account if reader.is_denied else "",
        holes=reader.holes,
    )


class _Reader:
    """Reads, and collects refusals, and the places that lists left out."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.refusals: list[errors.ApiError] = []
        self.holes: dict[str, tuple[str, ...]] = {}

    @property
    def is_denied(self) -> bool:
        """Whether a read was refused because of a missing permission."""
        return any(isinstance(each, errors.PermissionDenied) for each in self.refusals)

    def read(self, call: Callable[[], Value], default: Value) -> Value:
        """The result of `call`, or `default` if it is refused."""
        try:
            return call()
        except errors.ApiError as refusal:
            self.refusals.append(refusal)
            return default

    def rows(self, call: Callable[[], list[Value]]) -> list[Value]:
        """A list, or an empty one if it is refused."""
        return self.read(call, [])

    def listed(self, field: str, call: Callable[[], Listing[Value]], places: Places) -> list[Value]:
        """A list of many places for a field of the case, as far as it could be read."""
        nothing: Listing[Value] = Listing("", "", [])
        found = self.read(call, nothing)
        if hidden := found.hidden(places):
            self.holes[field] = hidden
        return found.seen()

    def rows_or_none(self, call: Callable[[], list[Value] | None]) -> list[Value] | None:
        """A list, or None if it is refused: for rules that must tell this from an empty list."""
        return self.read(call, None)


def _is_part(backend: wire.BackendService) -> bool:
    return bool(backend["name"].startswith("gkemcg1-"))


def _network(session: Session, wanted: Environment) -> list[wire.Network]:
    found = compute.network(session, wanted.project, wanted.network)
    return [found] if found else []


def _failures(reader: _Reader, project: str, places: Places, since: float) -> list[wire.Operation]:
    """Inserts that failed."""
    found = reader.listed("failures", partial(compute.inserts, reader.session, project), places)
    return [each for each in found if compute.failure_of(each) and compute.unix(each["insertTime"]) >= since]


def _health(reader: _Reader, backend: wire.BackendService) -> dict[str, list[str] | None]:
    """States of the endpoints, by network endpoint group."""
    path = compute.path_of(backend["selfLink"])
    groups = [each["group"] for each in backend.get("backends", [])]
    return {
        compute.path_of(group): reader.rows_or_none(partial(compute.health, reader.session, path, group))
        for group in groups
    }


def _inside(reader: _Reader, wanted: Environment, cluster: Cluster) -> InCluster:
    api = ClusterReader(reader.session, cluster)
    kinds = EVERYWHERE + (IN_CONFIG if cluster.name == wanted.config_cluster else ())
    places = [(kind, space) for kind in kinds for space in wanted.namespaces]
    places += [("Pod", IMPORTER_SPACE)]
    objects: dict[str, list[KubeObject] | None] = {}
    for kind, space in places:
        found = reader.rows_or_none(partial(api.list, kind, space))
        if found is None or objects.get(kind, []) is None:
            objects[kind] = None
        else:
            objects[kind] = [*(objects.get(kind) or []), *found]
    if cluster.name == wanted.config_cluster:
        objects["GatewayClass"] = reader.rows_or_none(partial(_gateway_class, api))
    return InCluster(objects)


def _gateway_class(api: ClusterReader) -> list[KubeObject]:
    found = api.get("GatewayClass", "", GATEWAY_CLASS)
    return [found] if found else []
