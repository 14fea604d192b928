"""Callback endpoints: slots that hold one message, not pairs of a request and an answer.

A request may come before the wait for it, and is kept; while it is kept, further ones get 429; once it was
read, the next is kept for the next wait on the same endpoint, or for nobody [documented: callbacks]. So an
endpoint that is used twice can hand out a stale answer. A wait that times out leaves its endpoint open
[documented]. After the execution there is nothing: 404 [inferred].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from localcloud.time.clock import rfc3339
from localcloud.wire.json_source import read_json
from localcloud.workflows.errors import error_map
from localcloud.workflows.host import CallResult

Then = Callable[[CallResult], None]


@dataclass(frozen=True)
class CallbackRequest:
    """One HTTP request to an endpoint. Header names are lower case; `received` is unix seconds."""

    method: str
    url: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    received: float

    def value(self) -> dict[str, Any]:
        """What `events.await_callback` returns [documented]."""
        request = {
            "body": _decoded(self.body, self.headers.get("content-type", "")),
            "headers": dict(self.headers),
            "method": self.method,
            "query": dict(self.query),
            "url": self.url,
        }
        return {"http_request": request, "received_time": rfc3339(self.received), "type": "HTTP"}


def _decoded(body: bytes, content_type: str) -> Any:
    """JSON and text by content type, else bytes; no body is null [inferred]."""
    if not body:
        return None
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if kind == "application/json" or kind.endswith("+json"):
            return read_json(body)
        return body.decode() if kind.startswith("text/") else body
    except ValueError:
        return body


@dataclass
class Wait:
    """A thread that waits on an endpoint; it can be called off."""

    then: Then
    live: bool = True

    def cancel(self) -> None:
        """Wait no more."""
        self.live = False


@dataclass
class Endpoint:
    """One endpoint: what it keeps, and who waits."""

    method: str
    kept: CallbackRequest | None = None
    wait: Wait | None = None

    @property
    def waiters(self) -> int:
        """How many threads wait here."""
        return int(self.wait is not None and self.wait.live)


def _at_once(then: Callable[[], None]) -> None:
    then()


@dataclass
class Callbacks:
    """The endpoints of one execution, under the URL `prefix`.

    `later` is how an arrival reaches a thread that waits already: at once, or after a while, in which the
    request counts as kept.
    """

    prefix: str
    later: Callable[[Callable[[], None]], Any] = _at_once
    open: bool = True
    endpoints: dict[str, Endpoint] = field(default_factory=dict)

    def create(self, method: str, id_: str) -> str:
        """The URL of a new endpoint for requests of `method`."""
        url = f"{self.prefix}/{id_}"
        self.endpoints[url] = Endpoint(method)
        return url

    def wait(self, url: str, then: Then) -> Wait:
        """Call `then` once with the next request of an endpoint, or with the one that it keeps.

        An endpoint of another execution is a ValueError, to `then` [documented: it cannot be awaited].
        """
        wait = Wait(then)
        endpoint = self.endpoints.get(url)
        if endpoint is None:
            words = f"not a callback endpoint of this execution: {url}"
            then(CallResult.failure(error_map("ValueError", words)))
            return wait
        endpoint.wait = wait
        self._hand_over(endpoint)
        return wait

    def send(self, request: CallbackRequest) -> int:
        """Take a request; the HTTP status of the answer.

        200 taken; 404 no such endpoint, or the execution has ended; 405 another method [inferred]; 429 an
        earlier request was not read yet.
        """
        endpoint = self.endpoints.get(request.url)
        if endpoint is None or not self.open:
            return 404
        if request.method != endpoint.method:
            return 405
        if endpoint.kept is not None:
            return 429
        endpoint.kept = request
        self.later(lambda: self._hand_over(endpoint))
        return 200

    def close(self) -> None:
        """The execution has ended."""
        self.open = False

    def unread(self) -> Iterator[tuple[str, Endpoint]]:
        """URL and endpoint of those that keep a request or are waited on."""
        for url, endpoint in self.endpoints.items():
            if endpoint.waiters or endpoint.kept:
                yield url, endpoint

    @staticmethod
    def _hand_over(endpoint: Endpoint) -> None:
        request, wait = endpoint.kept, endpoint.wait
        if request is None or wait is None or not wait.live:
            return
        endpoint.kept = endpoint.wait = None
        wait.then(CallResult.ok(request.value()))
