"""A bucket, and a caller of Cloud Storage's JSON API: no sockets, time by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.storage import create_bucket, service
from localcloud.wire.messages import Response
from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import Services, a_world

BUCKET = "shop-source"


class Storage(Services):
    """Calls the service in a world, on whole paths."""

    def send(self, method: str, target: str, body: bytes = b"", query: str = "", **headers: str) -> Response:
        """The raw answer; underscores in names of headers are dashes."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.respond(method, f"{target.lstrip('/')}?{query}", body, headers=given)

    def call(self, method: str, path: str, query: str = "", **body: Any) -> Any:
        """The answer of a call on `b/…` that is expected to succeed."""
        return self.ok(method, f"storage/storage/v1/{path}?{query}", body or None)

    def upload(self, name: str, data: bytes, query: str = "") -> Response:
        """Upload an object in one request."""
        return self.send(
            "POST", f"/upload/storage/v1/b/{BUCKET}/o", data, f"uploadType=media&name={name}&{query}"
        )

    @staticmethod
    def error(answer: Response) -> tuple[int, str, str]:
        """HTTP status, reason and words of a refusal."""
        error = json.loads(answer.body)["error"]
        return answer.status, error["errors"][0]["reason"], error["message"]


@pytest.fixture
def storage() -> Storage:
    """A project with a bucket."""
    world = a_world("storage")
    create_bucket(world, BUCKET, PROJECT, "us-central1")
    return Storage(world, services=[service])
