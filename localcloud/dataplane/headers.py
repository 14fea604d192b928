"""What a URL map does to headers on the way to a backend and back.

The actions of the chosen backend service come before those of the rule [documented: compute v1,
WeightedBackendService.headerAction]. A header is replaced or added beside what is there [documented: HttpHeaderOption];
added values stand in one field, separated by commas [documented: RFC 9110, 5.3].
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping

from localcloud.wire.messages import Json, Response


def as_sent(headers: Mapping[str, str], actions: Iterable[Json]) -> dict[str, str]:
    """The headers (lower case) that the backend gets."""
    found = dict(headers)
    for action in actions:
        _change(found, action.get("requestHeadersToRemove", []), action.get("requestHeadersToAdd", []))
    return found


def with_answers_headers(response: Response, actions: Iterable[Json]) -> Response:
    """The backend's answer as the client gets it."""
    for action in actions:
        removed, added = action.get("responseHeadersToRemove", []), action.get("responseHeadersToAdd", [])
        _change(response.headers, removed, added)
    response.headers["via"] = "1.1 google"
    return response


def _change(headers: MutableMapping[str, str], removed: Iterable[str], added: Iterable[Json]) -> None:
    for name in removed:
        headers.pop(name.lower(), None)
    for one in added:
        name, value = one["headerName"].lower(), one["headerValue"]
        before = None if one.get("replace") else headers.get(name)
        headers[name] = value if before is None else f"{before},{value}"
