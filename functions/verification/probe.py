"""Sends requests to the gateway's addresses, and judges the answers.

Plain HTTP without credentials, through the proxy that the process environment names, if any. One request at a time,
tried once: the workflow's next attempt repeats what was not right yet.

A backend may be as slow as it likes. So an answer has a time limit, and so have all requests of an attempt: the
function has to answer before its own end, or nobody learns why it did not.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from functions.verification import timed_http
from functions.verification.expectation import Row
from functions.verification.proof import ProofRow, SeenCluster
from shared.json_types import Json

if TYPE_CHECKING:
    from shared.spec import Probe


# Seconds for all requests of an attempt. The function has 120 s (terraform-bootstrap/functions.tf), and reads the
# clusters before.
PATIENCE = 60.0
LATE = (requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError)
AGENT = "fleetgate-verification"
MAX_BODY = 1024 * 1024  # bytes of an answer that are read: a backend may send anything
MAX_TEXT = 200  # bytes of a refusal's text
MAX_NAME = 100  # characters of a name in an answer: more than any cluster or zone has


@dataclass(frozen=True)
class Answer:
    """An answer: `status` is None if none came; `is_late` if it was not whole in time. `ms` is whole milliseconds."""

    status: int | None
    served_by: str | None = None
    zone: str | None = None
    location: str = ""
    text: str = ""
    ms: int | None = None
    is_late: bool = False


@dataclass(frozen=True)
class ProbeResult:
    """A row and its answer; `fault` says what is wrong with it, "" if nothing is."""

    row: Row
    answer: Answer
    fault: str

    def proof(self) -> ProofRow:
        """The row as it is told."""
        row, answer = self.row, self.answer
        by = (SeenCluster(answer.served_by, 1, answer.zone),) if answer.served_by else ()
        return ProofRow(
            row,
            self.fault,
            row.note or self.fault,
            1 if row.request else 0,
            by,
            served_by=answer.served_by,
            zone=answer.zone,
            status=answer.status,
            ms=answer.ms,
        )

    def wire(self) -> Json:
        """The row as the report has it."""
        return self.proof().wire()


def send_requests(rows: Iterable[Row], probe: Probe) -> Iterator[ProbeResult]:
    """Send each row's request. After one failure at a VIP the others there are not sent: they would fail too.

    The last result is that of the first request for which there was no time left, if there is such a one.
    """
    failed, until = set[str](), time.monotonic() + PATIENCE
    with timed_http.plain_session() as http:
        http.headers["User-Agent"] = AGENT
        for row in rows:
            if row.vip.address in failed:
                continue
            if row.request and time.monotonic() > until:
                yield ProbeResult(row, Answer(None), "OutOfTime")
                return
            answer = _send(http, row, probe) if row.request else Answer(None)
            fault = fault_of(row, answer, probe) if row.request else ""
            if fault:
                failed.add(row.vip.address)
            yield ProbeResult(row, answer, fault)


def fault_of(row: Row, answer: Answer, probe: Probe) -> str:
    """What is wrong with an answer, as a word for the state of the data plane; "" if nothing is.

    A load balancer that converges refuses connections, then answers 404 until it has its URL map, then 503 (or 502, or
    500) until backends are healthy. Then distant backends answer until the near ones are healthy [observed].
    """
    if answer.is_late:
        return "TooSlow"
    if answer.status is None:
        return "Unreachable"
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


def _send(http: requests.Session, row: Row, probe: Probe) -> Answer:
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
    served_by, zone = _identity(response, body, probe)
    return Answer(
        response.status_code,
        served_by,
        zone,
        response.headers.get("Location", ""),
        _reason(response) if response.status_code >= 400 else "",
        round(response.elapsed.total_seconds() * 1000),
    )


def _is_good(response: requests.Response) -> bool:
    return 200 <= response.status_code < 300


def _reason(response: requests.Response) -> str:
    """The beginning of a refusal's text; "" if it does not come."""
    try:
        return bytes(response.raw.read(MAX_TEXT, decode_content=True)).decode(errors="replace")
    except urllib3.exceptions.HTTPError:
        return ""


def _identity(response: requests.Response, body: bytes, probe: Probe) -> tuple[str | None, str | None]:
    """The cluster and zone in an answer. A zone is only read from a JSON body, from the field `zone`."""
    identity = probe.identity
    if isinstance(identity, str) or not response.ok:
        return None, None
    if identity.header:
        return _text(response.headers.get(identity.header)), None
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None, None
    fields = document if isinstance(document, dict) else {}
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
