"""Reading an answer is part of the call: what cannot be read, or is of another form than asked for, is no answer.

Between an API and us there are front ends, proxies and networks. Each of them may cut an answer off or give one of its
own. Google's front ends answer HTML: with 502 (apache/hop#4391, burnash/gspread#1564), with 408
(googleapis/nodejs-storage#833, glotlabs/gdrive#36) [observed]. Whoever believes such an answer takes what is there for
gone. Whoever fails at it ends a request for a trouble that is over a moment later. So a broken answer is a `Transient`,
whose reason is `errors.BROKEN` and whose message says what is wrong. What was asked for may have been done.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

import urllib3
import urllib3.exceptions

from shared import errors
from shared.google.deadline import LONGEST_CALL
from shared.json_types import Json

MOST = 16 * 1024 * 1024  # bytes of an answer: a thousand pods, or a page of 500 resources, are less
PIECE = 65_536  # bytes that are read at once
DEEPEST = (
    100  # levels; Google's own readers take no more [documented: protobuf, JSON parsing, recursion limit]
)

# Whether an object is what was asked for.
Form = Callable[[Any], bool]

# Half of a character that JSON may write and no text can hold [documented: RFC 8259, section 8.2].
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")


class Broken(Exception):
    """An answer cannot be read as what was asked for; the text says why, to be read after "the answer"."""


class TooLarge(Broken):
    """It has more than `MOST` bytes. Another try would take as long."""


def has(**fields: type) -> Form:
    """The form of an object with these fields, each of its type."""
    return lambda value: (
        isinstance(value, dict) and all(isinstance(value.get(name), kind) for name, kind in fields.items())
    )


ANY: Form = has()
NAMED: Form = has(name=str)


def whole(answer: urllib3.BaseHTTPResponse, decode: bool = False, until: float | None = None) -> bytes:
    """The body of an answer: whole by `until`, on the monotonic clock, since one that trickles would hold the function.

    `decode` unpacks it, if it is packed.

    A body that nobody has asked to pack is not unpacked: a few bytes can be made to mean a great many.

    Raises:
        TooLarge: it has more than `MOST` bytes.
        urllib3.exceptions.TimeoutError: it comes so slowly that it is not there in time.
        urllib3.exceptions.HTTPError: it breaks off, or cannot be unpacked.
    """
    data, until = bytearray(), until or time.monotonic() + LONGEST_CALL
    try:
        while piece := _next_piece(answer, decode, until):
            data += piece
            if len(data) > MOST:
                raise TooLarge(f"has more than {MOST} bytes")
    except Exception:
        answer.close()  # the connection with it: what is left in it belongs to this answer
        raise
    answer.release_conn()
    return bytes(data)


def _next_piece(answer: urllib3.BaseHTTPResponse, decode: bool, until: float) -> bytes:
    left = until - time.monotonic()
    if left <= 0:
        raise urllib3.exceptions.TimeoutError("no end of the answer in time")
    sock = getattr(answer.connection, "sock", None)
    if sock is not None:
        sock.settimeout(left)
    return answer.read1(PIECE, decode_content=decode)


def parsed(data: bytes) -> Any:
    """The value of a JSON text, within bounds. Python's own reader takes `NaN`, and halves of characters.

    Raises:
        Broken: it is none.
    """
    if not data:
        raise Broken("is empty")
    try:
        value = json.loads(data.decode(), parse_constant=_no_number)
        if _HALF.search(data):
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise Broken("is nested too deep") from None
    except UnicodeError:
        raise Broken("is no text: it is not UTF-8") from None
    except ValueError:
        raise Broken(f"is no JSON{_title(data)}") from None
    if _depth(value) > DEEPEST:
        raise Broken("is nested too deep")
    return value


def shaped(value: Any, form: Form) -> Json:
    """`value`, if it is an object of this form.

    Raises:
        Broken: it is none.
    """
    if not isinstance(value, dict):
        raise Broken(f"is {_words(value)}, and no JSON object")
    if not form(value):
        raise Broken(f"is not what was asked for; its fields are {sorted(value)!r:.100}")
    return value


def heard(data: bytes) -> None:
    """Look at a success of which nothing is read.

    Raises:
        Broken: it is a page for people, so somebody else has answered.
    """
    if data.lstrip()[:1] == b"<":
        raise Broken(f"is no answer{_title(data)}")


def unix(date: str | None) -> float | None:
    """A `Date` header as unix seconds; None without one.

    Raises:
        Broken: it cannot be read.
    """
    try:
        return parsedate_to_datetime(date).timestamp() if date else None
    except (ValueError, OverflowError):
        raise Broken("has a Date that cannot be read") from None


def trouble(service: str, method: str, resource: str, status: int, broken: Broken) -> errors.Transient:
    """The trouble that a broken answer is."""
    reason = errors.TOO_LARGE if isinstance(broken, TooLarge) else errors.BROKEN
    return errors.Transient(service, method, resource, status, reason, f"the answer {broken}")


@contextmanager
def understanding(service: str, method: str, resource: str) -> Iterator[None]:
    """What is made of an answer's parts stands in here: a part of another form is no fault of ours.

    Raises:
        Transient: a part has not the form that the API's documents give it.
    """
    try:
        yield
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        broken = Broken(
            f"has a part that is not what it should be ({type(error).__name__}: {str(error)[:100]})"
        )
        raise trouble(service, method, resource, 200, broken) from error


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _depth(value: Any) -> int:
    """How many levels a value has; those beyond `DEEPEST` are not looked at."""
    level, depth = [value], 0
    while depth <= DEEPEST and (level := [each for each in level if isinstance(each, dict | list)]):
        level = [part for each in level for part in (each.values() if isinstance(each, dict) else each)]
        depth += 1
    return depth


def _words(value: Any) -> str:
    kinds = {list: "an array", str: "a string", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")


def _title(data: bytes) -> str:
    """What a page for people is called."""
    found = re.search(rb"<title>([\x20-\x7e]{1,80}?)</title>", data[:4096], re.IGNORECASE)
    if found:
        return f" but a page, {found[1].decode()!r}"
    return " but a page" if data.lstrip()[:1] == b"<" else ""
