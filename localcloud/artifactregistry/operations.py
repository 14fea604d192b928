"""Long-running operations: a creation and a deletion take a moment [observed: Config Connector's recordings]."""

from __future__ import annotations

from collections.abc import Callable

from localcloud.artifactregistry.service import OPERATIONS, STEM, service
from localcloud.resources import location_path, require
from localcloud.service import Call
from localcloud.wire.messages import Json

TYPES = "type.googleapis.com/google.devtools.artifactregistry.v1"
EMPTY: Json = {"@type": "type.googleapis.com/google.protobuf.Empty"}


@service.on(f"{STEM}.operations.get")
def get(call: Call) -> Json:
    """The operation as it stands."""
    return require(call, OPERATIONS, f"{location_path(call)}/operations/{call.params['operationsId']}")


def start(call: Call, kind: str, resource: str, finish: Callable[[], Json]) -> Json:
    """Begin work of `kind` on `resource`; `finish` does it when its time is over, and gives the response."""
    name = f"{location_path(call)}/operations/{call.world.ids.uid()}"
    operation = {"name": name, "metadata": {"@type": f"{TYPES}.OperationMetadata"}}
    operations = call.world.store[OPERATIONS]

    def done() -> None:
        operations.put(name, {**operation, "done": True, "response": finish()})

    call.world.ledger.perform(kind, resource, done)
    return operations.put(name, operation)
