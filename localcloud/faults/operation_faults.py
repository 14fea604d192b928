"""Operations that are to fail: planned beforehand, injected when the operation ends.

A plan is for the next operations of a kind (as in the timing table) on one resource, and is used up by them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from localcloud.wire.codes import code_of, rpc_status
from localcloud.wire.errors import REASONS, Refused
from localcloud.wire.messages import Json
from localcloud.world import World

_log = logging.getLogger(__name__)

_COLLECTION = "operations.faults"


def plan(world: World, kind: str, resource: str, code: str, message: str, times: int | None = 1) -> None:
    """Let the next operations of `kind` on `resource` end with this error.

    Args:
        world: the world it happens in.
        kind: a kind of the timing table, `container.clusters.create`.
        resource: the full name of what the operation works on.
        code: the canonical code (google.rpc.Code), such as RESOURCE_EXHAUSTED.
        message: Google's words.
        times: how many of them; None is for good.

    Raises:
        ValueError: there is no such code.
    """
    planned = {"error": rpc_status(code, message), "times": times}
    world.store[_COLLECTION].put(f"{kind} {resource}", planned)


def finish(world: World, kind: str, resource: str, done: Callable[[], None]) -> Json | None:
    """Let an operation end: by its plan, or by `done`, whose refusal is the operation's error.

    A fault in the cloud's own code ends it, too, where the cloud outlives faults: with INTERNAL, and it is logged.

    Returns:
        The google.rpc.Status of the failure, or None.
    """
    if error := _planned(world, f"{kind} {resource}"):
        return error
    try:
        done()
    except Refused as refusal:
        return rpc_status(refusal.status, refusal.message)
    except Exception as fault:
        return rpc_status("INTERNAL", internal(world, f"{kind} of {resource}", fault))
    return None


def internal(world: World, what: str, fault: Exception) -> str:
    """What an operation says of a fault in the cloud's own code, which is logged.

    Raises:
        Exception: the fault itself, where the cloud does not outlive faults.
    """
    if not world.clock.outlives_faults:
        raise fault
    _log.error("%s failed, and ends with an error", what, exc_info=fault)
    return "Internal error."


def refuse_planned(world: World, kind: str, resource: str) -> None:
    """Refuse if an operation is planned to fail, for services that write an operation's error by themselves.

    Raises:
        Refused: as it was planned.
    """
    if error := _planned(world, f"{kind} {resource}"):
        status = code_of(error)
        raise Refused(status, error["message"], REASONS.get(status, "badRequest"))


def _planned(world: World, key: str) -> Json | None:
    """The error that is planned, which uses up one of its times."""
    planned = world.store[_COLLECTION].get(key)
    if planned is None:
        return None
    error: Json = planned["error"]
    if planned["times"] is not None and planned["times"] > 1:
        world.store[_COLLECTION].put(key, {**planned, "times": planned["times"] - 1})
    elif planned["times"] is not None:
        world.store[_COLLECTION].delete(key)
    return error
