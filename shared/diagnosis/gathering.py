"""Gathering a case: one list a kind, nothing twice, and no client library: it runs in the verification function.

A refusal ends only what it refuses. It is kept, because it may be the very cause that is looked for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from shared import errors
from shared.diagnosis.case import Case, InCluster
from shared.gateway.names import GATEWAY_CLASS
from shared.google import compute, gkehub, projects, serviceusage, wire
from shared.google.cluster_reader import ClusterReader
from shared.google.container import Cluster, clusters
from shared.google.session import Session
from shared.objects import KubeObject

if TYPE_CHECKING:
    from shared.spec import Environment

Value = TypeVar("Value")

EVERYWHERE = ("Deployment", "Pod", "Service", "ServiceExport")
IN_CONFIG = ("Gateway", "HTTPRoute", "HealthCheckPolicy", "ServiceImport")
IMPORTER_SPACE = "gke-mcs"


def gather(session: Session, wanted: Environment, since: float = 0.0) -> Case:
    """Look at everything that a rule may ask about. Operations count that began at `since` or later, unix seconds."""
    look, project = _Look(session), wanted.project
    every: list[Cluster] = look.at(partial(clusters, session, project), [])
    keys = {(each.name, each.location) for each in wanted.clusters}
    ours = [each for each in every if each.key in keys]
    backends = [
        each for each in look.rows(partial(compute.backend_services, session, project)) if _is_part(each)
    ]
    return Case(
        wanted,
        number=look.at(partial(projects.number, session, project), ""),
        clusters={each.name: each for each in ours},
        features=look.at(partial(gkehub.features, session, project), {}),
        policy=look.at(partial(projects.policy, session, project), wire.Policy()),
        networks=look.rows(partial(_network, session, wanted)),
        subnetworks=look.rows(partial(compute.subnetworks, session, project)),
        addresses=look.rows(partial(compute.every_address, session, project)),
        firewalls=look.known(partial(compute.firewalls, session, project)),
        backends=backends,
        checks=look.rows(partial(compute.health_checks, session, project)),
        health={compute.path_of(each["selfLink"]): _health(look, each) for each in backends},
        failures=look.rows(partial(_failures, session, project, since)),
        disabled=look.at(partial(serviceusage.lacking, session, project), ()),
        inside={each.name: _inside(look, wanted, each) for each in ours if each.is_reachable},
        refusals=tuple(look.refusals),
        account=session.account if look.is_denied else "",
    )


class _Look:
    """Reads, and keeps what is refused."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.refusals: list[errors.ApiError] = []

    @property
    def is_denied(self) -> bool:
        """Whether anything was refused for want of a permission."""
        return any(isinstance(each, errors.PermissionDenied) for each in self.refusals)

    def at(self, read: Callable[[], Value], otherwise: Value) -> Value:
        """What `read` gives, or `otherwise` where it is refused."""
        try:
            return read()
        except errors.ApiError as refusal:
            self.refusals.append(refusal)
            return otherwise

    def rows(self, read: Callable[[], list[Value]]) -> list[Value]:
        """A list, or an empty one where it is refused."""
        return self.at(read, [])

    def known(self, read: Callable[[], list[Value] | None]) -> list[Value] | None:
        """A list, or None where it is refused: rules must not take that for an empty one."""
        return self.at(read, None)


def _is_part(backend: wire.BackendService) -> bool:
    return bool(backend["name"].startswith("gkemcg1-"))


def _network(session: Session, wanted: Environment) -> list[wire.Network]:
    found = compute.network(session, wanted.project, wanted.network)
    return [found] if found else []


def _failures(session: Session, project: str, since: float) -> list[wire.Operation]:
    """Inserts that failed."""
    return [
        each
        for each in compute.inserts(session, project)
        if compute.failure_of(each) and compute.unix(each["insertTime"]) >= since
    ]


def _health(look: _Look, backend: wire.BackendService) -> dict[str, list[str]]:
    """States of the endpoints, by network endpoint group."""
    path = compute.path_of(backend["selfLink"])
    groups = [each["group"] for each in backend.get("backends", [])]
    return {
        compute.path_of(group): look.at(partial(compute.health, look.session, path, group), [])
        for group in groups
    }


def _inside(look: _Look, wanted: Environment, cluster: Cluster) -> InCluster:
    api = ClusterReader(look.session, cluster)
    kinds = EVERYWHERE + (IN_CONFIG if cluster.name == wanted.config_cluster else ())
    places = [(kind, space) for kind in kinds for space in wanted.namespaces]
    places += [("Pod", IMPORTER_SPACE)]
    objects: dict[str, list[KubeObject] | None] = {}
    for kind, space in places:
        found = look.known(partial(api.list, kind, space))
        if found is None or objects.get(kind, []) is None:
            objects[kind] = None
        else:
            objects[kind] = [*(objects.get(kind) or []), *found]
    if cluster.name == wanted.config_cluster:
        objects["GatewayClass"] = look.known(partial(_gateway_class, api))
    return InCluster(objects)


def _gateway_class(api: ClusterReader) -> list[KubeObject]:
    found = api.get("GatewayClass", "", GATEWAY_CLASS)
    return [found] if found else []
