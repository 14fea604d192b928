"""What traffic is expected, by what is in the config cluster: the spec is not asked.

Each VIP × each hostname × each match of each attached route's rules → a request, the clusters that may answer it
(those that the imports list), and the ones that should, because they are in the VIP's own region
[documented: a cross-region internal load balancer prefers healthy backends in the region that it is reached in].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from functions.verification.routing import Asked, Candidate, request_for, table
from shared.gateway.status import Vip, is_attached
from shared.json_types import Json
from shared.objects import KubeObject

ImportName = tuple[str, str]  # an import's namespace and name


@dataclass(frozen=True)
class Member:
    """A cluster of the fleet: `locations/L/memberships/M`, name and region."""

    key: str
    name: str
    region: str


@dataclass(frozen=True)
class RoutingState:
    """What the expectation is derived from. `imports` are by namespace and name."""

    gateway: KubeObject
    routes: tuple[KubeObject, ...]
    imports: Mapping[ImportName, KubeObject]
    members: tuple[Member, ...]
    vips: tuple[Vip, ...]


@dataclass(frozen=True)
class Row:
    """One request to send to one VIP, and what should come of it. Without `asked` it cannot be sent: see `note`.

    `expected` are clusters, `preferred` those of them in the VIP's region; `redirect` is the filter that answers
    in place of a backend.
    """

    vip: Vip
    port: int
    hostname: str
    rule: str
    asked: Asked | None
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
                    rules[hostname], key=lambda each: (each.route, each.index, each.place)
                ):
                    wanted = request_for(rules, hostname, candidate, vip.address)
                    yield _row(state, vip, listener["port"], hostname, candidate, wanted)


def _row(
    state: RoutingState,
    vip: Vip,
    port: int,
    hostname: str,
    candidate: Candidate,
    wanted: Asked | Candidate | None,
) -> Row:
    if not isinstance(wanted, Asked):
        note = f"not sent: {wanted.text} comes before it" if wanted else "no value found for its expression"
        return Row(vip, port, hostname, candidate.text, None, note=note)
    filters = candidate.rule.get("filters", [])
    redirect = next((each["requestRedirect"] for each in filters if each["type"] == "RequestRedirect"), None)
    expected, preferred = _clusters(state, vip, candidate.rule)
    prefix = candidate.match.get("path", {}).get("value", "/")
    return Row(vip, port, hostname, candidate.text, wanted, expected, preferred, redirect, prefix=prefix)


def _clusters(state: RoutingState, vip: Vip, rule: Json) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who may answer, and who should.

    Weights choose the backend first, the region then chooses among its clusters: so with several backends the
    local clusters of each should answer, or all of one that has none here.
    """
    own = state.gateway["metadata"]["namespace"]
    used = [each for each in rule.get("backendRefs", []) if each.get("weight", 1) > 0]
    sets = [_members(state, (each.get("namespace", own), each["name"])) for each in used]
    local = [[each for each in members if each.region == vip.region] for members in sets]
    should = [near or members for near, members in zip(local, sets, strict=True)] if any(local) else []
    return _names(state, sets), _names(state, should)


def _members(state: RoutingState, place: ImportName) -> list[Member]:
    listed = state.imports.get(place, {}).get("status", {}).get("clusters", [])
    keys = {each["cluster"].partition("/locations/")[2] for each in listed}
    return [each for each in state.members if each.key in keys]


def _names(state: RoutingState, sets: Iterable[Iterable[Member]]) -> tuple[str, ...]:
    found = {each for members in sets for each in members}
    return tuple(each.name for each in state.members if each in found)
