"""A world with one project, and calls on Resource Manager as they come off the wire."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from localcloud.cloudresourcemanager import service
from localcloud.wire.messages import Json
from localcloud.world import World
from tests.support.services import Services, a_world

Ask = Callable[..., tuple[int, Json]]


@pytest.fixture
def world() -> World:
    """A world with the project `shop`."""
    return a_world("cloudresourcemanager")


@pytest.fixture
def ask(world: World) -> Ask:
    """Status and body of a call."""
    return Services(world, "cloudresourcemanager/", [service]).ask
