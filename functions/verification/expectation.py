"""Which traffic to expect, derived from the objects in the config cluster, not from the spec.

Each VIP × each listener's port × each hostname × each match of each attached route's rules → a request, the backends
that it may meet, with their shares by weight, and for each of them the clusters that should answer.

The backend is drawn by weight first [documented: compute v1, WeightedBackendService]. Then the VIP's own region is
preferred: another one answers only if that has no healthy endpoint, or no room [documented: load balancing, service LB
policy, WATERFALL_BY_REGION, the algorithm where no other is set]. Which region is the next one is not documented, so of
a backend without clusters in the VIP's region those of any one region may answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from functions.verification.routing import Candidate, ProbeRequest, request_for, table
from shared.gateway.status import Vip, is_attached
from shared.json_types import Json
from shared.objects import KubeObject, is_ours

ImportName = tuple[str, str]  # an import's namespace and name


NO_ROUTE = "no route"  # the rule of a row about a listener that no route is attached to


@dataclass(frozen=True)
class FleetCluster:
    """A cluster of the fleet. `membership` is `L/memberships/M`, as imports name it after `/locations/`.

    `location` is its zone or region, `pod_range` the block that its Pods have addresses of; "" if they are not known.
    """

    membership: str
    name: str
    region: str
    location: str = ""
    pod_range: str = ""


@dataclass(frozen=True)
class Backend:
    """A backend that a rule may lead to: an import by its `namespace/name`, with its share of the rule's requests.

    `clusters` should answer for it. They are in one region, the VIP's if it has any there, or else in one of several
    (`is_far`) of which it is not known which answers.
    """

    name: str
    port: int
    share: float
    clusters: tuple[FleetCluster, ...]
    is_far: bool
    filters: tuple[Json, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class RoutingState:
    """The objects that the expectation is derived from. `imports` are by namespace and name.

    Of the routes, those of `owner` have rows; others' matter for what they take. Without an `owner` all have. `wanted`
    are the names of the clusters that the spec has a service export from, as far as a spec is known: an import may lack
    one of them for a while, and then its backends are not proven.
    """

    gateway: KubeObject
    routes: tuple[KubeObject, ...]
    imports: Mapping[ImportName, KubeObject]
    fleet: tuple[FleetCluster, ...]
    vips: tuple[Vip, ...]
    owner: str = ""
    wanted: Mapping[ImportName, frozenset[str]] = field(default_factory=dict)

    def has_rows(self, route: KubeObject) -> bool:
        """Whether what a route says is to be proven."""
        return not self.owner or is_ours(route, self.owner)


@dataclass(frozen=True)
class Row:
    """One request to one VIP, and its expected answer. Without a `request` nothing can be sent: `note` says why.

    `expected` are the clusters that may answer, `preferred` those that should. `redirect` is the filter that answers
    instead of a backend. A listener without routes has a row, too: its port answers 404.
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
    backends: tuple[Backend, ...] = ()
    filters: tuple[Json, ...] = field(default=(), compare=False)

    @property
    def place(self) -> tuple[str, int]:
        """Where it is sent: what is wrong with one request there is wrong with the others."""
        return self.vip.address, self.port


def rows(state: RoutingState) -> Iterator[Row]:
    """The whole matrix, VIP by VIP, in the order of listeners, hostnames, routes and rules."""
    meta = state.gateway["metadata"]
    attached = [each for each in state.routes if is_attached(each, meta["name"], meta["namespace"])]
    proven = {each["metadata"]["name"] for each in attached if state.has_rows(each)}
    for vip in state.vips:
        for listener in state.gateway["spec"]["listeners"]:
            rules = table(attached, listener)
            if not rules:
                yield _bare(vip, listener)
            for hostname in rules:
                for candidate in sorted(
                    rules[hostname], key=lambda each: (each.route, each.rule_index, each.match_index)
                ):
                    if candidate.route in proven:
                        found = request_for(rules, hostname, candidate, vip.address)
                        yield _row(state, vip, listener["port"], hostname, candidate, found)


def _bare(vip: Vip, listener: Json) -> Row:
    """The row of a listener that no route is attached to."""
    host = str(listener.get("hostname") or vip.address).replace("*", "any", 1)
    return Row(vip, listener["port"], host, NO_ROUTE, ProbeRequest(host, "/"))


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
    filters = tuple(candidate.rule.get("filters", []))
    redirect = next((each["requestRedirect"] for each in filters if each["type"] == "RequestRedirect"), None)
    expected, backends = _backends(state, vip, candidate.rule)
    near = any(each.region == vip.region for backend in backends for each in backend.clusters)
    preferred = _names(state, (each.clusters for each in backends)) if near else ()
    prefix = candidate.match.get("path", {}).get("value", "/")
    return Row(
        vip,
        port,
        hostname,
        candidate.text,
        found,
        expected,
        preferred,
        redirect,
        prefix=prefix,
        backends=() if redirect is not None else backends,
        filters=filters,
    )


def _backends(state: RoutingState, vip: Vip, rule: Json) -> tuple[tuple[str, ...], tuple[Backend, ...]]:
    """The clusters that may answer, and the backends that have a share."""
    own = state.gateway["metadata"]["namespace"]
    used = [each for each in rule.get("backendRefs", []) if each.get("weight", 1) > 0]
    total = sum(each.get("weight", 1) for each in used)
    sets = [_exporting(state, (each.get("namespace", own), each["name"])) for each in used]
    found = tuple(
        _backend(ref, own, ref.get("weight", 1) / total, vip, members)
        for ref, members in zip(used, sets, strict=True)
    )
    return _names(state, sets), found


def _backend(ref: Json, own: str, share: float, vip: Vip, members: list[FleetCluster]) -> Backend:
    near = [each for each in members if each.region == vip.region]
    is_far = not near and len({each.region for each in members}) > 1
    name = f"{ref.get('namespace', own)}/{ref['name']}"
    filters = tuple(ref.get("filters", []))
    return Backend(name, ref.get("port", 0), share, tuple(near or members), is_far, filters)


def _exporting(state: RoutingState, name: ImportName) -> list[FleetCluster]:
    """The clusters that an import lists, and those that the spec wants it to list."""
    listed = state.imports.get(name, {}).get("status", {}).get("clusters", [])
    listed_memberships = {each["cluster"].partition("/locations/")[2] for each in listed}
    wanted = state.wanted.get(name, frozenset())
    return [each for each in state.fleet if each.membership in listed_memberships or each.name in wanted]


def _names(state: RoutingState, sets: Iterable[Iterable[FleetCluster]]) -> tuple[str, ...]:
    found = {each for members in sets for each in members}
    return tuple(each.name for each in state.fleet if each in found)
