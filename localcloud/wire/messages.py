"""What a service sees of a call and what it answers: plain values, so that no service touches a socket."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from localcloud.wire.json_source import MOST_VALUES, read_json

Json = dict[str, Any]

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})  # HTTP methods that change nothing [documented: RFC 9110]


@dataclass(frozen=True)
class Caller:
    """Who calls.

    `identity` is a service account's e-mail, or a user's. `instance` names the function instance the call
    came from, and is None for everybody else (gcloud, kubectl, a person).
    """

    identity: str
    instance: str | None = None


@dataclass(frozen=True)
class Request:
    """One HTTP request, read whole. Header names are lower case; `path` is decoded, without the query.

    `port` is where it came from, if that is known.
    """

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    caller: Caller
    port: int = 0

    def json(self, most: int = MOST_VALUES) -> Any:
        """The body as JSON of at most so many values; an empty body is an empty object.

        Raises:
            NotJson: the body is not JSON, or beyond the bounds of `json_source`.
        """
        return read_json(self.body, most) if self.body else {}

    def one(self, name: str, default: str = "") -> str:
        """The first value of query parameter `name`."""
        values = self.query.get(name)
        return values[0] if values else default


@dataclass
class Response:
    """One HTTP answer. With `stream`, the body is what it yields until it ends (a watch) or is closed.

    `latency` is simulated seconds until it reaches an instance that waits for it. `reason` stands behind the status,
    where that has another than its own: some programs show nothing else. `length` is what Content-Length says where
    that is wrong; the connection ends behind the body then. `late` makes the answer when the latency is over: only then
    does the call take effect.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    stream: AsyncGenerator[bytes, None] | None = None
    latency: float = 0.0
    reason: str = ""
    length: int | None = None
    late: Callable[[], Response] | None = None

    def in_time(self) -> Response:
        """The answer for who feels no latency.

        Raises:
            Abort: there is none.
        """
        return self.late() if self.late else self

    @classmethod
    def of_json(cls, value: Any, status: int = 200, **headers: str) -> Response:
        """`value` as a JSON answer."""
        return cls(status, json.dumps(value).encode(), {"content-type": "application/json", **headers})


class Abort(Exception):
    """The connection is dropped without an answer (a reset), as a load balancer or a fault does."""
