"""Deploying: an operation that copies the archive, builds it, and lets new instances be served from it.

A failed build leaves what was deployed before in service, with the operation's error the only trace [observed]; a
function whose first deployment has failed is there and serves nobody [documented: Function.State]. A second
deployment beside one that runs is refused as `unable to queue the operation` [observed]. Every change builds anew, also
of settings alone [observed: hashicorp/terraform-provider-google#23781].
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from localcloud.cloudfunctions.archives import BuildFailed, unpack
from localcloud.cloudfunctions.checks import (
    DeploymentFailed,
    check_build,
    check_call,
    check_fields,
    check_service,
)
from localcloud.cloudfunctions.functions import begun
from localcloud.cloudfunctions.rollout import roll_out, take_down
from localcloud.cloudfunctions.service import FUNCTIONS, OPERATIONS, STEM, require, service
from localcloud.cloudfunctions.sources import copied, sent
from localcloud.faults import operation_faults
from localcloud.resources import location_path
from localcloud.service import Call
from localcloud.time.clock import rfc3339
from localcloud.wire.codes import rpc_status
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.masks import masked
from localcloud.wire.messages import Json
from localcloud.world import World

_TYPES = "type.googleapis.com/google.cloud.functions.v2"
_MAPS = ("labels",)
ID = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")  # [documented: Function.name, as Cloud Run's services]


@service.on(f"{STEM}.functions.create")
def create(call: Call) -> Json:
    """Deploy a new function; 409 if there is one of that name."""
    name = f"{location_path(call)}/functions/{call.query('functionId')}"
    if name in call.world.store[FUNCTIONS]:
        raise Refused("ALREADY_EXISTS", f"Resource '{name}' already exists")
    if not call.query("functionId"):
        raise invalid("The request has errors: function_id is required.")
    if not ID.fullmatch(call.query("functionId")):
        raise invalid(f"The request has errors: function_id must match {ID.pattern}.")  # words [inferred]
    fields = dict(call.body)
    _check(call.world, name, fields, with_trigger=True)
    operation = _deploy(call, name, fields, "create")
    begun(call.world, name, fields)
    return operation


@service.on(f"{STEM}.functions.patch")
def patch(call: Call) -> Json:
    """Change the fields of the mask, or all that are given; the others stay as they are."""
    before = require(call, FUNCTIONS, "functionsId")
    fields = masked(before, call.body, call.query("updateMask"), _MAPS)
    changed = fields.get("eventTrigger") != before.get("eventTrigger")
    _check(call.world, before["name"], fields, with_trigger=changed)
    return _deploy(call, before["name"], fields, "update")


@service.on(f"{STEM}.functions.delete")
def delete(call: Call) -> Json:
    """Delete a function, and with it its service, its trigger and the trigger's subscription."""
    function = require(call, FUNCTIONS, "functionsId")
    _refuse_beside_another(call.world, function["name"])
    operation = _begin(call, function["name"], "delete")
    gone = partial(_taken_down, call.world, operation["name"], function["name"])
    call.world.ledger.perform("cloudfunctions.delete", function["name"], gone)
    return operation


def _taken_down(world: World, operation: str, name: str) -> None:
    def take() -> None:
        take_down(world, world.store[FUNCTIONS].get(name) or {"name": name})
        _end(world, operation, {"response": {"@type": "type.googleapis.com/google.protobuf.Empty"}})

    _attempt(world, operation, name, take)


def _check(world: World, name: str, fields: Json, with_trigger: bool) -> None:
    check_fields(fields)
    sent(world, fields["buildConfig"]["source"]["storageSource"])
    check_call(world, name, fields, with_trigger)


def _deploy(call: Call, name: str, fields: Json, verb: str) -> Json:
    """Begin the operation, unless another is at work on the function."""
    world = call.world
    _refuse_beside_another(world, name)
    archive = sent(world, fields["buildConfig"]["source"]["storageSource"])
    copy = {"storageSource": copied(world, name, archive.data)}
    resolved = {"resolvedStorageSource": copy["storageSource"]}
    build = {**fields["buildConfig"], "source": copy, "sourceProvenance": resolved}
    operation = _begin(call, name, verb)
    built = partial(_built, world, operation["name"], name, {**fields, "buildConfig": build}, archive.data)
    world.ledger.perform("cloudfunctions.build", name, built)
    return operation


def _refuse_beside_another(world: World, name: str) -> None:
    """[observed: GoogleCloudPlatform/k8s-config-connector#12112].

    Raises:
        Refused: ABORTED.
    """
    operations = world.store[OPERATIONS].list()
    if any(not each["done"] and each["metadata"]["target"] == name for each in operations):
        raise Refused("ABORTED", "unable to queue the operation")


def _begin(call: Call, name: str, verb: str) -> Json:
    world = call.world
    operation = f"{location_path(call)}/operations/{world.ids.operation(world.clock.now)}"
    metadata = {
        "@type": f"{_TYPES}.OperationMetadata",
        "createTime": rfc3339(world.clock.now),
        "target": name,
        "verb": verb,
        "apiVersion": "v2",
        "operationType": f"{verb.upper()}_FUNCTION",
    }
    return world.store[OPERATIONS].put(operation, {"name": operation, "metadata": metadata, "done": False})


def _built(world: World, operation: str, name: str, fields: Json, data: bytes) -> None:
    """The image is there, or the operation ends with what was wrong."""

    def build() -> None:
        folder = world.folder / "code" / operation.rsplit("/", 1)[-1]
        folder.mkdir(parents=True)
        check_build(world, fields)
        source = unpack(data, fields["buildConfig"]["entryPoint"], folder)
        rolled_out = partial(_rolled_out, world, operation, name, fields, source)
        before = [world.ledger.latest("cloudfunctions.build", name)]
        world.ledger.perform("cloudfunctions.rollout", name, rolled_out, before)

    _attempt(world, operation, name, build)


def _rolled_out(world: World, operation: str, name: str, fields: Json, source: Path) -> None:
    """From now on instances are started from the new code."""

    def serve() -> None:
        new = (world.store[FUNCTIONS].get(name) or {}).get("state") != "ACTIVE"
        check_service(world, name, fields, new)
        function = roll_out(world, name, fields, source, source.parent)
        _end(world, operation, {"response": {"@type": f"{_TYPES}.Function", **function}})

    _attempt(world, operation, name, serve)


def _attempt(world: World, operation: str, name: str, stage: Callable[[], None]) -> None:
    """Go through a stage; what fails ends the operation, and a function that has never served is marked.

    So does a fault in the cloud's own code.
    """
    try:
        stage()
    except BuildFailed as failed:
        _fail(world, operation, name, "INVALID_ARGUMENT", str(failed))
    except DeploymentFailed as failed:
        _fail(world, operation, name, failed.code, str(failed))
    except Exception as fault:
        _fail(world, operation, name, "INTERNAL", operation_faults.internal(world, operation, fault))


def _fail(world: World, operation: str, name: str, code: str, words: str) -> None:
    _end(world, operation, {"error": rpc_status(code, words)})
    found = world.store[FUNCTIONS].get(name)
    if found is not None and found["state"] == "DEPLOYING":
        world.store[FUNCTIONS].change(name, state="FAILED")


def _end(world: World, operation: str, outcome: Json) -> None:
    operations = world.store[OPERATIONS]
    found = operations.get(operation) or {}
    metadata = {**found["metadata"], "endTime": rfc3339(world.clock.now)}
    operations.put(operation, {**found, "metadata": metadata, "done": True, **outcome})
