"""HTTPRoutes as a URL map: every match of every rule becomes a route rule, its priority its precedence.

A hostname has one path matcher; within it the Gateway API's order decides, and no two rules are equal in it:
exact paths, then longer prefixes, then methods, more headers, more query parameters, the older route, the
route's name, the rule's place [documented].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.controllers.gateway.names import Ref, short_hash
from localcloud.wire.messages import Json

# Gives the URL of the backend service for a backendRef of a route in this namespace.
BackendUrl = Callable[[str, Json], str]


@dataclass(frozen=True)
class SyncedRoute:
    """A route as the load balancer is to have it: its rules, and its hostnames on one port."""

    ref: Ref
    created: str
    hostnames: tuple[str, ...]
    rules: tuple[Json, ...]


@dataclass(frozen=True)
class _Candidate:
    precedence: tuple[Any, ...]
    rule: Json


def path_matchers(routes: list[SyncedRoute], default_service: str, url: BackendUrl) -> Json:
    """`hostRules` and `pathMatchers` of a URL map; both are absent without routes."""
    by_host: dict[str, list[_Candidate]] = {}
    for route in routes:
        for hostname in route.hostnames:
            by_host.setdefault(hostname, []).extend(_candidates(route, url))
    if not by_host:
        return {}
    return {
        "hostRules": [{"hosts": [host], "pathMatcher": _matcher_name(host)} for host in sorted(by_host)],
        "pathMatchers": [
            {
                "name": _matcher_name(host),
                "defaultService": default_service,
                "routeRules": _prioritised(by_host[host]),
            }
            for host in sorted(by_host)
        ],
    }


def rule_owner(description: str) -> Ref:
    """The route that a route rule comes from: `/namespaces/NS/httproutes/NAME/rules/N`."""
    words = description.split("/")
    return Ref(words[2], words[4])


def _matcher_name(host: str) -> str:
    return f"host{short_hash(host)}"


def _prioritised(candidates: list[_Candidate]) -> list[Json]:
    ordered = sorted(candidates, key=lambda candidate: candidate.precedence)
    return [{"priority": n, **candidate.rule} for n, candidate in enumerate(ordered, 1)]


def _candidates(route: SyncedRoute, url: BackendUrl) -> Iterator[_Candidate]:
    for index, rule in enumerate(route.rules):
        action = _action(route, index, rule, url)
        for nth, match in enumerate(rule.get("matches") or [{}]):
            place = (route.created, str(route.ref), index, nth)
            yield _Candidate((*_precedence(match), *place), {**action, "matchRules": _match_rules(match)})


def _precedence(match: Json) -> tuple[int, ...]:
    """Smaller goes first."""
    path = match.get("path", {})
    exact = path.get("type", "PathPrefix") == "Exact"
    return (
        0 if exact else 1,
        -len(path.get("value", "/")),
        0 if match.get("method") else 1,
        -len(match.get("headers", [])),
        -len(match.get("queryParams", [])),
    )


def _match_rules(match: Json) -> list[Json]:
    """A path prefix is by whole segments: `/west` takes `/west` and `/west/…`, not `/western`."""
    others: Json = {}
    if match.get("headers"):
        others["headerMatches"] = [_named_match("headerName", one) for one in match["headers"]]
    if match.get("queryParams"):
        others["queryParameterMatches"] = [_named_match("name", one) for one in match["queryParams"]]
    return [{**path, **others} for path in _paths(match.get("path", {}))]


def _paths(path: Json) -> list[Json]:
    value = path.get("value", "/")
    if path.get("type", "PathPrefix") == "Exact":
        return [{"fullPathMatch": value}]
    bare = value.rstrip("/")
    return [{"fullPathMatch": bare}, {"prefixMatch": f"{bare}/"}] if bare else [{"prefixMatch": "/"}]


def _named_match(key: str, one: Json) -> Json:
    return {key: one["name"], "exactMatch": one["value"]}


def _action(route: SyncedRoute, index: int, rule: Json, url: BackendUrl) -> Json:
    filters: Mapping[str, Json] = {one["type"]: one for one in rule.get("filters", [])}
    described: Json = {
        "description": f"/namespaces/{route.ref.namespace}/httproutes/{route.ref.name}/rules/{index}"
    }
    if headers := _header_action(filters):
        described["headerAction"] = headers
    if "RequestRedirect" in filters:
        return {**described, "urlRedirect": _redirect(filters["RequestRedirect"]["requestRedirect"])}
    return {**described, "routeAction": _route_action(route.ref.namespace, rule, filters, url)}


def _route_action(namespace: str, rule: Json, filters: Mapping[str, Json], url: BackendUrl) -> Json:
    action: Json = {
        "weightedBackendServices": [
            _weighted(namespace, backend, url) for backend in rule.get("backendRefs", [])
        ]
    }
    if "URLRewrite" in filters:
        action["urlRewrite"] = _rewrite(filters["URLRewrite"]["urlRewrite"])
    if "RequestMirror" in filters:
        action["requestMirrorPolicy"] = _mirror(namespace, filters["RequestMirror"]["requestMirror"], url)
    return action


def _mirror(namespace: str, mirror: Json, url: BackendUrl) -> Json:
    """The share of copies as compute has it [inferred]."""
    policy: Json = {"backendService": url(namespace, mirror["backendRef"])}
    if "percent" in mirror:
        return {**policy, "mirrorPercent": float(mirror["percent"])}
    if "fraction" in mirror:
        whole = mirror["fraction"].get("denominator", 100)
        return {**policy, "mirrorPercent": 100 * mirror["fraction"]["numerator"] / whole}
    return policy


def _weighted(namespace: str, backend: Json, url: BackendUrl) -> Json:
    headers = _header_action({one["type"]: one for one in backend.get("filters", [])})
    weighted: Json = {"backendService": url(namespace, backend), "weight": backend.get("weight", 1)}
    return {**weighted, "headerAction": headers} if headers else weighted


def _header_action(filters: Mapping[str, Json]) -> Json:
    action: Json = {}
    for side in ("request", "response"):
        kind = f"{side.title()}HeaderModifier"
        changes = filters.get(kind, {}).get(f"{side}HeaderModifier", {})
        added = [_header(one, True) for one in changes.get("set", [])]
        added += [_header(one, False) for one in changes.get("add", [])]
        if added:
            action[f"{side}HeadersToAdd"] = added
        if changes.get("remove"):
            action[f"{side}HeadersToRemove"] = list(changes["remove"])
    return action


def _header(one: Json, replace: bool) -> Json:
    return {"headerName": one["name"], "headerValue": one["value"], "replace": replace}


def _rewrite(rewrite: Json) -> Json:
    found: Json = {}
    if rewrite.get("hostname"):
        found["hostRewrite"] = rewrite["hostname"]
    if "path" in rewrite:
        found["pathPrefixRewrite"] = rewrite["path"].get("replacePrefixMatch") or "/"
    return found


def _redirect(redirect: Json) -> Json:
    found: Json = {
        "redirectResponseCode": "FOUND"
        if redirect.get("statusCode", 302) == 302
        else "MOVED_PERMANENTLY_DEFAULT",
        "httpsRedirect": redirect.get("scheme") == "https",
    }
    path = redirect.get("path", {})
    options = {
        "hostRedirect": redirect.get("hostname"),
        "pathRedirect": path.get("replaceFullPath"),
        "prefixRedirect": path.get("replacePrefixMatch"),
    }
    return {**found, **{key: value for key, value in options.items() if value}}
