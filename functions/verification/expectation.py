"""Which traffic to expect, derived from the objects in the config cluster, not from the spec.

Each VIP × each hostname × each match of each attached route's rules → a request, the clusters that may answer it
(those that the imports list), and the ones that should, because they are in the VIP's own region
[documented: a cross-region internal load balancer prefers healthy backends in the region of its address].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from functions.verification.routing import Candidate, ProbeRequest, request_for, table
from shared.gateway.status import Vip, is_attached
from shared.json_types import Json
from shared.objects import KubeObject

ImportName = tuple[str, str]  # an import's namespace and name


@dataclass(frozen=True)
class FleetCluster:
    """A cluster of the fleet. `membership` is `L/memberships/M`, as imports name it after `/locations/`."""

    membership: str
    name: str
    region: str


@dataclass(frozen=True)
class RoutingState:
    """The objects that the expectation is derived from. `imports` are by namespace and name."""

    gateway: KubeObject
    routes: tuple[KubeObject, ...]
    imports: Mapping[ImportName, KubeObject]
    fleet: tuple[FleetCluster, ...]
    vips: tuple[Vip, ...]


@dataclass(frozen=True)
class Row:
    """One request to one VIP, and its expected answer. Without a `request` nothing can be sent: `note` says why.

    `expected` are the clusters that may answer, `preferred` those that should. `redirect` is the filter that answers
    instead of a backend.
    """

    vip: Vip
    port: int
    hostname: str
    rule: str
    request: ProbeRequest | None
    expected: tuple[str, ...] = ()
    preferred: tuple[str, ...] = ()
    redirect: Json | None = None
    note: str = ""
    prefix: str = field(default="", compare=False)


def rows(state: RoutingState) -> Iterator[Row]:
    """The whole matrix, VIP by VIP, in the order of listeners, hostnames, routes and rules."""
    meta = state.gateway["metadata"]
    attached = [each for each in state.routes if is_attached(each, meta["name"], meta["namespace"])]
    for vip in state.vips:
        for listener in state.gateway["spec"]["listeners"]:
            rules = table(attached, listener)
            for hostname in rules:
                for candidate in sorted(
                    rules[hostname], key=lambda each: (each.route, each.rule_index, each.match_index)
                ):
                    found = request_for(rules, hostname, candidate, vip.address)
                    yield _row(state, vip, listener["port"], hostname, candidate, found)


def _row(
    state: RoutingState,
    vip: Vip,
    port: int,
    hostname: str,
    candidate: Candidate,
    found: ProbeRequest | Candidate | None,
) -> Row:
    if not isinstance(found, ProbeRequest):
        note = f"not sent: {found.text} comes before it" if found else "no value found for its expression"
        return Row(vip, port, hostname, candidate.text, None, note=note)
    filters = candidate.rule.get("filters", [])
    redirect = next((each["requestRedirect"] for each in filters if each["type"] == "RequestRedirect"), None)
    expected, preferred = _clusters(state, vip, candidate.rule)
    prefix = candidate.match.get("path", {}).get("value", "/")
    return Row(vip, port, hostname, candidate.text, found, expected, preferred, redirect, prefix=prefix)


def _clusters(state: RoutingState, vip: Vip, rule: Json) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The clusters that may answer, and those that should.

    Weights choose the backend first; then the region chooses among its clusters. So the local clusters of each
    backend should answer; of a backend without local clusters, all.
    """
    own = state.gateway["metadata"]["namespace"]
    used = [each for each in rule.get("backendRefs", []) if each.get("weight", 1) > 0]
    sets = [_importing(state, (each.get("namespace", own), each["name"])) for each in used]
    local = [[each for each in members if each.region == vip.region] for members in sets]
    should = [near or members for near, members in zip(local, sets, strict=True)] if any(local) else []
    return _names(state, sets), _names(state, should)


def _importing(state: RoutingState, name: ImportName) -> list[FleetCluster]:
    listed = state.imports.get(name, {}).get("status", {}).get("clusters", [])
    listed_memberships = {each["cluster"].partition("/locations/")[2] for each in listed}
    return [each for each in state.fleet if each.membership in listed_memberships]


def _names(state: RoutingState, sets: Iterable[Iterable[FleetCluster]]) -> tuple[str, ...]:
    found = {each for members in sets for each in members}
    return tuple(each.name for each in state.fleet if each in found)
