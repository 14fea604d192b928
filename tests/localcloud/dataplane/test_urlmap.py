"""Which rule of a URL map a request meets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.dataplane.urlmap import Asked, matched_prefix, rule_for
from localcloud.wire.messages import Json


def url_map(**rules_by_host: list[Json]) -> Json:
    """A URL map with a path matcher a host; `_` in a name stands for a dot, `any` for `*`, `wild` for `*.`."""
    hosts = {_host(name): rules for name, rules in rules_by_host.items()}
    return {
        "hostRules": [{"hosts": [host], "pathMatcher": f"m{n}"} for n, host in enumerate(hosts)],
        "pathMatchers": [{"name": f"m{n}", "routeRules": rules} for n, rules in enumerate(hosts.values())],
    }


def rule(name: str, priority: int = 1, **match: Any) -> Json:
    return {"description": name, "priority": priority, "matchRules": [match or {"prefixMatch": "/"}]}


def met(found: Json, asked: Asked) -> str | None:
    chosen = rule_for(found, asked)
    return None if chosen is None else str(chosen["description"])


HOSTS = [
    ("shop.example.com", "literal"),
    ("SHOP.example.com".lower(), "literal"),
    ("api.example.com", "wildcard"),
    ("v1.api.example.com", "longer"),
    ("example.com", "any"),
    ("example.org", "any"),
]


@pytest.mark.parametrize(("host", "expected"), HOSTS)
def test_the_most_specific_host_wins(host: str, expected: str) -> None:
    """A literal one, then the longest wildcard, then `*`; a wildcard does not take the bare domain."""
    found = url_map(
        any=[rule("any")],
        wild_example_com=[rule("wildcard")],
        shop_example_com=[rule("literal")],
        wild_api_example_com=[rule("longer")],
    )

    assert met(found, Asked("GET", host, "/")) == expected


def test_a_host_that_no_rule_has_gets_the_default_service() -> None:
    """There is no falling through to another host's rules."""
    found = url_map(shop_example_com=[rule("a", prefixMatch="/a")])

    assert met(found, Asked("GET", "other.example.com", "/a")) is None
    assert met(found, Asked("GET", "shop.example.com", "/b")) is None


HEADER, QUERY = {"headerName": "X-Env"}, {"name": "q"}
MATCHES: list[tuple[Json, Asked, bool]] = [
    ({"fullPathMatch": "/a"}, Asked("GET", "h", "/a"), True),
    ({"fullPathMatch": "/a"}, Asked("GET", "h", "/a/"), False),
    ({"prefixMatch": "/a/"}, Asked("GET", "h", "/a/b"), True),
    ({"prefixMatch": "/a/"}, Asked("GET", "h", "/a"), False),
    ({"prefixMatch": "/A/", "ignoreCase": True}, Asked("GET", "h", "/a/b"), True),
    ({"regexMatch": "/v[0-9]+/.*"}, Asked("GET", "h", "/v12/x"), True),
    ({"regexMatch": "/v[0-9]+"}, Asked("GET", "h", "/v12/x"), False),
    ({"headerMatches": [{**HEADER, "exactMatch": "a"}]}, Asked("GET", "h", "/", {"x-env": "a"}), True),
    ({"headerMatches": [{**HEADER, "exactMatch": "a"}]}, Asked("GET", "h", "/", {"x-env": "b"}), False),
    ({"headerMatches": [{**HEADER, "exactMatch": "a"}]}, Asked("GET", "h", "/"), False),
    ({"headerMatches": [{**HEADER, "presentMatch": True}]}, Asked("GET", "h", "/", {"x-env": ""}), True),
    ({"headerMatches": [{**HEADER, "presentMatch": True, "invertMatch": True}]}, Asked("GET", "h", "/"), True),
    ({"headerMatches": [{**HEADER, "regexMatch": "a+"}]}, Asked("GET", "h", "/", {"x-env": "aa"}), True),
    ({"headerMatches": [{**HEADER, "prefixMatch": "a"}]}, Asked("GET", "h", "/", {"x-env": "ab"}), True),
    ({"headerMatches": [{**HEADER, "suffixMatch": "a"}]}, Asked("GET", "h", "/", {"x-env": "ab"}), False),
    ({"headerMatches": [{"headerName": ":method", "exactMatch": "POST"}]}, Asked("POST", "h", "/"), True),
    ({"queryParameterMatches": [{**QUERY, "exactMatch": "1"}]}, Asked("GET", "h", "/", {}, {"q": ["1"]}), True),
    ({"queryParameterMatches": [{**QUERY, "exactMatch": "2"}]}, Asked("GET", "h", "/", {}, {"q": ["1", "2"]}), False),
    ({"queryParameterMatches": [{**QUERY, "presentMatch": True}]}, Asked("GET", "h", "/"), False),
]  # fmt: skip


@pytest.mark.parametrize(("match", "asked", "expected"), MATCHES)
def test_a_match_rule_is_all_of_its_conditions(match: Json, asked: Asked, expected: bool) -> None:
    """Path, headers and query parameters, in every form that compute has."""
    assert (met(url_map(any=[rule("it", **match)]), asked) == "it") is expected


@given(st.permutations([1, 2, 3, 4, 5]))
def test_the_lowest_priority_number_wins_whatever_the_order(order: list[int]) -> None:
    """Rules are tried by priority, not by place."""
    found = url_map(any=[rule(f"r{n}", n) for n in order])

    assert met(found, Asked("GET", "h", "/")) == "r1"


@given(st.text(alphabet="ab/", max_size=8).map(lambda text: f"/{text}"))
def test_a_request_that_no_rule_takes_meets_none(path: str) -> None:
    """Only what begins with /a/ is taken here."""
    found = url_map(any=[rule("a", prefixMatch="/a/")])

    assert (met(found, Asked("GET", "h", path)) == "a") is path.startswith("/a/")


def test_the_matched_prefix_is_the_one_of_the_match_that_held() -> None:
    """It is what a rewrite replaces."""
    both = {"priority": 1, "matchRules": [{"fullPathMatch": "/a"}, {"prefixMatch": "/a/"}]}

    assert matched_prefix(both, Asked("GET", "h", "/a")) == "/a"
    assert matched_prefix(both, Asked("GET", "h", "/a/b")) == "/a"


def _host(name: str) -> str:
    return "*" if name == "any" else name.replace("wild_", "*.").replace("_", ".")
