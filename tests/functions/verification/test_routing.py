"""Which rule a request meets, and requests made to meet one: tables, and a property over random routes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.verification.routing import (
    ANY,
    Candidate,
    ProbeRequest,
    Table,
    covers,
    first_match,
    request_for,
    table,
)

Json = dict[str, Any]

HTTP = {"name": "http", "port": 80}
VIP = "10.138.0.5"


def route(
    *rules: Json, name: str = "r", hostnames: tuple[str, ...] = (), created: str = "2026-01-05"
) -> Json:
    spec: Json = {"rules": list(rules)} | ({"hostnames": list(hostnames)} if hostnames else {})
    return {"metadata": {"name": name, "namespace": "store", "creationTimestamp": created}, "spec": spec}


def rule(value: str = "/", kind: str = "PathPrefix", **match: Any) -> Json:
    return {"matches": [{"path": {"type": kind, "value": value}, **match}]}


def header(name: str, value: str, **kind: str) -> Json:
    return {"name": name, "value": value, **kind}


def requests(rules: Table, hostname: str = ANY) -> list[ProbeRequest | Candidate | None]:
    """A request for each candidate of a hostname, by route and rule."""
    ordered = sorted(rules[hostname], key=lambda each: (each.route, each.rule_index, each.match_index))
    return [request_for(rules, hostname, each, VIP) for each in ordered]


class TestWhoIsMet:
    @pytest.mark.parametrize(
        ("path", "index"),
        [("/west", 0), ("/west/shoes", 0), ("/western", 2), ("/", 2), ("/exact", 1), ("/exact/", 2)],
    )
    def test_prefixes_are_by_whole_segments(self, path: str, index: int) -> None:
        """As the Gateway API says."""
        rules = table([route(rule("/west"), rule("/exact", "Exact"), rule())], HTTP)
        found = first_match(rules, ProbeRequest(VIP, path))

        assert found is not None
        assert found.rule_index == index

    def test_the_more_demanding_match_comes_first(self) -> None:
        """Exact, longer prefix, method, more headers, more parameters; then age, name and place."""
        one, two = header("a", "1"), header("b", "2")
        demanding = [
            rule("/x", "Exact"),
            rule("/xy"),
            rule("/x", method="POST"),
            rule("/x", headers=[one, two]),
            rule("/x", headers=[one], queryParams=[two]),
            rule("/x", headers=[one]),
            rule("/x"),
        ]
        rules = table([route(*reversed(demanding))], HTTP)

        assert [each.match for each in rules[ANY]] == [each["matches"][0] for each in demanding]

    def test_the_older_route_comes_first(self) -> None:
        """Then the name decides."""
        routes = [route(rule(), name=n, created=t) for n, t in [("a", "2026"), ("c", "2025"), ("b", "2025")]]

        assert [each.route for each in table(routes, HTTP)[ANY]] == ["b", "c", "a"]

    def test_the_most_specific_hostname_alone_counts(self) -> None:
        """A path that it does not serve is not looked for under a wider one."""
        routes = [route(rule("/a"), hostnames=("a.b.c",)), route(rule(), name="wide", hostnames=("*.b.c",))]
        rules = table(routes, HTTP)

        assert first_match(rules, ProbeRequest("a.b.c", "/other")) is None
        assert (first_match(rules, ProbeRequest("x.b.c", "/other")) or rules["a.b.c"][0]).route == "wide"

    def test_listener_and_route_have_the_narrower_hostname_in_common(self) -> None:
        """Or nothing."""
        routes = [route(rule(), hostnames=("*.b.c", "x.y"))]

        assert set(table(routes, HTTP | {"hostname": "a.b.c"})) == {"a.b.c"}
        assert set(table([route(rule())], HTTP | {"hostname": "*.b.c"})) == {"*.b.c"}
        assert covers("*.b.c", "b.c") is False


class TestRequests:
    def test_the_plainest_path_is_asked_for(self) -> None:
        """Applications answer their own prefix more likely than anything below it."""
        rules = table(
            [route(rule("/west"), rule("/east"), rule(), hostnames=("store.example.internal",))], HTTP
        )

        assert [
            each and each.target
            for each in requests(rules, "store.example.internal")
            if isinstance(each, ProbeRequest)
        ] == [
            "/west",
            "/east",
            "/",
        ]

    def test_a_prefix_that_an_exact_path_covers_is_asked_below(self) -> None:
        """The bare path and the one with a slash are taken."""
        rules = table([route(rule("/a"), rule("/a", "Exact"), rule("/a/", "Exact"), rule("/a/any"))], HTTP)
        asked = requests(rules)[0]

        assert isinstance(asked, ProbeRequest)
        assert asked.path == "/a/any-1"

    def test_headers_and_parameters_are_sent(self) -> None:
        """And quoted."""
        match: Json = {"headers": [header("x-channel", "beta")], "queryParams": [header("q", "a b&c")]}
        asked = requests(table([route(rule("/r", **match)), route(rule(), name="s")], HTTP))[0]

        assert isinstance(asked, ProbeRequest)
        assert (asked.headers, asked.target) == ({"x-channel": "beta"}, "/r?q=a%20b%26c")

    @pytest.mark.parametrize("expression", ["beta.*", "^(alpha|beta)$", "[0-9]+", "v1\\.2", "true|false"])
    def test_a_plain_value_is_found_for_an_expression(self, expression: str) -> None:
        """Not for every one: what is not found is told."""
        match: Json = {"headers": [header("x", expression, type="RegularExpression")]}

        assert isinstance(requests(table([route(rule(**match))], HTTP))[0], ProbeRequest)

    def test_no_value_is_told(self) -> None:
        """Rather than a request that misses."""
        match: Json = {"headers": [header("x", "(?=q)z", type="RegularExpression")]}

        assert requests(table([route(rule(**match))], HTTP)) == [None]

    def test_what_another_rule_takes_is_told(self) -> None:
        """The same match in an older route comes before it, whatever is sent."""
        routes = [
            route(rule("/a"), name="new", created="2026"),
            route(rule("/a"), name="old", created="2025"),
        ]
        before = requests(table(routes, HTTP))[0]

        assert isinstance(before, Candidate)
        assert before.text == "old[0] PathPrefix /a"

    def test_a_wildcard_gets_a_name_that_no_narrower_one_serves(self) -> None:
        """And without a hostname the address itself is the host."""
        routes = [route(rule(), hostnames=("*.b.c", "any.b.c")), route(rule(), name="s")]
        rules = table(routes, HTTP)
        hosts = [
            each.host
            for name in ("*.b.c", "any.b.c", ANY)
            for each in requests(rules, name)
            if isinstance(each, ProbeRequest)
        ]

        assert hosts == ["any-1.b.c", "any.b.c", VIP]


_segment = st.sampled_from(["a", "b", "any", "any-1"])
_path = st.lists(_segment, max_size=3).map(lambda parts: "/" + "/".join(parts))
_named = st.dictionaries(st.sampled_from(["x", "y"]), st.sampled_from(["1", "2"]), max_size=2).map(
    lambda found: [header(*each) for each in found.items()]
)
_match = st.builds(
    lambda kind, value, headers, params, method: {
        "path": {"type": kind, "value": value},
        **({"headers": headers} if headers else {}),
        **({"queryParams": params} if params else {}),
        **({"method": method} if method else {}),
    },
    st.sampled_from(["PathPrefix", "PathPrefix", "Exact"]),
    _path,
    _named,
    _named,
    st.sampled_from([None, None, None, "GET", "POST"]),
)
_rule = st.builds(lambda matches: {"matches": matches}, st.lists(_match, min_size=1, max_size=3))
_hosts = st.sampled_from([(), ("a.b",), ("*.b",), ("*.b", "any.b"), ("*.a.b",)])
_route = st.builds(
    lambda rules, hosts, age: (rules, hosts, f"202{age}"),
    st.lists(_rule, min_size=1, max_size=4),
    _hosts,
    st.integers(0, 2),
)


@given(st.lists(_route, min_size=1, max_size=3))
def test_a_request_meets_its_own_match_and_none_before_it(drawn: list[Any]) -> None:
    """And where there is none, what stands in its way does take every request that the match takes."""
    routes = [
        route(*rules, name=f"r{n}", hostnames=hosts, created=age)
        for n, (rules, hosts, age) in enumerate(drawn)
    ]
    rules = table(routes, HTTP)
    for hostname, candidates in rules.items():
        for candidate in candidates:
            asked = request_for(rules, hostname, candidate, VIP)
            if isinstance(asked, ProbeRequest):
                assert first_match(rules, asked) == candidate
            else:
                assert asked is not None
                assert candidates.index(asked) < candidates.index(candidate)
                assert covering(asked.match, candidate.match)


def covering(before: Json, after: Json) -> bool:
    """Whether `before` is met by a plain request for `after`: its path covers, and it asks for nothing more."""
    named = [
        {(one["name"], one["value"]) for each in ("headers", "queryParams") for one in match.get(each, [])}
        for match in (before, after)
    ]
    return named[0] <= named[1] and before.get("method", "GET") == after.get("method", "GET")
