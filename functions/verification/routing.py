"""Which rule matches a request, in the order of the Gateway API, and which request matches a given rule.

Only the most specific hostname for a host counts, as in a URL map. The rules of all routes with that hostname are
tried in this order: exact paths, longer prefixes, methods, more headers, more query parameters, the older route, the
route's name, the rule's position [documented, HTTPRoute].
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from shared.json_types import Json
from shared.objects import KubeObject

ANY = "*"  # the hostname of a route or listener that names none


@dataclass(frozen=True)
class Candidate:
    """One match of one rule of a route, under one hostname (a name, `*.suffix` or ANY)."""

    route: str
    rule_index: int
    match_index: int
    created: str
    match: Json
    rule: Json = field(compare=False, hash=False, repr=False)

    @property
    def precedence(self) -> tuple[Any, ...]:
        """The sort key: the first candidate that matches wins."""
        match, path = self.match, self.match.get("path", {})
        return (
            path.get("type", "PathPrefix") != "Exact",
            -len(path.get("value", "/")),
            "method" not in match,
            -len(match.get("headers", [])),
            -len(match.get("queryParams", [])),
            self.created,
            self.route,
            self.rule_index,
            self.match_index,
        )

    @property
    def text(self) -> str:
        """`store-route[0] PathPrefix /west`, and its other conditions."""
        path = self.match.get("path", {})
        words = [f"{self.route}[{self.rule_index}]", path.get("type", "PathPrefix"), path.get("value", "/")]
        words += [self.match["method"]] if "method" in self.match else []
        words += [f"{each['name']}: {each['value']}" for each in self.match.get("headers", [])]
        words += [f"?{each['name']}={each['value']}" for each in self.match.get("queryParams", [])]
        return " ".join(words)


@dataclass(frozen=True)
class ProbeRequest:
    """A request: the parts that routing depends on."""

    host: str
    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """Path and query, as in the request line."""
        return f"{self.path}?{urlencode(self.query, quote_via=quote)}" if self.query else self.path


Table = Mapping[str, Sequence[Candidate]]  # hostname → its candidates, the first that matches wins


def table(routes: Iterable[KubeObject], listener: Json) -> Table:
    """The routing table of a listener: every match of every rule by hostname, in order of precedence."""
    found: dict[str, list[Candidate]] = {}
    for route in routes:
        for hostname in _hostnames(route, listener):
            found.setdefault(hostname, []).extend(_candidates(route))
    return {name: sorted(each, key=lambda one: one.precedence) for name, each in found.items()}


def first_match(rules: Table, request: ProbeRequest) -> Candidate | None:
    """The candidate that serves a request, or None."""
    hostname = most_specific(rules, request.host)
    return next((each for each in rules.get(hostname, ()) if _matches(each.match, request)), None)


def most_specific(hostnames: Iterable[str], host: str) -> str:
    """The hostname that a host is served under: its own before wildcards, a longer wildcard before a shorter."""
    fitting = [each for each in hostnames if covers(each, host)]
    return max(fitting, key=lambda each: (each == host, len(each)), default="")


def covers(hostname: str, host: str) -> bool:
    """Whether a hostname takes in a host; `*.example.com` stands for one label or more [documented]."""
    if hostname in (ANY, host):
        return True
    return hostname.startswith("*.") and host.removeprefix("*").endswith(hostname[1:])


def request_for(
    rules: Table, hostname: str, wanted: Candidate, fallback: str
) -> ProbeRequest | Candidate | None:
    """A request that `wanted` serves under `hostname`; or else the candidate that takes all of its requests.

    `fallback` is the host to send if any host matches. None: no value was found for a regular expression.
    """
    host = _host(rules, hostname, fallback)
    headers = _values(wanted.match.get("headers", []))
    query = _values(wanted.match.get("queryParams", []))
    if headers is None or query is None:
        return None
    covering: Candidate | None = None
    for path in _paths(wanted.match.get("path", {}), rules[hostname]):
        request = ProbeRequest(host, path, wanted.match.get("method", "GET"), headers, query)
        found = first_match(rules, request)
        if found == wanted:
            return request
        covering = found or covering  # a candidate that matches the last path covers this one
    return covering


def _candidates(route: KubeObject) -> Iterator[Candidate]:
    meta = route["metadata"]
    for index, rule in enumerate(route["spec"].get("rules", [])):
        for match_index, match in enumerate(rule.get("matches") or [{}]):
            yield Candidate(meta["name"], index, match_index, meta.get("creationTimestamp", ""), match, rule)


def _hostnames(route: KubeObject, listener: Json) -> Iterator[str]:
    """The hostnames that route and listener share: of two overlapping ones the narrower."""
    own = listener.get("hostname") or ANY
    for each in dict.fromkeys(route["spec"].get("hostnames") or [ANY]):
        if covers(own, each):
            yield each
        elif covers(each, own):
            yield own


def _host(rules: Table, hostname: str, fallback: str) -> str:
    """A host for which `hostname` is the most specific one."""
    if hostname == ANY:
        return fallback
    if not hostname.startswith("*."):
        return hostname
    tries = (f"{label}{hostname[1:]}" for label in _labels())
    return next(each for each in tries if most_specific(rules, each) == hostname)


def _labels() -> Iterator[str]:
    yield "any"
    number = 0
    while True:
        number += 1
        yield f"any-{number}"


def _paths(path: Json, others: Sequence[Candidate]) -> Iterator[str]:
    """Paths that a match covers, the simplest first; of the last path, no other match names the last segment."""
    value, kind = path.get("value", "/"), path.get("type", "PathPrefix")
    if kind == "RegularExpression":
        yield from filter(None, [_example(value)])
        return
    yield value
    if kind == "PathPrefix":
        below = value.rstrip("/")
        named = {
            segment for each in others for segment in each.match.get("path", {}).get("value", "").split("/")
        }
        yield f"{below}/"
        yield f"{below}/{next(label for label in _labels() if label not in named)}"


def _values(matches: Iterable[Json]) -> dict[str, str] | None:
    """Name → a value that matches; None if no value is found for a regular expression."""
    found: dict[str, str] = {}
    for each in matches:
        value = each["value"] if each.get("type", "Exact") == "Exact" else _example(each["value"])
        if value is None:
            return None
        found[each["name"]] = value
    return found


def _example(expression: str) -> str | None:
    """A value that matches a regular expression, if a simple one does."""
    bare = re.sub(r"[\^$()?*+\\]|\[[^\]]*\]|\{[^}]*\}", "", expression)
    tries = (bare, *bare.split("|"), "1", "a", "true", "any", "a1", "A", bare.replace(".", "a"))
    return next((each for each in tries if each and _fits(expression, each)), None)


def _fits(expression: str, value: str) -> bool:
    try:
        return re.fullmatch(expression, value) is not None
    except re.error:
        return False


def _matches(match: Json, request: ProbeRequest) -> bool:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return (
        _path_matches(match.get("path", {}), request.path)
        and match.get("method", request.method) == request.method
        and all(_value_matches(each, headers.get(each["name"].lower())) for each in match.get("headers", []))
        and all(
            _value_matches(each, request.query.get(each["name"])) for each in match.get("queryParams", [])
        )
    )


def _path_matches(path: Json, requested: str) -> bool:
    """A prefix covers whole segments: `/west` matches `/west` and `/west/…`, not `/western` [documented]."""
    value, kind = path.get("value", "/"), path.get("type", "PathPrefix")
    if kind == "Exact":
        return bool(requested == value)
    if kind == "RegularExpression":
        return _fits(value, requested)
    return bool(f"{requested.rstrip('/')}/".startswith(f"{value.rstrip('/')}/"))


def _value_matches(match: Json, value: str | None) -> bool:
    if value is None:
        return False
    if match.get("type", "Exact") == "RegularExpression":
        return _fits(match["value"], value)
    return bool(value == match["value"])
