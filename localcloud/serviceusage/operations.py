"""Long-running operations of Service Usage: `operations/acat.…`, not under any project [observed]."""

from __future__ import annotations

from collections.abc import Callable

from localcloud.projects import Project
from localcloud.service import Call
from localcloud.serviceusage.service import service
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Json
from localcloud.world import World

TYPES = "type.googleapis.com/google.api.serviceusage"


@service.on("serviceusage.operations.get")
def get(call: Call) -> Json:
    """The operation as it stands."""
    name = f"operations/{call.params['operationsId']}"
    operation = call.world.store["serviceusage.operations"].get(name)
    if operation is None:
        raise Refused("NOT_FOUND", f"Operation '{name}' not found.")
    return operation


def start(world: World, project: Project, kind: str, names: list[str], finish: Callable[[], Json]) -> Json:
    """Begin `kind` on each of the APIs; `finish` is called when the last is done and gives the response."""
    name = f"operations/acat.p2-{project.number}-{world.ids.uid()}"
    resources = [f"projects/{project.number}/services/{api}" for api in names]
    left = set(names)

    def done(api: str) -> None:
        left.discard(api)
        if not left:
            metadata = {"@type": f"{TYPES}.v1.OperationMetadata", "resourceNames": resources}
            world.store["serviceusage.operations"].put(
                name, {"name": name, "metadata": metadata, "done": True, "response": finish()}
            )

    operation = world.store["serviceusage.operations"].put(name, {"name": name})
    for api in names:
        world.ledger.perform(kind, f"projects/{project.id}/services/{api}", lambda api=api: done(api))  # type: ignore[misc]
    return operation


def finished(response: Json, name: str = "operations/noop.DONE_OPERATION") -> Json:
    """An operation that had nothing to wait for."""
    return {"name": name, "done": True, "response": response}
