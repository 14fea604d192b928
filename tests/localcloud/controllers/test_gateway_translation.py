"""The pure half: hostnames, precedence, names, health checks."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.controllers.gateway.binding import covers, intersect
from localcloud.controllers.gateway.names import Ref, backend_name, described, owner, ownership, part_name
from localcloud.controllers.gateway.urlmap import SyncedRoute, path_matchers
from localcloud.dataplane.urlmap import Asked, rule_for
from localcloud.kubernetes.selectors import takes
from localcloud.wire.messages import Json
from tests.localcloud.controllers.gateways import backend

INTERSECTIONS = [
    ("", "", "*"),
    ("", "a.example.com", "a.example.com"),
    ("a.example.com", "", "a.example.com"),
    ("a.example.com", "a.example.com", "a.example.com"),
    ("*.example.com", "a.example.com", "a.example.com"),
    ("a.example.com", "*.example.com", "a.example.com"),
    ("*.example.com", "*.a.example.com", "*.a.example.com"),
    ("*.example.com", "example.com", ""),
    ("a.example.com", "b.example.com", ""),
    ("*.example.com", "*.example.org", ""),
]


@pytest.mark.parametrize(("listener", "route", "expected"), INTERSECTIONS)
def test_the_hostname_of_a_binding_is_what_both_take(listener: str, route: str, expected: str) -> None:
    """The Gateway API's table of intersections; a wildcard stands for one label or more."""
    assert intersect(listener, route) == expected


def test_an_intersection_is_covered_by_both_sides() -> None:
    """Whatever comes of two hostnames, neither of them would have refused it."""
    hosts = ["*", "example.com", "*.example.com", "a.example.com", "*.a.example.com", "b.a.example.com"]
    for listener, route in itertools.product(hosts, hosts):
        found = intersect(listener, route)
        assert found == intersect(route, listener)
        assert not found or (covers(listener, found) and covers(route, found))


SELECTORS: list[tuple[Json, bool]] = [
    ({}, True),
    ({"matchLabels": {"team": "a"}}, True),
    ({"matchLabels": {"team": "b"}}, False),
    ({"matchExpressions": [{"key": "team", "operator": "In", "values": ["a", "b"]}]}, True),
    ({"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["a"]}]}, False),
    ({"matchExpressions": [{"key": "stage", "operator": "Exists"}]}, False),
    ({"matchExpressions": [{"key": "stage", "operator": "DoesNotExist"}]}, True),
]


@pytest.mark.parametrize(("selector", "expected"), SELECTORS)
def test_namespaces_are_selected_by_label(selector: Json, expected: bool) -> None:
    """All terms have to hold."""
    assert takes(selector, {"team": "a"}) is expected


def test_names_fit_and_are_told_apart_by_their_hash() -> None:
    """At most 63 characters, whatever the namespace and the name are."""
    long = Ref("n" * 40, "g" * 60)
    names = {part_name(long, "rule", region) for region in ("us-west1", "us-east1")}

    assert len(names) == 2
    assert {len(name) for name in names} == {63}
    assert backend_name(Ref("store", "store"), 8080).startswith("gkemcg1-store-store-8080-")


def test_a_description_proves_whose_a_part_is() -> None:
    """Only a description of this form counts, and only a Gateway's owns."""
    cluster, ref = "projects/p/locations/us-west1/clusters/c", Ref("store", "gw")
    text = ownership(cluster, "gateways", ref)

    assert described(text) == (cluster, "gateways", ref)
    assert owner(text) == ref
    assert owner(ownership(cluster, "serviceimports", ref)) is None
    assert [owner(other) for other in ("", "hello", "{}", "[]", '{"k8sResource": 1}')] == [None] * 5


def test_precedence_is_the_gateway_apis() -> None:
    """Exact, longer prefix, more headers, more parameters, older, by name, by place."""
    header = [{"name": "a", "value": "1"}]
    matches = [
        {"path": {"type": "Exact", "value": "/a"}},
        {"path": {"type": "PathPrefix", "value": "/a/b/c"}},
        {"path": {"type": "PathPrefix", "value": "/a"}, "headers": header, "queryParams": header},
        {"path": {"type": "PathPrefix", "value": "/a"}, "headers": header},
        {"path": {"type": "PathPrefix", "value": "/a"}, "queryParams": header},
        {"path": {"type": "PathPrefix", "value": "/a"}},
        {},
    ]
    shuffled = list(enumerate(matches))
    random.Random(1).shuffle(shuffled)
    rules = [{"matches": [match], "backendRefs": [backend(f"b{index}")]} for index, match in shuffled]

    assert _order([_route("r", rules)]) == [f"b{index}" for index in range(len(matches))]


def test_between_equals_the_older_route_wins_then_the_name_then_the_place() -> None:
    """So no two rules are ever equal."""
    one = [{"backendRefs": [backend("first")]}, {"backendRefs": [backend("second")]}]
    routes = [
        _route("b", [{"backendRefs": [backend("b")]}]),
        _route("a", one),
        _route("z", [{"backendRefs": [backend("old")]}], created="2025-01-01T00:00:00Z"),
    ]

    assert _order(routes) == ["old", "first", "second", "b"]


PATHS = st.sampled_from(["/", "/a", "/a/b", "/ab", "/b", "/a/b/c", "/c/"])
MATCHES = st.fixed_dictionaries(
    {"path": st.fixed_dictionaries({"type": st.sampled_from(["Exact", "PathPrefix"]), "value": PATHS})},
    optional={"headers": st.just([{"name": "X-Env", "value": "canary"}])},
)
RULES = st.lists(st.lists(MATCHES, min_size=1, max_size=2), min_size=1, max_size=5)


@settings(max_examples=150, deadline=None)
@given(RULES, st.sampled_from(["/", "/a", "/a/", "/a/b", "/ab", "/abc", "/b/x", "/zzz"]), st.booleans())
def test_the_url_map_chooses_what_the_gateway_api_would(
    rules: list[list[Json]], path: str, canary: bool
) -> None:
    """The first rule by priority is the best match by the specification; no match is no rule."""
    written = [{"matches": found, "backendRefs": [backend(f"b{n}")]} for n, found in enumerate(rules)]
    url_map = path_matchers([_route("r", written)], "default", lambda namespace, ref: str(ref["name"]))
    headers = {"x-env": "canary"} if canary else {}
    chosen = rule_for(url_map, Asked("GET", "any.example.com", path, headers))

    fitting = [
        (_rank(match), n) for n, found in enumerate(rules) for match in found if _fits(match, path, canary)
    ]
    if not fitting:
        assert chosen is None
    else:
        assert chosen is not None
        assert chosen["routeAction"]["weightedBackendServices"][0]["backendService"] == f"b{min(fitting)[1]}"


def test_priorities_are_a_total_order() -> None:
    """Every rule of a path matcher has a priority of its own."""
    rules = [{"backendRefs": [backend("x")]} for _ in range(5)]
    url_map = path_matchers([_route("a", rules), _route("b", rules)], "default", lambda ns, ref: "x")

    assert [rule["priority"] for rule in url_map["pathMatchers"][0]["routeRules"]] == list(range(1, 11))


def _route(name: str, rules: list[Json], created: str = "2026-01-01T00:00:00Z") -> SyncedRoute:
    return SyncedRoute(Ref("store", name), created, ("*",), tuple(rules))


def _order(routes: list[SyncedRoute]) -> list[str]:
    url_map = path_matchers(routes, "default", lambda namespace, ref: str(ref["name"]))
    rules = url_map["pathMatchers"][0]["routeRules"]
    return [rule["routeAction"]["weightedBackendServices"][0]["backendService"] for rule in rules]


def _rank(match: Json) -> tuple[bool, int, int]:
    path = match["path"]
    return path["type"] != "Exact", -len(path["value"]), -len(match.get("headers", []))


def _fits(match: Json, path: str, canary: bool) -> bool:
    wanted, kind = match["path"]["value"], match["path"]["type"]
    if match.get("headers") and not canary:
        return False
    if kind == "Exact":
        return bool(path == wanted)
    segments = [part for part in wanted.split("/") if part]
    return path.split("/")[1 : len(segments) + 1] == segments
