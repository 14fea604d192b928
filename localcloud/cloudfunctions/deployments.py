"""Deploying: an operation that fetches the archive, builds it, and lets new instances be served from it.

A failed build leaves what was deployed before in service, with the operation's error the only trace [observed]; a
second deployment beside one that runs is refused as `unable to queue the operation` [observed].
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from localcloud.cloudfunctions.archives import BuildFailed, unpack
from localcloud.cloudfunctions.functions import deployments, running, shown
from localcloud.cloudfunctions.service import (
    FUNCTIONS,
    OPERATIONS,
    STEM,
    parent,
    require,
    service,
)
from localcloud.eventarc.triggers import trigger_function
from localcloud.faults import operation_faults
from localcloud.functions.runtime import RUNTIME
from localcloud.service import Call
from localcloud.storage import find_object
from localcloud.time.clock import rfc3339
from localcloud.wire.codes import rpc_status
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.messages import Json
from localcloud.wire.validation import camel
from localcloud.world import World

_TYPES = "type.googleapis.com/google.cloud.functions.v2"


@service.on(f"{STEM}.functions.create")
def create(call: Call) -> Json:
    """Deploy a new function; 409 if there is one of that name."""
    name = f"{parent(call)}/functions/{call.query('functionId')}"
    if name in call.world.store[FUNCTIONS]:
        raise Refused("ALREADY_EXISTS", f"Resource '{name}' already exists")
    if not call.query("functionId"):
        raise invalid("The request has errors: function_id is required.")
    return _deploy(call, name, dict(call.body), "CREATE_FUNCTION")


@service.on(f"{STEM}.functions.patch")
def patch(call: Call) -> Json:
    """Change the fields of the mask, or all that are given; the others stay as they are."""
    before = require(call, FUNCTIONS, "functionsId")
    if mask := call.query("updateMask"):
        fields: Json = {**before}
        for path in mask.split(","):
            fields = _with(fields, call.body, [camel(word) for word in path.split(".")])
    else:
        fields = {**before, **call.body}
    return _deploy(call, before["name"], fields, "UPDATE_FUNCTION")


def _with(fields: Json, given: Json, path: list[str]) -> Json:
    """`fields` with what `given` has at `path`; what it does not have is cleared."""
    head, *rest = path
    value: Any = given.get(head)
    if rest:
        value = _with(fields.get(head) or {}, value or {}, rest)
    changed = {**fields, head: value}
    return changed if value is not None else {key: each for key, each in changed.items() if key != head}


def _deploy(call: Call, name: str, fields: Json, kind: str) -> Json:
    source = fields.get("buildConfig", {}).get("source", {}).get("storageSource")
    if not source or not fields["buildConfig"].get("entryPoint"):
        raise invalid(
            "The request has errors: build_config.source.storage_source and build_config.entry_point are required."
        )
    found = find_object(call.world, source["bucket"], source["object"])
    if found is None:
        raise invalid(f"The source gs://{source['bucket']}/{source['object']} was not found.")
    pinned = {**source, "generation": found.metadata["generation"]}
    build = {
        **fields["buildConfig"],
        "source": {"storageSource": pinned},
        "sourceProvenance": {"resolvedStorageSource": pinned},
    }
    return _start(call, name, {**fields, "buildConfig": build}, found.data, kind)


def _start(call: Call, name: str, fields: Json, data: bytes, kind: str) -> Json:
    """Begin the operation, unless another is at work on the function."""
    world = call.world
    operations = world.store[OPERATIONS]
    if any(not each["done"] and each["metadata"]["target"] == name for each in operations.list()):
        raise Refused("ABORTED", "unable to queue the operation")
    operation = f"{parent(call)}/operations/{world.ids.operation(world.clock.now)}"
    metadata = {
        "@type": f"{_TYPES}.OperationMetadata",
        "createTime": rfc3339(world.clock.now),
        "target": name,
        "verb": "create" if kind == "CREATE_FUNCTION" else "update",
        "apiVersion": "v2",
        "operationType": kind,
    }
    built = partial(_contained, world, operation, partial(_built, world, operation, fields, data))
    world.ledger.perform("cloudfunctions.build", name, built)
    return operations.put(operation, {"name": operation, "metadata": metadata, "done": False})


def _built(world: World, operation: str, fields: Json, data: bytes) -> None:
    """The image is there, or the operation ends with what was wrong."""
    folder = world.folder / "code" / operation.rsplit("/", 1)[-1]
    folder.mkdir(parents=True)
    try:
        source = unpack(data, fields["buildConfig"]["entryPoint"], folder)
    except BuildFailed as failed:
        _end(world, operation, {"error": rpc_status("INVALID_ARGUMENT", str(failed))})
        return
    name = world.store[OPERATIONS].get(operation)["metadata"]["target"]  # type: ignore[index]
    rolled_out = partial(
        _contained, world, operation, partial(_rolled_out, world, operation, name, fields, source)
    )
    world.ledger.perform(
        "cloudfunctions.rollout", name, rolled_out, [world.ledger.latest("cloudfunctions.build", name)]
    )


def _rolled_out(world: World, operation: str, name: str, fields: Json, source: Path) -> None:
    """From now on instances are started from the new code."""
    before = world.store[FUNCTIONS].get(name)
    function = shown(world, name, fields, deployments(before) + 1 if before else 1)
    world[RUNTIME].deploy(running(fields, name, source))
    topic = fields.get("eventTrigger", {}).get("pubsubTopic")
    if before is None and topic:
        trigger_function(world, name.rsplit("/", 1)[-1], topic)
    _end(world, operation, {"response": {"@type": f"{_TYPES}.Function", **function}})


def _contained(world: World, operation: str, step: Callable[[], None]) -> None:
    """Take a step of an operation; a fault in the cloud's own code ends it with an error."""
    try:
        step()
    except Exception as fault:
        words = operation_faults.internal(world, operation, fault)
        _end(world, operation, {"error": rpc_status("INTERNAL", words)})


def _end(world: World, operation: str, outcome: Json) -> None:
    operations = world.store[OPERATIONS]
    found = operations.get(operation) or {}
    metadata = {**found["metadata"], "endTime": rfc3339(world.clock.now)}
    operations.put(operation, {**found, "metadata": metadata, "done": True, **outcome})
