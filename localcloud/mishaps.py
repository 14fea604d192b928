"""Operations that are to fail: planned beforehand, met when the operation ends.

A plan is for the next operation of a kind (as in the timing table) on one resource, and is used up by it.
"""

from __future__ import annotations

from collections.abc import Callable

from localcloud.wire.errors import Refused
from localcloud.wire.messages import Json
from localcloud.world import World

_COLLECTION = "operations.mishaps"

# google.rpc.Code, as far as an operation may end with it [documented].
_NUMBERS = {
    "INVALID_ARGUMENT": 3,
    "NOT_FOUND": 5,
    "ALREADY_EXISTS": 6,
    "PERMISSION_DENIED": 7,
    "RESOURCE_EXHAUSTED": 8,
    "FAILED_PRECONDITION": 9,
    "ABORTED": 10,
    "INTERNAL": 13,
    "UNAVAILABLE": 14,
}


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


def met(world: World, kind: str, resource: str, done: Callable[[], None]) -> Json | None:
    """Let an operation end: by its plan, which is used up, or by `done`, whose refusal is the operation's error.

    Returns:
        The google.rpc.Status of the failure, or None.
    """
    key = f"{kind} {resource}"
    error = world.store[_COLLECTION].get(key)
    world.store[_COLLECTION].delete(key)
    if error is not None:
        return error
    try:
        done()
    except Refused as refusal:
        return {"code": _NUMBERS[refusal.status], "message": refusal.message}
    return None
