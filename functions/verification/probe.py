"""Requests to the gateway's addresses, from wherever this runs, and what to make of the answers.

Plain HTTP without credentials, through whatever proxy the environment names. One request at a time and one try:
an answer that is not right yet is asked for again at the workflow's next attempt.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from functions.verification.expectation import Row
from shared.json_types import Json

if TYPE_CHECKING:
    from shared.spec import Probe


TIMEOUT = (5.0, 10.0)  # seconds to connect, and between two bytes of the answer
AGENT = "fleetgate-verification"
MOST = 1024 * 1024  # bytes of an answer that are read: whoever answers may answer anything
LONGEST = 100  # characters of a name that an answer tells


@dataclass(frozen=True)
class Answer:
    """What came back: `status` is None if nothing did. `ms` is whole milliseconds."""

    status: int | None
    served_by: str | None = None
    zone: str | None = None
    location: str = ""
    text: str = ""
    ms: int | None = None


@dataclass(frozen=True)
class ProbeResult:
    """A row and its answer; `fault` says what is not right about it yet, "" if all is."""

    row: Row
    answer: Answer
    fault: str

    def wire(self) -> Json:
        """The row as the report has it. A port other than 80 and a note are added where there is something to say."""
        row, answer, asked = self.row, self.answer, self.row.asked
        shown: Json = {
            "vip": row.vip.address,
            "region": row.vip.region,
            "hostname": asked.host if asked else row.hostname,
            "rule": row.rule,
            "method": asked.method if asked else "GET",
            "path": asked.target if asked else "",
            "headers": dict(asked.headers) if asked else {},
            "expected": list(row.expected),
            "preferred": list(row.preferred),
            "servedBy": answer.served_by,
            "zone": answer.zone,
            "status": answer.status,
            "ms": answer.ms,
            "ok": not self.fault,
        }
        note = row.note or self.fault
        return shown | ({"port": row.port} if row.port != 80 else {}) | ({"note": note} if note else {})


def probe(rows: Iterable[Row], how: Probe) -> Iterator[ProbeResult]:
    """Send each row's request. A VIP that has failed once is not asked again: what is next would fail alike."""
    failed = set[str]()
    with _Probing() as http:
        http.headers["User-Agent"] = AGENT
        for row in rows:
            if row.vip.address in failed:
                continue
            answer = _ask(http, row, how) if row.asked else Answer(None)
            fault = fault_of(row, answer, how) if row.asked else ""
            if fault:
                failed.add(row.vip.address)
            yield ProbeResult(row, answer, fault)


def fault_of(row: Row, answer: Answer, how: Probe) -> str:
    """What is not right, in a word that names the state of the data plane; "" if nothing is.

    While a load balancer converges: no connection, then 404 until its URL map is there, then 503 (or 502, or 500)
    until its backends are healthy, then the answer, from afar before the near backends are healthy [observed].
    """
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
    if how.identity == "none":
        return ""
    if answer.served_by is None:
        return "NotIdentified"
    return "" if answer.served_by in (row.preferred or row.expected) else "WrongCluster"


def _ask(http: requests.Session, row: Row, how: Probe) -> Answer:
    asked = row.asked
    assert asked is not None, "only rows with a request are sent"
    port = "" if row.port == 80 else f":{row.port}"
    url = f"http://{row.vip.address}{port}{asked.target}"
    headers = {**asked.headers, "Host": asked.host}
    try:
        with http.request(
            asked.method, url, headers=headers, timeout=TIMEOUT, allow_redirects=False, stream=True
        ) as response:
            body = response.raw.read(MOST, decode_content=True)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        return Answer(None, text=type(error).__name__)
    served_by, zone = _identity(response, body, how)
    return Answer(
        response.status_code,
        served_by,
        zone,
        response.headers.get("Location", ""),
        body.decode(errors="replace")[:200] if response.status_code >= 400 else "",
        round(response.elapsed.total_seconds() * 1000),
    )


class _Probing(requests.Session):
    """Requests that end with their answer: the library would read a redirect's whole body to prepare the next."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere."""


def _identity(response: requests.Response, body: bytes, how: Probe) -> tuple[str | None, str | None]:
    """Cluster and zone of whoever answered; a zone is only told in a JSON body, under its own name."""
    identity = how.identity
    if isinstance(identity, str) or not response.ok:
        return None, None
    if identity.header:
        return _text(response.headers.get(identity.header)), None
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None, None
    fields = told if isinstance(told, dict) else {}
    return _text(fields.get(identity.json_field or "")), _text(fields.get("zone"))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)[:LONGEST]


def _redirects(row: Row, answer: Answer) -> bool:
    """Whether the answer is the redirect that the rule asks for: status, and what it names of the location."""
    redirect, asked = row.redirect or {}, row.asked
    if asked is None or answer.status != redirect.get("statusCode", 302):
        return False
    to = urlsplit(answer.location)
    path = redirect.get("path", {})
    wanted = {
        "scheme": redirect.get("scheme"),
        "hostname": redirect.get("hostname"),
        "path": _replaced(path, asked.path, row.prefix),
    }
    return all(value in (None, getattr(to, part)) for part, value in wanted.items())


def _replaced(modifier: Json, path: str, prefix: str) -> str | None:
    if modifier.get("type") == "ReplaceFullPath":
        return str(modifier["replaceFullPath"])
    if modifier.get("type") != "ReplacePrefixMatch":
        return None
    rest = path[len(prefix.rstrip("/")) :].lstrip("/")
    return f"{modifier['replacePrefixMatch'].rstrip('/')}/{rest}".rstrip("/") or "/"
