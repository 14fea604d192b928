"""A world with one project and a caller of its compute service: no sockets, time by hand."""

from __future__ import annotations

import pytest

from localcloud.compute import create_default_network, service
from localcloud.wire.messages import Json
from localcloud.world import World
from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import Services, a_world


class Compute(Services):
    """Calls the service in a world, on paths below `projects/shop/`."""

    def __init__(self, world: World) -> None:
        super().__init__(world, f"compute/compute/v1/projects/{PROJECT}/", [service])

    def get(self, path: str) -> Json:
        """The answer of a GET that is expected to succeed."""
        return self.ok("GET", path)

    def post(self, path: str, body: Json | None = None) -> Json:
        """The answer of a POST that is expected to succeed."""
        return self.ok("POST", path, body or {})

    def patch(self, path: str, body: Json) -> Json:
        """The answer of a PATCH that is expected to succeed."""
        return self.ok("PATCH", path, body)

    def delete(self, path: str) -> Json:
        """The answer of a DELETE that is expected to succeed."""
        return self.ok("DELETE", path)

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


@pytest.fixture
def world() -> World:
    """A project `shop` without networks."""
    return a_world("compute")


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
