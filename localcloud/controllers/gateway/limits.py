"""What this class of Gateway refuses of an HTTPRoute that the Gateway API itself would allow: GWCER104.

Timeouts, paths that are regular expressions, methods, a redirect's port and ReplaceFullPath are refused
[observed: kserve/kserve#5313 and #5319, GoogleCloudPlatform/gke-gateway-api#54, public deployment notes];
the rest, and the words where none are known, follow the table of GatewayClass capabilities [inferred:
cloud.google.com/kubernetes-engine/docs/how-to/gatewayclass-capabilities]. Headers and query parameters are among
that rest: a URL map of this scheme may have regular expressions [documented, compute HttpHeaderMatch], the controller
is not known to write any.
"""

from __future__ import annotations

from collections.abc import Iterator

from localcloud.wire.messages import Json

_FILTERS = {
    "RequestHeaderModifier",
    "ResponseHeaderModifier",
    "RequestRedirect",
    "URLRewrite",
    "RequestMirror",
}
_BACKEND_FILTERS = {"RequestHeaderModifier", "ResponseHeaderModifier"}


def misconfiguration(route: Json) -> str:
    """What is wrong with a route for this class, or ""; the first fault, as the controller stops at it."""
    rules = route.get("spec", {}).get("rules", [])
    return next((fault for rule in rules for fault in _faults(rule)), "")


def _faults(rule: Json) -> Iterator[str]:
    if rule.get("timeouts"):
        yield "Timeouts are not supported."
    for field in ("retry", "sessionPersistence"):
        if rule.get(field):
            yield f"{field} is not supported."
    for match in rule.get("matches", []):
        yield from _match_faults(match)
    for one in rule.get("filters", []):
        yield from _filter_faults(one, _FILTERS)
    for backend in rule.get("backendRefs", []):
        for one in backend.get("filters", []):
            yield from _filter_faults(one, _BACKEND_FILTERS)


def _match_faults(match: Json) -> Iterator[str]:
    path = match.get("path", {})
    if path.get("type") == "RegularExpression":
        value = path.get("value", "/")
        starts = value.startswith("/")
        yield (
            "Path match type RegularExpression is not supported."
            if starts
            else f"Paths must start with a '/' character \"{value}\""
        )
    if match.get("method"):
        yield "Method matches are not supported."
    for kind in ("headers", "queryParams"):
        if any(one.get("type", "Exact") != "Exact" for one in match.get(kind, [])):
            yield f"Only Exact matches of {kind} are supported."


def _filter_faults(one: Json, allowed: set[str]) -> Iterator[str]:
    if one["type"] not in allowed:
        yield f"Filter type {one['type']} is not supported here."
    if one.get("requestRedirect", {}).get("port"):
        yield "Port redirects are not supported."
    if one.get("urlRewrite", {}).get("path", {}).get("type") == "ReplaceFullPath":
        yield "ReplaceFullPath is not supported in a URLRewrite filter."
