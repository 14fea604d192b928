"""workflows v1: deploying, reading and deleting workflows; each change is a long-running operation.

A source with faults is accepted by the call and refused by its operation: gcloud prints the error of an
operation, `[INVALID_ARGUMENT] failed to build: …` [observed].
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from localcloud.iam.authorization import RunsAsAccount
from localcloud.resources import in_location, location_path
from localcloud.service import Call, Service, page
from localcloud.time.clock import rfc3339
from localcloud.wire.codes import rpc_status
from localcloud.wire.errors import Refused, Style, invalid, not_implemented
from localcloud.wire.messages import Json
from localcloud.wire.validation import camel
from localcloud.workflows import definitions
from localcloud.workflows.errors import DeployError
from localcloud.workflows.executions import EXECUTIONS
from localcloud.world import World

service = Service(
    "workflows",
    "workflows.googleapis.com",
    ["v1"],
    Style.NEWER,
    history=frozenset({definitions.WORKFLOWS, definitions.REVISIONS}),
    authorization=RunsAsAccount(__file__, definitions.WORKFLOWS),
)

_log = logging.getLogger(__name__)

_STEM = "workflows.projects.locations"
_TYPES = "type.googleapis.com/google.cloud.workflows.v1"
_SETTABLE = (
    *definitions.REVISED_BY, "description", "labels", "callLogLevel", "executionHistoryLevel", "tags",
)  # fmt: skip


def workflow_name(call: Call) -> str:
    """The full name of the path's workflow, with the project's id."""
    return f"{location_path(call)}/workflows/{call.params['workflowsId']}"


@service.on(f"{_STEM}.workflows.create")
def create(call: Call) -> Json:
    """Deploy a new workflow; 409 if there is one of that name."""
    workflow_id = call.query("workflowId")
    definitions.check_id(workflow_id)
    name = f"{location_path(call)}/workflows/{workflow_id}"
    if name in call.world.store[definitions.WORKFLOWS]:
        raise Refused("ALREADY_EXISTS", f"Workflow '{name}' already exists.")
    fields = {key: value for key, value in call.body.items() if key in _SETTABLE}
    return _deploy(call, name, "create", fields)


@service.on(f"{_STEM}.workflows.patch")
def patch(call: Call) -> Json:
    """Change the fields of the mask, or all that are given; the executions under way keep their revision."""
    name = workflow_name(call)
    definitions.workflow(call.world, name)
    mask = call.query("updateMask")
    paths = [camel(path) for path in mask.split(",")] if mask else list(call.body)
    for path in paths:
        if mask and path.split(".")[0] not in _SETTABLE:
            raise invalid(f"Field '{path}' cannot be updated.")
    fields = {path: call.body.get(path) for path in paths if path in _SETTABLE}
    return _deploy(call, name, "update", fields)


def _deploy(call: Call, name: str, verb: str, fields: Json) -> Json:
    definitions.check_fields(fields)
    account = fields.get("serviceAccount")
    if account and not account.startswith("projects/"):  # an e-mail address alone will do [documented]
        fields["serviceAccount"] = f"{'/'.join(name.split('/')[:2])}/serviceAccounts/{account}"
    return _start(call, name, verb, lambda: definitions.put(call.world, name, fields))


@service.on(f"{_STEM}.workflows.delete")
def delete(call: Call) -> Json:
    """Delete a workflow; its executions are cancelled and go with it [documented]."""
    name = workflow_name(call)
    definitions.workflow(call.world, name)

    def finish() -> Json | None:
        call.world[EXECUTIONS].forget(name)
        definitions.delete(call.world, name)
        return None

    return _start(call, name, "delete", finish)


@service.on(f"{_STEM}.workflows.get")
def get(call: Call) -> Json:
    """A workflow, or one revision of it."""
    name, revision_id = workflow_name(call), call.query("revisionId")
    newest = definitions.workflow(call.world, name)
    return definitions.revision(call.world, name, revision_id) if revision_id else newest


@service.on(f"{_STEM}.workflows.list")
def list_workflows(call: Call) -> Json:
    """Workflows of a location, or of all (`-`).

    Raises:
        Refused: UNIMPLEMENTED, a filter or an order, which are not modelled.
    """
    for name in ("filter", "orderBy"):
        if call.query(name):
            raise not_implemented(f"{call.method} with {name}")
    return page(call, "workflows", in_location(call, definitions.WORKFLOWS), 500)


@service.on(f"{_STEM}.workflows.listRevisions")
def list_revisions(call: Call) -> Json:
    """Revisions of a workflow, the newest first."""
    name = workflow_name(call)
    definitions.workflow(call.world, name)
    return page(call, "workflows", definitions.revisions(call.world, name), 100)


@service.on(f"{_STEM}.operations.get")
def get_operation(call: Call) -> Json:
    """An operation as it stands."""
    name = f"{location_path(call)}/operations/{call.params['operationsId']}"
    operation = call.world.store["workflows.operations"].get(name)
    if operation is None:
        raise Refused("NOT_FOUND", f"Operation '{name}' was not found.")
    return operation


@service.on(f"{_STEM}.operations.list")
def list_operations(call: Call) -> Json:
    """Operations of a location."""
    found = call.world.store["workflows.operations"].list(f"{location_path(call)}/operations/")
    return page(call, "operations", found, 100)


def _start(call: Call, target: str, verb: str, finish: Callable[[], Json | None]) -> Json:
    """Begin an operation; `finish` does it, at its end, and gives the workflow or None."""
    world, operations = call.world, call.world.store["workflows.operations"]
    name = f"{location_path(call)}/operations/{world.ids.operation(world.clock.now)}"
    metadata = {
        "@type": f"{_TYPES}.OperationMetadata",
        "createTime": rfc3339(world.clock.now),
        "target": target,
        "verb": verb,
        "apiVersion": call.version,
    }

    def done() -> None:
        ended = {**metadata, "endTime": rfc3339(world.clock.now)}
        operations.put(name, {"name": name, "metadata": ended, "done": True, **_outcome(world, finish)})

    world.ledger.perform("workflows.deploy", target, done)
    return operations.put(name, {"name": name, "metadata": metadata, "done": False})


def _outcome(world: World, finish: Callable[[], Json | None]) -> Json:
    try:
        workflow = finish()
    except DeployError as error:
        return {"error": rpc_status("INVALID_ARGUMENT", str(error))}
    except Refused as refused:  # the workflow was deleted meanwhile
        return {"error": rpc_status("NOT_FOUND", refused.message)}
    except Exception:
        if not world.clock.outlives_faults:
            raise
        _log.exception("a workflow's operation failed, and ends with INTERNAL")
        return {"error": rpc_status("INTERNAL", "Internal error encountered.")}
    if workflow is None:
        return {"response": {"@type": "type.googleapis.com/google.protobuf.Empty"}}
    return {"response": {"@type": f"{_TYPES}.Workflow", **workflow}}
