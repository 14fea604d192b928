"""The hub's long-running operations, and how one is begun.

`response` carries the resource with its name, by which gcloud fetches the result; deletions answer with Empty
[observed]. An operation is told in the words of the version that asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from localcloud.faults import operation_faults
from localcloud.gkehub.names import location_of, not_found
from localcloud.gkehub.service import service
from localcloud.service import Call
from localcloud.time.clock import rfc3339
from localcloud.time.ledger import Work
from localcloud.wire.messages import Json
from localcloud.world import World

_METADATA = "type.googleapis.com/google.cloud.gkehub.v1.OperationMetadata"


@dataclass(frozen=True)
class Change:
    """What an operation does to one resource of the hub.

    `kind` is the timing table's; `verb` create, update or delete; `type` the resource's (Feature,
    Membership).
    `done` makes the change, `undone` leaves the resource as a failure does.
    """

    kind: str
    verb: str
    type: str
    target: str
    done: Callable[[], None]
    undone: Callable[[], None]
    version: str = "v1"

    @property
    def collection(self) -> str:
        """Where its resource is stored."""
        return f"gkehub.{self.type.lower()}s"


def begin(world: World, change: Change, after: tuple[Work | None, ...] = ()) -> Json:
    """Start a change; the operation as the hub answers it."""
    location = change.target.rsplit("/", 2)[0]
    name = f"{location}/operations/{world.ids.operation(world.clock.now)}"
    operation = {
        "name": name,
        "metadata": {
            "@type": _METADATA,
            "createTime": rfc3339(world.clock.now),
            "target": change.target,
            "verb": change.verb,
            "apiVersion": change.version,
        },
        "done": False,
    }
    world.store["gkehub.operations"].put(name, operation)
    world.ledger.perform(change.kind, change.target, lambda: _end(world, name, change), after)
    return in_version(operation, change.version)


def _end(world: World, name: str, change: Change) -> None:
    error = operation_faults.finish(world, change.kind, change.target, change.done)
    if error is not None:
        change.undone()
    operation = world.store["gkehub.operations"].get(name)
    if operation is None:
        return
    result = {"error": error} if error else {"response": _response(world, change)}
    metadata = {**operation["metadata"], "endTime": rfc3339(world.clock.now)}
    world.store["gkehub.operations"].change(name, done=True, metadata=metadata, **result)


def fail_at_once(world: World, change: Change, code: str, message: str) -> Json:
    """An operation that was over when it began: what is only found out after the call was taken."""
    operation = begin(world, change)
    operation_faults.plan(world, change.kind, change.target, code, message)
    return operation


def _response(world: World, change: Change) -> Json:
    if change.verb == "delete":
        return {"@type": "type.googleapis.com/google.protobuf.Empty"}
    resource = world.store[change.collection].get(change.target) or {"name": change.target}
    return {"@type": f"type.googleapis.com/google.cloud.gkehub.v1.{change.type}", **resource}


def in_version(operation: Json, version: str) -> Json:
    """An operation with its types in the words of `version`."""
    result = dict(operation)
    for part in ("metadata", "response"):
        if part in result:
            kind = result[part]["@type"].replace("gkehub.v1.", f"gkehub.{version}.")
            result[part] = {**result[part], "@type": kind}
    return result


@service.on("gkehub.projects.locations.operations.get")
def get(call: Call) -> Json:
    """operations.get."""
    name = f"{location_of(call)}/operations/{call.params['operationsId']}"
    operation = call.world.store["gkehub.operations"].get(name)
    if operation is None:
        raise not_found(name)
    return in_version(operation, call.version)


@service.on("gkehub.projects.locations.operations.list")
def list_operations(call: Call) -> Json:
    """operations.list; the location `-` is all of them."""
    prefix = location_of(call).removesuffix("-")
    operations = call.world.store["gkehub.operations"].list(prefix if prefix.endswith("/") else f"{prefix}/")
    return {"operations": [in_version(operation, call.version) for operation in operations]}


@service.on("gkehub.projects.locations.operations.cancel")
def cancel(call: Call) -> Json:
    """operations.cancel: asked for, and noted; the hub does its best, which here is to finish
    [documented]."""
    name = f"{location_of(call)}/operations/{call.params['operationsId']}"
    operation = call.world.store["gkehub.operations"].get(name)
    if operation is None:
        raise not_found(name)
    if not operation["done"]:
        metadata = {**operation["metadata"], "cancelRequested": True}
        call.world.store["gkehub.operations"].change(name, metadata=metadata)
    return {}
