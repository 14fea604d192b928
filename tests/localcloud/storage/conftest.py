"""A bucket, and a caller of Cloud Storage's JSON API: no sockets, time by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import pytest

from localcloud.google_apis import GoogleApis
from localcloud.storage import create_bucket, service
from localcloud.wire.messages import Caller, Request, Response
from localcloud.world import World

PROJECT, BUCKET = "shop", "shop-source"


@dataclass
class Storage:
    """Calls the service in a world."""

    world: World

    def respond(
        self, method: str, target: str, body: bytes = b"", query: str = "", **headers: str
    ) -> Response:
        """The raw answer to `method` on the path `target`; underscores in names of headers are dashes."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(method, target, parse_qs(query), given, body, Caller("dev@example.com"))
        return GoogleApis(self.world, [service]).answer(request)

    def call(self, method: str, path: str, query: str = "", **body: Any) -> Any:
        """The answer of a call on `b/…` that is expected to succeed."""
        data = json.dumps(body).encode() if body else b""
        answer = self.respond(method, f"/storage/storage/v1/{path}", data, query)
        assert answer.status < 300, answer.body
        return json.loads(answer.body) if answer.body else None

    def upload(self, name: str, data: bytes, query: str = "") -> Response:
        """Upload an object in one request."""
        return self.respond(
            "POST", f"/upload/storage/v1/b/{BUCKET}/o", data, f"uploadType=media&name={name}&{query}"
        )

    def refusal(self, answer: Response) -> tuple[int, str, str]:
        """(HTTP status, reason, words)."""
        error = json.loads(answer.body)["error"]
        return answer.status, error["errors"][0]["reason"], error["message"]


@pytest.fixture
def storage() -> Storage:
    """A project with a bucket."""
    world = World.create(7)
    world.projects.create(PROJECT).enabled.add("storage.googleapis.com")
    create_bucket(world, BUCKET, PROJECT, "us-central1")
    return Storage(world)
