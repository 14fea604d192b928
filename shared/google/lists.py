"""Lists of Google's APIs, whole or not at all: one with a hole is unknown, never empty.

An API answers with what it could read, 200, and a word about the rest: GKE with `missingZones`, the fleet with
`unreachable`, Compute Engine with a `warning` or `unreachables` [documented, the lists of each]. Whoever overlooks
that word takes what is there for gone, and makes or deletes accordingly.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared import errors
from shared.google.session import Session
from shared.json_types import Json

EMPTY = "NO_RESULTS_ON_PAGE"  # compute's warning that a scope has none: that is no hole [documented]
UNREAD = ("missingZones", "unreachable", "unreachables")


def items(session: Session, service: str, path: str, field: str, **query: str) -> Iterator[Any]:
    """Every item in `field` of every page of a list; a page is asked for when it is needed.

    Raises:
        Transient: part of the list could not be read.
    """
    for page in session.pages(service, path, **query):
        yield from whole(page, service, path).get(field, [])


def items_by_scope(session: Session, service: str, path: str, field: str, **query: str) -> Iterator[Any]:
    """The same of an aggregated list, which has items by region and zone: each of these may be one with a hole.

    Raises:
        Transient: a page or a scope could not be read.
    """
    for page in session.pages(service, path, **query):
        for scope in whole(page, service, path).get("items", {}).values():
            yield from whole(scope, service, path).get(field, [])


def whole(answer: Json, service: str, path: str) -> Json:
    """`answer`, a page of a list or a scope of a page, if it leaves nothing out.

    Raises:
        Transient: part of the list could not be read.
    """
    for field in UNREAD:
        if places := answer.get(field):
            text = f"no answer from {', '.join(places)}"
            raise errors.Transient(service, "GET", path, 0, "Unreachable", text)
    warning = answer.get("warning", {})
    code = warning.get("code", EMPTY)
    if code != EMPTY:
        raise errors.Transient(service, "GET", path, 0, code, str(warning.get("message", "")))
    return answer
