"""Which requests of our routes a route of somebody else's takes, on the same Gateway. Pure.

Routes of one Gateway share its addresses. Of a request, the most specific hostname decides, then the most specific
match; of two that are equally specific the older route, then the one whose name sorts first [documented: HTTPRoute,
spec.hostnames and spec.rules.matches]. So a route that names the same hostname and match, and was there before, takes
all of ours; a more specific one takes a part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shared.json_types import Json
from shared.objects import KubeObject

ANY = "*"  # the hostname of a route that names none
_CONDITIONS = ("headers", "queryParams")


@dataclass(frozen=True)
class Takeover:
    """One match of one of our routes, and the foreign route that takes its requests: all (`whole`), or a part."""

    route: str
    foreign: str
    requests: str
    whole: bool


def takeovers(
    ours: Iterable[KubeObject], foreign: Iterable[KubeObject], gateway: str, namespace: str
) -> list[Takeover]:
    """What the foreign routes that name the Gateway as their parent take, wholly taken matches first."""
    theirs = [each for each in foreign if _names(each, gateway, namespace)]
    found = {one for our in ours for their in theirs for one in _taken(our, their)}
    whole = {(each.route, each.foreign, each.requests) for each in found if each.whole}
    kept = [each for each in found if each.whole or (each.route, each.foreign, each.requests) not in whole]
    return sorted(kept, key=lambda each: (not each.whole, each.route, each.foreign, each.requests))


def cause(namespace: str, foreign: str, cluster: str, taken: Iterable[Takeover]) -> str:
    """Whose route takes which requests of ours."""
    what = ", ".join(f"{each.route} ({each.requests})" for each in taken)
    return (
        f"HTTPRoute {namespace}/{foreign} in cluster {cluster} is not this environment's, and takes the requests of"
        f" {what}: of two equal matches the older route's counts."
    )


def _names(route: KubeObject, gateway: str, namespace: str) -> bool:
    own = route["metadata"].get("namespace")
    return any(
        each.get("name") == gateway
        and (each.get("namespace") or own) == namespace
        and each.get("kind", "Gateway") == "Gateway"
        for each in route.get("spec", {}).get("parentRefs") or ()
    )


def _taken(ours: KubeObject, theirs: KubeObject) -> Iterator[Takeover]:
    names = ours["metadata"]["name"], theirs["metadata"]["name"]
    for our in _hostnames(ours):
        for their in _hostnames(theirs):
            if our == their:
                for mine, other in _pairs(ours, theirs):
                    equal = _same(mine, other)
                    if (equal and _precedes(theirs, ours)) or (not equal and _within(other, mine)):
                        yield Takeover(*names, _text(our, mine), equal)
            elif _covers(our, their):
                yield Takeover(*names, f"host {their}", False)


def _pairs(ours: KubeObject, theirs: KubeObject) -> Iterator[tuple[Json, Json]]:
    yield from ((mine, other) for mine in _matches(ours) for other in _matches(theirs))


def _hostnames(route: KubeObject) -> list[str]:
    return list(dict.fromkeys(route.get("spec", {}).get("hostnames") or [ANY]))


def _matches(route: KubeObject) -> Iterator[Json]:
    """The matches of all rules; a rule without any takes every path [documented]."""
    for rule in route.get("spec", {}).get("rules") or [{}]:
        yield from rule.get("matches") or [{}]


def _covers(wide: str, narrow: str) -> bool:
    """Whether a wildcard takes in another hostname: `*` of a route without hostnames, or `*.example.com`."""
    if wide == ANY:
        return True
    return wide.startswith("*.") and narrow.removeprefix("*").endswith(wide[1:])


def _precedes(one: KubeObject, other: KubeObject) -> bool:
    """Whether `one` is the older; a route that is yet to be made is the youngest."""
    stamps = [each["metadata"].get("creationTimestamp") or "9" for each in (one, other)]
    return (stamps[0], one["metadata"]["name"]) < (stamps[1], other["metadata"]["name"])


def _path(match: Json) -> tuple[str, str]:
    path = match.get("path") or {}
    return path.get("type", "PathPrefix"), path.get("value", "/")


def _conditions(match: Json) -> set[tuple[str, str, str, str]]:
    """Method, headers and query parameters, each as (where, type, name, value)."""
    found = {
        (
            where,
            each.get("type", "Exact"),
            each["name"].lower() if where == "headers" else each["name"],
            each["value"],
        )
        for where in _CONDITIONS
        for each in match.get(where) or ()
    }
    return found | ({("method", "", "", match["method"])} if match.get("method") else set())


def _same(mine: Json, other: Json) -> bool:
    return _path(mine) == _path(other) and _conditions(mine) == _conditions(other)


def _within(other: Json, mine: Json) -> bool:
    """Whether the other match is narrower: each of its requests is one of mine. An expression may be anything."""
    (wide_type, wide), (kind, narrow) = _path(mine), _path(other)
    if not _conditions(mine) <= _conditions(other):
        return False
    if wide_type != "PathPrefix" or kind == "RegularExpression":
        return (wide_type, wide) == (kind, narrow)
    return f"{narrow.rstrip('/')}/".startswith(f"{wide.rstrip('/')}/")


def _text(hostname: str, match: Json) -> str:
    kind, value = _path(match)
    host = "any host" if hostname == ANY else hostname
    return " ".join([host, kind, value, *sorted(" ".join(filter(None, each)) for each in _conditions(match))])
