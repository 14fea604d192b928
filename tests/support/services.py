"""Google's services in a world: calls as they come off the wire, without sockets and functions, and time by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from localcloud.google_apis import GOOGLE_APIS, GoogleApis
from localcloud.service import Service
from localcloud.services import SERVICES
from localcloud.wire.messages import Caller, Json, Request, Response
from localcloud.world import World
from tests.support.projects import CLOUD_PROJECT


def a_world(*apis: str, seed: int = 7, **settings: Any) -> World:
    """A world with one project, in which these APIs (`compute`, `pubsub` …) are on."""
    world = World.create(seed, **settings)
    world.projects.create(CLOUD_PROJECT).enabled.update(f"{api}.googleapis.com" for api in apis)
    return world


def request(
    method: str,
    path: str,
    body: Any = None,
    who: str = "",
    headers: Mapping[str, str] | None = None,
    **query: str | list[str],
) -> Request:
    """A call off the wire. `body` is sent as JSON, or as it is if it is bytes; `query` is added to that of `path`."""
    parts = urlsplit(f"/{path.lstrip('/')}")
    values = parse_qs(parts.query, keep_blank_values=True)
    values |= {key: value if isinstance(value, list) else [value] for key, value in query.items()}
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Request(method, parts.path.rstrip("/"), values, dict(headers or {}), data, Caller(who))


@dataclass
class Services:
    """Calls services of a world. `root` is what every path begins with, `caller` who asks unless a call says."""

    world: World
    root: str = ""
    services: Sequence[Service] = SERVICES
    caller: Caller = Caller("user@example.com")  # noqa: RUF009  # frozen

    def __post_init__(self) -> None:
        self.apis = self.world[GOOGLE_APIS] = GoogleApis(self.world, self.services)

    def respond(
        self,
        method: str,
        path: str,
        body: Any = None,
        who: str = "",
        headers: Mapping[str, str] | None = None,
        **query: str | list[str],
    ) -> Response:
        """The raw answer. `body` is sent as JSON, or as it is if it is bytes; `query` is added to that of the path."""
        asked = request(method, f"{self.root}{path}", body, who, headers, **query)
        return self.apis.answer(asked if who else replace(asked, caller=self.caller))

    def ask(self, method: str, path: str, body: Any = None, who: str = "", **query: Any) -> tuple[int, Json]:
        """Status and body of the answer."""
        response = self.respond(method, path, body, who, **query)
        return response.status, json.loads(response.body) if response.body else {}

    def ok(self, method: str, path: str, body: Any = None, **query: Any) -> Json:
        """The answer of a call that is expected to succeed."""
        status, answer = self.ask(method, path, body, **query)
        assert status < 300, answer
        return answer

    def refusal(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, str, str]:
        """HTTP status, canonical status (or reason, in the older style) and words of a call that is to be refused."""
        status, answer = self.ask(method, path, body, **query)
        assert status >= 400, answer
        error = answer["error"]
        return status, error.get("status") or error["errors"][0]["reason"], error["message"]

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.world.clock.advance_to(self.world.clock.now + seconds)
