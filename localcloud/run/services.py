"""Services (run v2 projects.locations.services). A function's deployment makes one; by this API they are looked at.

A service's policy is of its own and outlives deployments; it goes with the service.
"""

from __future__ import annotations

from localcloud.iam.grants import forget
from localcloud.iam.policies import serve_policies
from localcloud.ids import keyed_uid
from localcloud.resources import in_location, location_path, require
from localcloud.run.service import SERVICES, STEM, service
from localcloud.service import Call, page
from localcloud.time.clock import rfc3339
from localcloud.wire.messages import Json
from localcloud.world import World


def put_service(world: World, name: str, fields: Json) -> Json:
    """A service as this deployment leaves it, made if it is not there; `fields` has `template` with its revision."""
    now = rfc3339(world.clock.now, 6)
    before = world.store[SERVICES].get(name)
    generation = int(before["generation"]) + 1 if before else 1
    revision = f"{name}/revisions/{fields['template']['revision']}"
    return world.store[SERVICES].put(
        name,
        {
            **fields,
            "name": name,
            "uid": before["uid"] if before else keyed_uid(f"{name} {now}"),
            "generation": str(generation),
            "observedGeneration": str(generation),
            "createTime": before["createTime"] if before else now,
            "updateTime": now,
            "launchStage": "GA",
            "traffic": [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}],
            "latestReadyRevision": revision,
            "latestCreatedRevision": revision,
            "terminalCondition": {"type": "Ready", "state": "CONDITION_SUCCEEDED", "lastTransitionTime": now},
            "urls": [fields["uri"]],
            "etag": f'"{keyed_uid(f"{name} {generation} {now}")}"',
        },
    )


def remove_service(world: World, name: str) -> None:
    """Delete a service, with its policy."""
    world.store[SERVICES].delete(name)
    forget(world, name)


@service.on(f"{STEM}.get")
def get(call: Call) -> Json:
    """One service."""
    return require(
        call,
        SERVICES,
        _name(call),
        f"Resource '{call.params['servicesId']}' of kind 'SERVICE' in region "
        f"'{call.params['locationsId']}' in project '{call.project}' does not exist.",
    )


@service.on(f"{STEM}.list")
def list_services(call: Call) -> Json:
    """The services of a location."""
    return page(call, "services", in_location(call, SERVICES), 100)


def _name(call: Call) -> str:
    return f"{location_path(call)}/services/{call.params['servicesId']}"


def _holder(call: Call) -> str:
    """The service that the path names, as the holder of a policy.

    Raises:
        Refused: NOT_FOUND.
    """
    get(call)
    return _name(call)


serve_policies(service, STEM, _holder)
