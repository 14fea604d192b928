"""Operations that are to fail: planned beforehand, met when the operation ends.

A plan is for the next operation of a kind (as in the timing table) on one resource, and is used up by it.
"""

from __future__ import annotations

from localcloud.wire.messages import Json
from localcloud.world import World

_COLLECTION = "operations.mishaps"


def plan(world: World, kind: str, resource: str, code: int, message: str) -> None:
    """Let the next operation of `kind` on `resource` end with this error.

    Args:
        world: the world it happens in.
        kind: a kind of the timing table, `container.clusters.create`.
        resource: the full name of what the operation works on.
        code: the canonical code's number (google.rpc.Code), 8 for RESOURCE_EXHAUSTED.
        message: Google's words.
    """
    world.store[_COLLECTION].put(f"{kind} {resource}", {"code": code, "message": message})


def due(world: World, kind: str, resource: str) -> Json | None:
    """The google.rpc.Status that this operation ends with, or None; it is used up."""
    key = f"{kind} {resource}"
    error = world.store[_COLLECTION].get(key)
    world.store[_COLLECTION].delete(key)
    return error
