"""Answers that are none: what a client gets where something between it and the service is broken.

    Fault(Matcher(service="compute"), Broken("broken off"))                 the call took effect, its answer broke
    Fault(Matcher(service="compute"), Broken("HTML with 200", after=False)) the call never came to the service

`KINDS` has each kind by its name. What pages of Google's front ends look like is [observed]: a 502 in apache/hop#4391
and burnash/gspread#1564, a 408 in glotlabs/gdrive#36 and googleapis/nodejs-storage#833. So is a 499 as JSON, in
google-gemini/gemini-cli#20309. The other kinds break a rule of RFC 9110, RFC 9112 or RFC 8259.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass, replace

from localcloud.faults.call_faults import Answer, CallDescription, Means
from localcloud.wire.errors import Refused, Style
from localcloud.wire.messages import Abort, Response

HUGE = 24 * 1024 * 1024  # bytes
DEEP = 50_000  # levels
ELSEWHERE = "http://192.0.2.1/login"  # nobody's address [documented: RFC 5737]

Break = Callable[[Response, Style], Response]

_PAGE = "<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n  <title>{0}</title>\n  <p><b>{0}</b>\n"


def _page(status: int, title: str) -> Break:
    """A page for people."""
    return _instead(status, _PAGE.format(title).encode(), "text/html; charset=UTF-8")


def _instead(
    status: int, body: bytes, kind: str = "application/json; charset=UTF-8", **headers: str
) -> Break:
    """Another answer than the service's."""
    return lambda answer, style: Response(status, body, {"content-type": kind, **headers})


def _broken_off(answer: Response, style: Style) -> Response:
    """Half of the body, and then the connection ends."""
    return replace(answer, body=answer.body[: len(answer.body) // 2], length=len(answer.body))


def _too_short(answer: Response, style: Style) -> Response:
    """Content-Length says half of what there is."""
    return replace(answer, length=len(answer.body) // 2)


def _bad_gzip(answer: Response, style: Style) -> Response:
    """What says that it is packed, and cannot be unpacked."""
    packed = gzip.compress(answer.body)[:12] + b"\xff\xff\xff\xff"
    return replace(answer, body=packed, headers={**answer.headers, "content-encoding": "gzip"})


def _undated(answer: Response, style: Style) -> Response:
    """A `Date` that nobody can read."""
    return replace(answer, headers={**answer.headers, "Date": "yesterday, at 25:61"})


def _cancelled(answer: Response, style: Style) -> Response:
    """The service has given the call up."""
    return Refused("CANCELLED", "The operation was cancelled.").response(style)


def _huge(answer: Response, style: Style) -> Response:
    """More than anybody should read."""
    return Response(200, b" " * HUGE, {"content-type": "application/json; charset=UTF-8"})


KINDS: dict[str, Break] = {
    "broken off": _broken_off,
    "wrong length": _too_short,
    "bad gzip": _bad_gzip,
    "unreadable Date": _undated,
    "empty body": _instead(200, b""),
    "HTML with 200": _page(200, "Log in to use this network"),
    "HTML with 404": _page(404, "Error 404 (Not Found)!!1"),
    "HTML with 502": _page(502, "Error 502 (Server Error)!!1"),
    "408": _page(408, "Error 408 (Request Timeout)!!1"),
    "499": _cancelled,
    "redirect": _instead(302, b"", "text/html", location=ELSEWHERE),
    "foreign JSON": _instead(200, b'{"status": "ok"}'),
    "an array": _instead(200, b'[{"name": "x"}]'),
    "a string": _instead(200, b'"ok"'),
    "NaN": _instead(200, b'{"name": NaN}'),
    "invalid UTF-8": _instead(200, b'{"name": "\xff\xfe"}'),
    "nested too deep": _instead(200, b'{"a":' * DEEP + b"1" + b"}" * DEEP),
    "huge": _huge,
}


@dataclass(frozen=True)
class Broken:
    """The answer is broken, in one of `KINDS`. The call takes effect before, unless `after` is False."""

    kind: str
    after: bool = True

    def apply(self, call: CallDescription, answer: Answer, means: Means) -> Response:
        """What arrives instead of the answer.

        Raises:
            Abort: the answer would be a stream: it breaks off before its first byte.
        """
        told = answer() if self.after else Response.of_json({})
        if told.stream is not None:
            raise Abort
        return KINDS[self.kind](told, call.style)
