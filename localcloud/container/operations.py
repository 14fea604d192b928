"""GKE's operations: one changes a cluster at a time, and a failed one is DONE with `error` and
`statusMessage`.

An operation lives where its cluster does, in a zone or a region. gcloud looks at `statusMessage` alone and
the client libraries at `error`, so both are there [observed].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from localcloud.container.names import Parent, numbered_link, parent_in, parent_of, short
from localcloud.container.service import service
from localcloud.faults import operation_faults
from localcloud.faults.outages import OUTAGES
from localcloud.service import Call
from localcloud.time.clock import rfc3339
from localcloud.time.ledger import Work
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Json
from localcloud.world import World

_METRICS = {
    "CLUSTER_CONFIGURING": "8",
    "CLUSTER_CONFIGURING_TOTAL": "8",
    "CLUSTER_DEPLOYING": "12",
    "CLUSTER_DEPLOYING_TOTAL": "12",
    "CLUSTER_HEALTHCHECKING": "1",
    "CLUSTER_HEALTHCHECKING_TOTAL": "2",
}


@dataclass(frozen=True)
class Change:
    """What an operation does to a cluster.

    `kind` is the timing table's, `type` the wire's. `done` is called when it has worked, `undone` with the
    google.rpc.Status when it has not. `pool` is the node pool it is about, if it is about one; `steps` are
    what happens while it runs, in equal parts of its time.
    """

    kind: str
    type: str
    done: Callable[[], None]
    undone: Callable[[Json], None]
    pool: str = ""
    steps: Sequence[Callable[[], None]] = ()


def refuse_if_busy(world: World, cluster: str) -> None:
    """Refuse a second change of a cluster while one is running.

    Raises:
        Refused: FAILED_PRECONDITION, HTTP 400 (rancher/gke-operator#509 shows the answer) [observed].
    """
    running = _running(world, cluster)
    if running is not None:
        details = [{"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": _request_id(world)}]
        words = f"Cluster is running incompatible operation {running}."
        raise Refused("FAILED_PRECONDITION", words, "failedPrecondition", details)


def begin(world: World, cluster: str, change: Change, after: tuple[Work | None, ...] = ()) -> Json:
    """Start a change of a cluster (by full name); the operation as Google answers it."""
    parent, name = parent_in(cluster), world.ids.operation(world.clock.now)
    full_name = f"{parent.prefix}/operations/{name}"
    operation = {
        "name": name,
        "zone": parent.location,
        "operationType": change.type,
        "status": "RUNNING",
        "selfLink": numbered_link(world, parent, f"operations/{name}"),
        "targetLink": numbered_link(world, parent, _target(cluster, change)),
        "startTime": rfc3339(world.clock.now),
    }
    world.store["container.operations"].put(full_name, operation)
    world.store["container.operations.running"].put(cluster, {"operation": name})
    work = world.ledger.perform(change.kind, cluster, lambda: _end(world, full_name, cluster, change), after)
    for nth, step in enumerate(change.steps, 1):
        world.clock.after((work.end - work.start) * nth / (len(change.steps) + 1), step)
    return operation


def _target(cluster: str, change: Change) -> str:
    pool = f"/nodePools/{change.pool}" if change.pool else ""
    return f"clusters/{short(cluster)}{pool}"


def _end(world: World, name: str, cluster: str, change: Change) -> None:
    world.store["container.operations.running"].delete(cluster)
    error = operation_faults.finish(world, change.kind, cluster, change.done)
    if error is not None:
        change.undone(error)
    fields: Json = {"status": "DONE", "endTime": rfc3339(world.clock.now)}
    if change.type == "CREATE_CLUSTER":
        fields["progress"] = {"metrics": [{"name": n, "intValue": v} for n, v in _METRICS.items()]}
    if error is not None:
        fields |= {"error": error, "statusMessage": error["message"]}
    world.store["container.operations"].change(name, **fields)


def _running(world: World, cluster: str) -> str | None:
    entry = world.store["container.operations.running"].get(cluster)
    return str(entry["operation"]) if entry else None


def _request_id(world: World) -> str:
    return f"0x{world.ids.hex(16)}"


@service.on("container.projects.locations.operations.get")
def get(call: Call) -> Json:
    """operations.get."""
    return _operation(call)


@service.on("container.projects.locations.operations.list")
def list_operations(call: Call) -> Json:
    """operations.list; the location `-` is all of them."""
    operations, missing = under(call.world, "container.operations", parent_of(call), "operations")
    return {"operations": operations} | missing


@service.on("container.projects.locations.operations.cancel")
def cancel(call: Call) -> Json:
    """operations.cancel.

    Only node upgrades can be cancelled (cloud.google.com/kubernetes-engine/docs, `operations cancel`)
    [documented], and none is made here, so every operation refuses it; the wording is [inferred].
    """
    operation = _operation(call)
    state = "already done" if operation["status"] == "DONE" else f"of type {operation['operationType']}"
    raise Refused("FAILED_PRECONDITION", f"Operation {operation['name']} is {state} and cannot be cancelled.")


def _operation(call: Call) -> Json:
    parent = parent_of(call)
    name = f"{parent.prefix}/operations/{call.params['operationsId']}"
    operation = call.world.store["container.operations"].get(name)
    if operation is None:
        raise Refused("NOT_FOUND", f"Not found: {parent.shown}/operations/{short(name)}.")
    return operation


def under(world: World, kind: str, parent: Parent, segment: str) -> tuple[list[Json], Json]:
    """The resources of a kind in a place, and `missingZones`, if there are any [documented: both lists].

    The location `-` is every one of the project. A regional cluster of a region that cannot be reached is missing with
    the region's zones: no other word for it is documented [inferred].
    """
    if parent.location != "-":
        return world.store[kind].list(f"{parent.prefix}/{segment}/"), {}
    outages = world[OUTAGES]
    found = world.store[kind].items(f"projects/{parent.project}/locations/")
    seen = [each for name, each in found if not outages.hides(parent_in(name).location)]
    return seen, {"missingZones": outages.zones} if outages.zones else {}
