"""Sends one request to a gateway's address, reads the answer, and says what is wrong with it.

Plain HTTP without credentials, through the proxy that the process environment names, if any, and tried once: the
workflow's next attempt repeats what was not right yet. A backend may be as slow as it likes, so an answer has a time
limit.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from functions.verification import timed_http
from functions.verification.expectation import NO_ROUTE, Row
from functions.verification.filters import Told, told
from shared.json_types import Json

if TYPE_CHECKING:
    from shared.spec import Probe


LATE = (requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError)
AGENT = "fleetgate-verification"
MAX_BODY = 1024 * 1024  # bytes of an answer that are read: a backend may send anything
MAX_TEXT = 200  # bytes of a refusal's text
MAX_NAME = 100  # characters of a name in an answer: more than any cluster or zone has


@dataclass(frozen=True)
class Answer:
    """An answer: `status` is None if none came; `is_late` if it was not whole in time. `ms` is whole milliseconds."""

    status: int | None = None
    served_by: str | None = None
    zone: str | None = None
    location: str = ""
    text: str = ""
    ms: int | None = None
    is_late: bool = False
    told: Told = field(default_factory=Told)


def fault_of(row: Row, answer: Answer, probe: Probe) -> str:
    """What is wrong with an answer, as a word for the state of the data plane; "" if nothing is.

    A load balancer that converges refuses connections, then answers 404 until it has its URL map, then 503 (or 502, or
    500) until backends are healthy. Then distant backends answer until the near ones are healthy [observed].
    """
    if answer.is_late:
        return "TooSlow"
    if answer.status is None:
        return "Unreachable"
    if row.rule == NO_ROUTE:
        return "" if answer.status == 404 else "UnexpectedStatus"
    if row.redirect is not None:
        return "" if _redirects(row, answer) else "RedirectNotThere"
    if answer.status == 404:
        return "RouteNotThere"
    if answer.status in (500, 502, 503):
        return "NoHealthyUpstream"
    if not 200 <= answer.status < 300:
        return "UnexpectedStatus"
    if probe.identity == "none":
        return ""
    if answer.served_by is None:
        return "NotIdentified"
    return "" if answer.served_by in (row.preferred or row.expected) else "WrongCluster"


def send(http: requests.Session, row: Row, probe: Probe) -> Answer:
    """Send a row's request."""
    request = row.request
    assert request is not None, "only rows with a request are sent"
    port = "" if row.port == 80 else f":{row.port}"
    url = f"http://{row.vip.address}{port}{request.target}"
    headers = {**request.headers, "Host": request.host}
    timeout = (timed_http.CONNECT, timed_http.LIMIT)
    try:
        with http.request(
            request.method, url, headers=headers, timeout=timeout, allow_redirects=False, stream=True
        ) as response:
            return _answer(response, probe)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        is_late = isinstance(error, LATE)
        return Answer(None, text="" if is_late else type(error).__name__, is_late=is_late)


def _answer(response: requests.Response, probe: Probe) -> Answer:
    """What an answer says. Of its body is only read what says who answered, or why nobody did: it may have no end."""
    names = not isinstance(probe.identity, str) and probe.identity.json_field is not None
    body = response.raw.read(MAX_BODY, decode_content=True) if names and _is_good(response) else b""
    document = _document(body)
    served_by, zone = _identity(response, document, probe)
    return Answer(
        response.status_code,
        served_by,
        zone,
        response.headers.get("Location", ""),
        _reason(response) if response.status_code >= 400 else "",
        round(response.elapsed.total_seconds() * 1000),
        told=told(response.headers, document),
    )


def _is_good(response: requests.Response) -> bool:
    return 200 <= response.status_code < 300


def _reason(response: requests.Response) -> str:
    """The beginning of a refusal's text; "" if it does not come."""
    try:
        return bytes(response.raw.read(MAX_TEXT, decode_content=True)).decode(errors="replace")
    except urllib3.exceptions.HTTPError:
        return ""


def _document(body: bytes) -> Json:
    """The body's fields; none if it is no JSON object."""
    try:
        document = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _identity(response: requests.Response, fields: Json, probe: Probe) -> tuple[str | None, str | None]:
    """The cluster and zone in an answer. A zone is only read from a JSON body, from the field `zone`."""
    identity = probe.identity
    if isinstance(identity, str) or not response.ok:
        return None, None
    if identity.header:
        return _text(response.headers.get(identity.header)), None
    return _text(fields.get(identity.json_field or "")), _text(fields.get("zone"))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)[:MAX_NAME]


def _redirects(row: Row, answer: Answer) -> bool:
    """Whether the answer is the rule's redirect: its status, and the parts of the location that it sets."""
    redirect, request = row.redirect or {}, row.request
    if request is None or answer.status != redirect.get("statusCode", 302):
        return False
    to = urlsplit(answer.location)
    path = redirect.get("path", {})
    wanted = {
        "scheme": redirect.get("scheme"),
        "hostname": redirect.get("hostname"),
        "path": _replaced(path, request.path, row.prefix),
    }
    return all(value in (None, getattr(to, part)) for part, value in wanted.items())


def _replaced(modifier: Json, path: str, prefix: str) -> str | None:
    if modifier.get("type") == "ReplaceFullPath":
        return str(modifier["replaceFullPath"])
    if modifier.get("type") != "ReplacePrefixMatch":
        return None
    rest = path[len(prefix.rstrip("/")) :].lstrip("/")
    return f"{modifier['replacePrefixMatch'].rstrip('/')}/{rest}".rstrip("/") or "/"
