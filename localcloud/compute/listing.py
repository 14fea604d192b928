"""Lists: filter, order, pages; one scope at a time or all of them at once."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

from localcloud.compute.filters import compile_filter
from localcloud.compute.names import scope_of, url
from localcloud.faults.outages import OUTAGES, Outages, unavailable
from localcloud.regions import all_zones, regions
from localcloud.service import Call
from localcloud.wire.discovery import document
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.messages import Json
from localcloud.wire.validation import is_count

Named = tuple[str, Json]
MOST = 500  # items on a page, and the default [documented]
ZONAL = ("networkEndpointGroups", "operations")  # of the kinds that are here, those that may be in a zone
NEWEST_FIRST = "creationTimestamp desc"  # the only other order than by name [documented]


def listed(call: Call, kind: str, parent: str, items: Iterable[Named]) -> Json:
    """A list answer of `kind` (`compute#subnetworkList`); `items` is left out when it is empty [observed]."""
    page, token = _page(call, kind.removesuffix("List"), items)
    answer: Json = {"kind": kind, "id": parent, "selfLink": url(parent)}
    return answer | ({"items": [item for _, item in page]} if page else {}) | token


def aggregated(call: Call, kind: str, noun: str, collection: str, items: Iterable[Named]) -> Json:
    """An aggregated list: every scope is there, an empty one with a warning [observed].

    One that cannot be reached has a warning, too [documented: its code; gcloud reads it there], and is named among
    `unreachables` [documented; the form of the name is inferred].

    Raises:
        Refused: UNAVAILABLE, such a scope, and the call does not take `returnPartialSuccess` [documented: the
            parameter, "Opt-in for partial success behavior", and the method, "To prevent failure"].
    """
    lost = _unreachable(call.world[OUTAGES], collection)
    if lost and not call.flag("returnPartialSuccess"):
        raise unavailable()
    seen = [(name, item) for name, item in items if scope_of(name) not in lost]
    page, token = _page(call, f"compute#{noun}", seen)
    scopes: dict[str, Json] = {scope: _nothing(scope) for scope in _scopes()}
    scopes |= {scope: _lost(scope) for scope in lost}
    for name, item in page:
        scopes[scope_of(name)] = {collection: [*scopes[scope_of(name)].get(collection, []), item]}
    parent = f"projects/{call.project}/aggregated/{collection}"
    named = {"unreachables": lost} if lost else {}
    return {"kind": kind, "id": parent, "items": scopes, "selfLink": url(parent)} | named | token


def _scopes() -> list[str]:
    return ["global", *(f"regions/{r}" for r in regions()), *(f"zones/{z}" for z in all_zones())]


def _unreachable(outages: Outages, collection: str) -> list[str]:
    """The scopes of a list that cannot be reached: regions, and zones of what can be in a zone [documented: only
    scopes of types where the resource is expected to be found matter]."""
    zones = outages.zones if collection in ZONAL else []
    return [*(f"regions/{each}" for each in outages.regions), *(f"zones/{each}" for each in zones)]


def _nothing(scope: str) -> Json:
    return _warning("NO_RESULTS_ON_PAGE", scope, f"No results for the scope '{scope}'.")


def _lost(scope: str) -> Json:
    """Google's words for it are [inferred]."""
    return _warning("UNREACHABLE", scope, f"The scope '{scope}' cannot be reached.")


def _warning(code: str, scope: str, words: str) -> Json:
    return {"warning": {"code": code, "message": words, "data": [{"key": "scope", "value": scope}]}}


def _page(call: Call, kind: str, items: Iterable[Named]) -> tuple[list[Named], Json]:
    test = compile_filter(call.query("filter"), _fields(kind))
    rows = sorted(((name, item) for name, item in items if test(item)), key=lambda row: row[0])
    if order := call.query("orderBy"):
        rows = _ordered(order, rows)
    start, size = _start(call), _size(call)
    more = len(rows) > start + size
    token = base64.b64encode(f"{start + size}".encode()).decode()
    return rows[start : start + size], {"nextPageToken": token} if more else {}


def _fields(kind: str) -> set[str]:
    noun = kind.removeprefix("compute#")
    return set(document("compute", "v1").schemas[noun[0].upper() + noun[1:]]["properties"])


def _ordered(order: str, rows: list[Named]) -> list[Named]:
    if order in ("name", "name asc"):
        return sorted(rows, key=lambda row: str(row[1]["name"]))
    if order == NEWEST_FIRST:
        return sorted(rows, key=_created, reverse=True)
    raise _refused("orderBy", order)


def _created(row: Named) -> str:
    return str(row[1].get("creationTimestamp") or row[1].get("insertTime", ""))


def _size(call: Call) -> int:
    text = call.query("maxResults", str(MOST))
    if not is_count(text) or int(text) > MOST:
        raise _refused("maxResults", text)
    return int(text) or MOST


def _start(call: Call) -> int:
    token = call.query("pageToken")
    try:
        return int(base64.b64decode(token, validate=True)) if token else 0
    except (ValueError, binascii.Error):
        raise _refused("pageToken", token) from None


def _refused(field: str, value: str) -> Refused:
    return invalid(f"Invalid value for field '{field}': '{value}'.")
