"""Reconstructs a spec from resources labelled with its name.

A request that brings only a name (verify) can then be told why its traffic fails, by the same rules as a request
that brings a spec. The live objects tell most fields. What no object tells (ranges, the health check) gets the
default.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared import labels
from shared.gateway.objects import EPHEMERAL, NAMED, static_name
from shared.google.cluster_reader import ClusterReader, Door, doors
from shared.google.session import Session
from shared.objects import is_ours

if TYPE_CHECKING:
    from shared.spec import Environment
    from shared.step.message import Place

Json = dict[str, Any]
Name = tuple[str, str]  # namespace and name


@dataclass(frozen=True)
class MemberContents:
    """What a cluster of the fleet holds of the environment's."""

    door: Door
    exports: frozenset[Name]
    services: Mapping[Name, Json]


def reconstruct(session: Session, name: str, place: Place) -> Environment | None:
    """The environment of that name where its anchor says it is; None while no cluster that answers has its Gateway.

    Raises:
        ApiError: as the tree says.
    """
    from pydantic import ValidationError

    from shared.spec import (
        Environment,
    )  # slow to import, as pydantic is: most messages of this function need neither
    from shared.spec.defaults import with_defaults

    found = [each for each in doors(session, place.project).values() if each.membership]
    config = _config(session, name, place, found)
    if config is None:
        return None
    door, gateway = config
    document = _document(session, name, place, door, gateway, _members(session, name, door, found))
    try:
        return Environment.model_validate(with_defaults(document, place.project))
    except ValidationError:
        return None  # somebody made it what no spec describes


def _config(session: Session, name: str, place: Place, found: Iterable[Door]) -> tuple[Door, Json] | None:
    space, _, gateway = (place.gateway or "").partition("/")
    for door in (each for each in found if each.is_open and gateway):
        live = ClusterReader(session, door).get("Gateway", space, gateway)
        if live is not None and is_ours(live, name):
            return door, live
    return None


def _members(session: Session, name: str, config: Door, found: Iterable[Door]) -> list[MemberContents]:
    """The config cluster, and those that are ours or export something of ours."""
    every = [_member(session, name, each) for each in found]
    return [
        each
        for each in every
        if each.exports or each.door is config or labels.is_owned(each.door.labels, name)
    ]


def _member(session: Session, name: str, door: Door) -> MemberContents:
    if not door.is_open:
        return MemberContents(door, frozenset(), {})
    cluster, mark = ClusterReader(session, door), f"{labels.OWNER}={name}"
    exports = frozenset(_name(each) for each in cluster.everywhere("ServiceExport", mark) or [])
    spaces = sorted({space for space, _ in exports})
    lives = {_name(each): each for space in spaces for each in cluster.list("Service", space) or []}
    return MemberContents(door, exports, {key: lives[key] for key in exports if key in lives})


def _document(
    session: Session, name: str, place: Place, config: Door, gateway: Json, members: list[MemberContents]
) -> Json:
    routes = ClusterReader(session, config).everywhere("HTTPRoute", f"{labels.OWNER}={name}") or []
    return {
        "name": name,
        "project": place.project,
        "network": place.network,
        "subnetwork": place.subnetwork or _subnetwork(session, place.project, config),
        "clusters": [
            {
                "name": each.door.name,
                "location": each.door.location,
                "existing": not labels.is_owned(each.door.labels, name),
            }
            for each in members
        ],
        "configCluster": config.name,
        "sampleApp": False,
        "services": list(_services(name, members)),
        "gateway": _gateway(name, gateway),
        # The rules that matter are those in the cluster, and whoever diagnoses looks at them there.
        "routes": [{"name": each["metadata"]["name"], "rules": [{}]} for each in routes],
        "probe": {"identity": "none"},
    }


def _subnetwork(session: Session, project: str, config: Door) -> str:
    """That of the config cluster, where the anchor does not tell; every other is in one of the same name."""
    listed = session.get("container", f"v1/projects/{project}/locations/-/clusters").get("clusters", [])
    here = (config.name, config.location)
    return next(
        (each["subnetwork"] for each in listed if (each["name"], each["location"]) == here), "default"
    )


def _services(name: str, members: list[MemberContents]) -> Iterator[Json]:
    """What is exported. Where its Service is nowhere to be seen, nothing can be said of it."""
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
            "clusters": [each.door.name for each in members if key in each.exports],
        }


def _gateway(name: str, live: Json) -> Json:
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


def _name(live: Json) -> Name:
    return live["metadata"].get("namespace", ""), live["metadata"]["name"]
