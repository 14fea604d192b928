"""A world with one project, and calls on Service Usage as they come off the wire."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from localcloud.serviceusage import service
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Caller, Json, Request
from localcloud.world import World
from tests.support.services import handled

Ask = Callable[..., tuple[int, Json]]


@pytest.fixture
def world() -> World:
    """A world with the project `shop`, nothing enabled."""
    world = World.create()
    world.projects.create("shop")
    return world


@pytest.fixture
def ask(world: World) -> Ask:
    """(status, answer) of a call."""

    def call(method: str, path: str, body: Json | None = None, **query: str | list[str]) -> tuple[int, Json]:
        values = {key: value if isinstance(value, list) else [value] for key, value in query.items()}
        payload = json.dumps(body).encode() if body is not None else b""
        request = Request(method, f"/serviceusage/{path}", values, {}, payload, Caller("user@example.com"))
        try:
            response = handled(service, world, request, path)
        except Refused as refusal:
            response = refusal.response(service.style)
        return response.status, json.loads(response.body)

    return call
