"""Operations: what a mutation answers, and how it ends.

While one runs, its target is *pending*: the name is taken, and another change of it, or a reference to it, is
refused as not ready [observed: terraform-provider-google#10972]. A subnetwork or network that is being made
cannot be read yet [inferred: its documented states have none for that]; an address can, as RESERVING
[documented].
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Callable
from http import HTTPStatus

from localcloud.compute.errors import not_found, not_ready
from localcloud.compute.names import full_name, project_of, scope_of, url
from localcloud.compute.service import service
from localcloud.faults import operation_faults
from localcloud.service import Call
from localcloud.time.clock import rfc3339_pacific
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.messages import Json, Response
from localcloud.wire.validation import snake
from localcloud.world import World

LONGEST_WAIT = 120.0  # seconds that `wait` holds a call [documented: two minutes]
A_MOMENT = 0.001  # seconds after the end of an operation, so that it is over whatever the sums are rounded to
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def repeated(call: Call) -> Json | None:
    """The operation that a call with the same `requestId` began, as it stands now [documented].

    Raises:
        Refused: the id is not a UUID, or is the zero UUID [documented rule, inferred words].
    """
    key = call.query("requestId")
    if not key:
        return None
    if not _UUID.fullmatch(key) or not key.strip("0-"):
        raise invalid(f"Invalid value for field 'requestId': '{key}'. Must be a valid non-zero UUID.")
    known = call.world.store["compute.requests.internal"].get(f"{call.project}/{key}")
    return call.world.store["compute.operations"].get(known["operation"]) if known else None


def pending(world: World, name: str) -> Json | None:
    """The change under way on `name`: {operation, until, resource}; the resource only while it is being made."""
    return world.store["compute.pending.internal"].get(name)


def refuse_pending(world: World, name: str) -> None:
    """Refuse if a change of `name` is under way.

    Raises:
        Refused: 400 resourceNotReady.
    """
    if pending(world, name) is not None:
        raise not_ready(name)


def begin(
    call: Call,
    target: str,
    target_id: str,
    then: Callable[[], None],
    takes: str = "",
    making: Json | None = None,
) -> Json:
    """Begin an operation on `target` and answer it.

    `takes` is its kind in the timing table; without one it is done at once. `then` makes the change when the
    time is over; a `Refused` that it raises is the operation's error. `making` is the resource if it is being
    made.
    """
    world = call.world
    operation = _new(call, target, target_id)
    name = f"{'/'.join(target.split('/')[:-2])}/operations/{operation['name']}"
    operation["selfLink"] = url(name)
    world.store["compute.operations"].put(name, operation)
    if key := call.query("requestId"):
        world.store["compute.requests.internal"].put(f"{call.project}/{key}", {"operation": name})
    if takes:
        work = world.ledger.perform(takes, target, lambda: _finish(world, name, target, then, takes))
        under_way = {"operation": name, "until": work.end, "resource": making}
        world.store["compute.pending.internal"].put(target, under_way)
    else:
        _finish(world, name, target, then)
    return world.store["compute.operations"].get(name) or {}


def _new(call: Call, target: str, target_id: str) -> Json:
    now = rfc3339_pacific(call.world.clock.now)
    scope = scope_of(target)
    operation = {
        "kind": "compute#operation",
        "id": call.world.ids.number(),
        "name": call.world.ids.operation(call.world.clock.now),
        "operationType": call.method.rsplit(".", 1)[1],
        "status": "RUNNING",
        "progress": 0,
        "targetLink": url(target),
        "targetId": target_id,
        "user": call.caller.identity,
        "insertTime": now,
        "startTime": now,
    }
    if scope != "global":
        operation[scope.split("/")[0].removesuffix("s")] = url(f"projects/{project_of(target)}/{scope}")
    return operation


def _finish(world: World, name: str, target: str, then: Callable[[], None], kind: str = "") -> None:
    world.store["compute.pending.internal"].delete(target)
    ended = {"status": "DONE", "progress": 100, "endTime": rfc3339_pacific(world.clock.now)}
    try:
        operation_faults.refuse_planned(world, kind, target)
        then()
    except Refused as refused:
        ended |= _failure(refused)
        _forget(world, target)
    except Exception as fault:
        words = operation_faults.internal(world, f"{kind or 'an operation'} of {target}", fault)
        ended |= _failure(Refused("INTERNAL", words))
        _forget(world, target)
    if name in world.store["compute.operations"]:
        world.store["compute.operations"].change(name, **ended)


def _forget(world: World, target: str) -> None:
    """An address could be read while it was being reserved, and is none."""
    if (world.store["compute.addresses"].get(target) or {}).get("status") == "RESERVING":
        world.store["compute.addresses"].delete(target)


def _failure(refused: Refused) -> Json:
    """The error of a finished operation: its code is the reason in upper snake case [observed]."""
    error = {"code": snake(refused.reason).upper(), "message": refused.message}
    return {
        "error": {"errors": [error]},
        "httpErrorStatusCode": refused.code,
        "httpErrorMessage": HTTPStatus(refused.code).phrase.upper(),
    }


def operation_name(call: Call) -> str:
    """The full name of the operation that the call's path names.

    Raises:
        Refused: there is none.
    """
    scope = next(
        (f"{kind}s/{call.params[kind]}" for kind in ("region", "zone") if kind in call.params), "global"
    )
    name = f"projects/{call.project}/{scope}/operations/{call.params['operation']}"
    if name not in call.world.store["compute.operations"]:
        raise not_found(name)
    return name


@service.on("compute.globalOperations.wait", "compute.regionOperations.wait", "compute.zoneOperations.wait")
def wait(call: Call) -> Json | Response:
    """Answer when the operation is done, or after two minutes [documented: compute/docs/reference/rest/v1/
    regionOperations/wait].

    "In uncommon cases" it may answer before that, even at once [documented: the same]; a fault can have it so.
    """
    name = operation_name(call)
    operation = call.world.store["compute.operations"].get(name) or {}
    if operation["status"] == "DONE":
        return operation
    if call.caller.instance is not None:
        return _held(call.world, name, operation)
    return Response(
        headers={"content-type": "application/json"}, stream=_when_done(call.world, name, asyncio.Event())
    )


def _held(world: World, name: str, operation: Json) -> Response:
    """The answer for an instance, whose schedule knows how long it waits."""
    under_way = pending(world, full_name(operation["targetLink"])) or {}
    until = under_way["until"] + A_MOMENT if under_way.get("operation") == name else world.clock.now
    seconds = min(max(until - world.clock.now, 0.0), LONGEST_WAIT)
    return Response(
        latency=seconds, late=lambda: Response.of_json(world.store["compute.operations"].get(name) or {})
    )


async def _when_done(world: World, name: str, over: asyncio.Event) -> AsyncGenerator[bytes, None]:
    operations = world.store["compute.operations"]

    def look(changed: str, operation: Json | None) -> None:
        if changed == name and (operation is None or operation["status"] == "DONE"):
            over.set()

    unsubscribe = operations.subscribe(look)
    timer = world.clock.after(LONGEST_WAIT, over.set)
    try:
        if (operations.get(name) or {}).get("status") == "RUNNING":
            await over.wait()
    finally:
        timer.cancel()
        unsubscribe()
    yield json.dumps(operations.get(name) or {}).encode()


@service.on(
    "compute.globalOperations.delete", "compute.regionOperations.delete", "compute.zoneOperations.delete"
)
def delete(call: Call) -> Response:
    """Forget an operation; what it does goes on [documented]."""
    call.world.store["compute.operations"].delete(operation_name(call))
    return Response(204)
