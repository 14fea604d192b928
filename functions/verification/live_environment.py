"""Reconstructs a spec from resources labelled with its name.

The diagnosis rules need a spec, and a verify request has only a name. The live objects have most fields. The others
(ranges, the health check) get their defaults.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared import labels
from shared.gateway.names import EPHEMERAL, NAMED, static_name
from shared.google.cluster_reader import ClusterReader
from shared.google.container import Cluster, clusters
from shared.google.session import Session
from shared.google.side_by_side import side_by_side
from shared.json_types import Json
from shared.objects import KubeObject, is_ours

if TYPE_CHECKING:
    from shared.spec import Environment
    from shared.step.message import Place

Name = tuple[str, str]  # namespace and name


@dataclass(frozen=True)
class MemberContents:
    """The environment's exports in a cluster of the fleet, and their Services."""

    cluster: Cluster
    exports: frozenset[Name]
    services: Mapping[Name, KubeObject]


def reconstruct(session: Session, name: str, place: Place) -> Environment | None:
    """The environment of that name, where its anchor says it is; None if no reachable cluster has its Gateway."""
    from pydantic import ValidationError

    from shared.spec import Environment  # slow to import, as pydantic is: most messages need neither
    from shared.spec.defaults import with_defaults

    found = [each for each in clusters(session, place.project).seen() if each.membership]
    found_gateway = find_gateway(session, name, place, found)
    if found_gateway is None:
        return None
    config, gateway = found_gateway
    document = _document(session, name, place, config, gateway, _members(session, name, config, found))
    try:
        return Environment.model_validate(with_defaults(document, place.project))
    except ValidationError:
        return None  # somebody changed it so that no spec describes it


def find_gateway(
    session: Session, name: str, place: Place, fleet: Iterable[Cluster]
) -> tuple[Cluster, KubeObject] | None:
    """The environment's Gateway, and the cluster that has it: the first reachable one of `fleet`."""
    space, _, gateway = (place.gateway or "").partition("/")
    for cluster in (each for each in fleet if each.is_reachable and gateway):
        live = ClusterReader(session, cluster).get("Gateway", space, gateway)
        if live is not None and is_ours(live, name):
            return cluster, live
    return None


def _members(session: Session, name: str, config: Cluster, found: Iterable[Cluster]) -> list[MemberContents]:
    """The config cluster, clusters that we own, and clusters with exports of ours."""
    every = side_by_side(session, found, lambda each: _member(session, name, each))
    return [
        each
        for each in every
        if each.exports or each.cluster is config or labels.is_owned(each.cluster.labels, name)
    ]


def _member(session: Session, name: str, cluster: Cluster) -> MemberContents:
    if not cluster.is_reachable:
        return MemberContents(cluster, frozenset(), {})
    api, mark = ClusterReader(session, cluster), f"{labels.OWNER}={name}"
    exports = frozenset(_name(each) for each in api.everywhere("ServiceExport", mark) or [])
    spaces = sorted({space for space, _ in exports})
    lives = {_name(each): each for space in spaces for each in api.list("Service", space) or []}
    return MemberContents(cluster, exports, {key: lives[key] for key in exports if key in lives})


def _document(
    session: Session,
    name: str,
    place: Place,
    config: Cluster,
    gateway: KubeObject,
    members: list[MemberContents],
) -> Json:
    routes = ClusterReader(session, config).everywhere("HTTPRoute", f"{labels.OWNER}={name}") or []
    return {
        "name": name,
        "project": place.project,
        "network": place.network,
        # If the anchor does not say: every other cluster is in a subnetwork of the same name.
        "subnetwork": place.subnetwork or config.subnetwork,
        "clusters": [
            {
                "name": each.cluster.name,
                "location": each.cluster.location,
                "existing": not labels.is_owned(each.cluster.labels, name),
            }
            for each in members
        ],
        "configCluster": config.name,
        "sampleApp": False,
        "services": list(_services(name, members)),
        "gateway": _gateway(name, gateway),
        # The diagnosis reads the rules in the cluster.
        "routes": [{"name": each["metadata"]["name"], "rules": [{}]} for each in routes],
        "probe": {"identity": "none"},
    }


def _services(name: str, members: list[MemberContents]) -> Iterator[Json]:
    """The exported services. An export without any Service is left out: its port is unknown."""
    for key in sorted({each for member in members for each in member.exports}):
        lives = [each.services[key] for each in members if key in each.services]
        if not lives:
            continue
        port = lives[0]["spec"]["ports"][0]
        yield {
            "name": key[1],
            "namespace": key[0],
            "port": port["port"],
            **({"targetPort": port["targetPort"]} if isinstance(port.get("targetPort"), int) else {}),
            **({"selector": lives[0]["spec"].get("selector")} if is_ours(lives[0], name) else {}),
            "clusters": [each.cluster.name for each in members if key in each.exports],
        }


def _gateway(name: str, live: KubeObject) -> Json:
    spec = live["spec"]
    named: dict[str, str] = {}
    regions: list[str] = []
    for each in spec.get("addresses", []):
        if each.get("type") == NAMED:
            _, region, _, address = each["value"].split("/")
            named[region] = address
            regions.append(region)
        else:
            regions.append(each.get("type", "").removeprefix(EPHEMERAL))
    ours = bool(named) and all(static_name(name, region) == address for region, address in named.items())
    keys = ("name", "protocol", "port", "hostname")
    return {
        "name": live["metadata"]["name"],
        "namespace": live["metadata"]["namespace"],
        "regions": regions,
        "addresses": "static" if ours else named or "ephemeral",
        "listeners": [{key: each[key] for key in keys if key in each} for each in spec.get("listeners", [])],
    }


def _name(live: KubeObject) -> Name:
    return live["metadata"].get("namespace", ""), live["metadata"]["name"]
