"""A world with one project and a caller of its compute service: no sockets, time by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from localcloud.compute import create_default_network, service
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Caller, Json, Request, Response
from localcloud.world import World
from tests.support.services import handled

PROJECT = "shop"


@dataclass
class Compute:
    """Calls the service in a world, as `identity`."""

    world: World
    identity: str = "dev@example.com"

    def respond(self, method: str, path: str, body: Any = None) -> Response:
        """The raw answer to `method` on `projects/shop/` + `path`."""
        parts = urlsplit(f"compute/v1/projects/{PROJECT}/{path}".rstrip("/"))
        payload = b"" if body is None else json.dumps(body).encode()
        query = parse_qs(parts.query, keep_blank_values=True)
        request = Request(method, parts.path, query, {}, payload, Caller(self.identity))
        try:
            return handled(service, self.world, request, parts.path)
        except Refused as refused:
            return refused.response(service.style)

    def get(self, path: str) -> Json:
        """The answer of a GET that is expected to succeed."""
        return self._good(self.respond("GET", path))

    def post(self, path: str, body: Json | None = None) -> Json:
        """The answer of a POST that is expected to succeed."""
        return self._good(self.respond("POST", path, body or {}))

    def patch(self, path: str, body: Json) -> Json:
        """The answer of a PATCH that is expected to succeed."""
        return self._good(self.respond("PATCH", path, body))

    def delete(self, path: str) -> Json:
        """The answer of a DELETE that is expected to succeed."""
        return self._good(self.respond("DELETE", path))

    def refusal(self, method: str, path: str, body: Any = None) -> tuple[int, str, str]:
        """(status, reason, message) of a call that is expected to be refused."""
        response = self.respond(method, path, body)
        assert response.status >= 400, response.body
        error = json.loads(response.body)["error"]
        assert "status" not in error, "compute's errors carry no status"
        return error["code"], error["errors"][0]["reason"], error["message"]

    def finish(self, operation: Json) -> Json:
        """Let time pass until the operation is done; the operation."""
        path = operation["selfLink"].split(f"projects/{PROJECT}/")[1]
        while (now := self.get(path))["status"] != "DONE":
            assert self.world.clock.step(), "nothing is due, and the operation still runs"
        return now

    def made(self, path: str, body: Json) -> Json:
        """Insert into the collection `path`, wait, and read the new resource."""
        assert "error" not in self.finish(self.post(path, body))
        return self.get(f"{path}/{body['name']}")

    @staticmethod
    def _good(response: Response) -> Json:
        assert response.status < 300, response.body
        value: Json = json.loads(response.body)
        return value


@pytest.fixture
def world() -> World:
    """A project `shop` without networks."""
    world = World.create(seed=7)
    world.projects.create(PROJECT)
    return world


@pytest.fixture
def compute(world: World) -> Compute:
    """The project with its auto-mode default network."""
    create_default_network(world, PROJECT)
    return Compute(world)


@pytest.fixture
def custom(world: World) -> Compute:
    """The project with a custom-mode default network that has one subnetwork in us-west1."""
    create_default_network(world, PROJECT, "custom", {"us-west1": "10.1.0.0/24"})
    return Compute(world)
