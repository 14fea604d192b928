"""logging v2 entries.list: the entries that a query lets through, a page at a time."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

from localcloud.logging.entries import ENTRIES, Entries, Received
from localcloud.logging.matching import Test, compile_query
from localcloud.logging.service import projects_of, service
from localcloud.service import Call
from localcloud.wire.errors import invalid
from localcloud.wire.messages import Json

USUAL, MOST = 50, 1000  # entries of a page [documented: ListLogEntriesRequest.page_size]
LARGEST_PAGE = 4 * 1024 * 1024  # bytes of entries in a page, of which one may be more [inferred]
ORDERS = {
    "": False,
    "timestamp": False,
    "timestamp asc": False,
    "timestamp desc": True,
}  # order_by → newest first

Place = tuple[Any, ...]  # of an entry in the order of a list; empty before the first


@service.on("logging.entries.list")
def list_entries(call: Call) -> Json:
    """A page of the entries that match, oldest first unless asked otherwise.

    A page goes on behind the last entry of the one before. So an entry that comes late, with an older time, is seen by
    the next query, not by the next page.

    Raises:
        Refused: INVALID_ARGUMENT, UNIMPLEMENTED.
    """
    projects, newest_first = projects_of(call), _newest_first(call)
    text = call.body.get("filter", "")
    found = _found(call.world[ENTRIES], projects, compile_query(text), newest_first)
    arguments = json.dumps([projects, text, newest_first])
    if place := _place_in(call.body.get("pageToken", ""), arguments):
        found = [each for each in found if (_place(each) < place if newest_first else _place(each) > place)]
    size = _size(call)
    if call.world[ENTRIES].has_no_time():
        return {"nextPageToken": _token(place, arguments)}
    shown = _page(found, size)
    answer: Json = {"entries": [each.entry for each in shown]} if shown else {}
    return answer | (
        {"nextPageToken": _token(_place(shown[-1]), arguments)} if len(shown) < len(found) else {}
    )


def _found(entries: Entries, projects: list[str], test: Test, newest_first: bool) -> list[Received]:
    every = [each for project in dict.fromkeys(projects) for each in entries.read(project)]
    return sorted((each for each in every if test(each.entry)), key=_place, reverse=newest_first)


def _place(received: Received) -> Place:
    return (*received.key, received.number, received.when)


def _newest_first(call: Call) -> bool:
    order = " ".join(call.body.get("orderBy", "").split())
    if order not in ORDERS:
        raise invalid(
            f'Invalid order_by: {order}. Use "timestamp asc" or "timestamp desc".'
        )  # words [inferred]
    return ORDERS[order]


def _size(call: Call) -> int:
    size = int(call.body.get("pageSize", 0))
    if not 0 <= size <= MOST:
        raise invalid(f"page_size must be from 0 to {MOST}, not {size}.")  # words [inferred]
    return size or USUAL


def _page(found: list[Received], size: int) -> list[Received]:
    shown: list[Received] = []
    room = LARGEST_PAGE
    for each in found[:size]:
        room -= len(json.dumps(each.entry))
        if shown and room < 0:
            break
        shown.append(each)
    return shown


def _token(place: Place, arguments: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([zlib.crc32(arguments.encode()), place]).encode()).decode()


def _place_in(token: str, arguments: str) -> Place:
    """The place that a token stands for, behind which a page begins; none is the beginning.

    Raises:
        Refused: INVALID_ARGUMENT, it is of another query [observed words], or none.
    """
    if not token:
        return ()
    try:
        query, place = json.loads(base64.urlsafe_b64decode(token.encode()))
        if place:
            stamp, insert_id, number, when = place
            place = (str(stamp), str(insert_id), int(number), float(when))
    except (ValueError, TypeError, RecursionError):
        raise invalid("page_token is invalid") from None  # words [inferred]
    if query != zlib.crc32(arguments.encode()):
        raise invalid("page_token doesn't match arguments from the request")
    return tuple(place)
