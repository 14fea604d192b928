"""What an answer shows of a rule's filters, and what it cannot show.

Headers of the answer are seen. Headers of the request and the host that the backend got are seen if the backend tells
them: the sample app whereami has the fields `host_header` and, if it is asked to, `headers` [documented: its README].
What a mirror answers is dropped [documented: compute v1, RequestMirrorPolicy]. What is not seen is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from functions.verification.expectation import Row
from shared.json_types import Json

# Headers that proxies set themselves, whatever a filter does to them [documented: Envoy, HTTP header manipulation].
OF_PROXIES = {"via", "server", "date", "connection", "content-length", "transfer-encoding", "host"}


@dataclass(frozen=True)
class Told:
    """What an answer says of filters: its own headers by lower-case name, and what the backend tells it got (None: it
    does not)."""

    headers: Mapping[str, str] = field(default_factory=dict)
    request_headers: Mapping[str, str] | None = None
    host: str | None = None


def told(headers: Mapping[str, str], document: object) -> Told:
    """What an answer with these headers and this JSON body says."""
    fields = document if isinstance(document, dict) else {}
    echoed, host = fields.get("headers"), fields.get("host_header")
    return Told(
        {name.lower(): value for name, value in headers.items()},
        {str(name).lower(): str(value) for name, value in echoed.items()}
        if isinstance(echoed, dict)
        else None,
        host if isinstance(host, str) else None,
    )


def wrong_filter(row: Row, cluster: str | None, answer: Told) -> str:
    """The first thing that a filter says and the answer denies; "" if nothing is."""
    if row.request is None:
        return ""
    inner = _own_filters(row, cluster)
    sides = [("response", answer.headers)]
    sides += [("request", answer.request_headers)] if answer.request_headers is not None else []
    for side, headers in sides:
        later = _touched(row.filters, side)
        for each in [*_wishes(row.filters, side, set()), *_wishes(inner, side, later)]:
            if fault := each.fault(headers):
                return f"{fault} in the {side}"
    host = _rewritten_host(row.filters)
    if host and answer.host is not None and answer.host.split(":")[0] != host:
        return f"the backend got the host {answer.host[:100]}, not {host}"
    return ""


def unseen_filters(row: Row, answer: Told) -> Iterator[str]:
    """A sentence about each filter of which nothing is seen."""
    refs = [one for each in row.backends for one in each.filters]
    for each in (*row.filters, *refs):
        kind = each["type"]
        if kind == "RequestMirror":
            ref = each["requestMirror"]["backendRef"]
            yield f"RequestMirror to {ref['name']}: what a mirror answers is dropped, so that nothing of it is seen"
        elif kind == "RequestHeaderModifier" and answer.request_headers is None:
            yield "RequestHeaderModifier: answers do not tell which headers the backend got"
        elif kind == "URLRewrite":
            yield from _unseen_rewrite(each["urlRewrite"], answer)
    if any(each["type"] == "ResponseHeaderModifier" for each in refs) and not _tells_apart(row):
        yield "ResponseHeaderModifier of a backend: answers do not tell which of the backends they come from"


def _unseen_rewrite(rewrite: Json, answer: Told) -> Iterator[str]:
    if rewrite.get("hostname") and answer.host is None:
        yield "URLRewrite of the host: answers do not tell which host the backend got"
    if rewrite.get("path"):
        yield "URLRewrite of the path: answers do not tell which path the backend got"


@dataclass(frozen=True)
class _Wish:
    """A header that is to be there with a value, among others if it is `added`; or that is to be gone."""

    name: str
    value: str | None
    added: bool = False

    def fault(self, headers: Mapping[str, str]) -> str:
        found = headers.get(self.name.lower())
        if self.value is None:
            return "" if found is None else f"the header {self.name} is still there"
        values = [each.strip() for each in (found or "").split(",")]
        is_there = self.value in values if self.added else found == self.value
        return (
            "" if is_there or found == self.value else f"the header {self.name} is not {self.value[:100]!r}"
        )


def _wishes(filters: Iterable[Json], side: str, skipped: set[str]) -> Iterator[_Wish]:
    """What filters say of one side's headers, but for those that are `skipped`. A value with a variable in braces is
    made by the proxy [documented: load balancing, custom headers], and not compared."""
    for each in filters:
        block = each.get(f"{side}HeaderModifier", {})
        more = {one["name"].lower() for one in block.get("add", [])}
        every = [
            *(_Wish(one["name"], one["value"], one["name"].lower() in more) for one in block.get("set", [])),
            *(_Wish(one["name"], one["value"], added=True) for one in block.get("add", [])),
            *(_Wish(name, None) for name in block.get("remove", [])),
        ]
        for wish in every:
            is_plain = wish.value is None or "{" not in wish.value
            if is_plain and wish.name.lower() not in OF_PROXIES | skipped:
                yield wish


def _touched(filters: Iterable[Json], side: str) -> set[str]:
    """The headers that the rule's own filters change after those of a backend."""
    return {wish.name.lower() for wish in _wishes(filters, side, set())}


def _own_filters(row: Row, cluster: str | None) -> tuple[Json, ...]:
    """The filters of the backend that an answer of `cluster` comes from, if only one can be meant."""
    meant = [each for each in row.backends if cluster in {one.name for one in each.clusters}]
    return meant[0].filters if len(meant) == 1 else ()


def _tells_apart(row: Row) -> bool:
    names = [one.name for each in row.backends for one in each.clusters]
    return len(names) == len(set(names))


def _rewritten_host(filters: Iterable[Json]) -> str:
    found = (each["urlRewrite"].get("hostname") for each in filters if each["type"] == "URLRewrite")
    return next((each for each in found if each), "")
