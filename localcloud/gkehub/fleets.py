"""A project's fleet: there is one, `default`, from the first registration on."""

from __future__ import annotations

from localcloud.gkehub.names import location_of, not_found
from localcloud.gkehub.service import service
from localcloud.service import Call
from localcloud.time.clock import rfc3339
from localcloud.wire.messages import Json
from localcloud.world import World


def ensure_fleet(world: World, project: str) -> None:
    """Make the project's fleet if it has none: the first registration does that [inferred]."""
    name = f"projects/{project}/locations/global/fleets/default"
    if name in world.store["gkehub.fleets"]:
        return
    now = rfc3339(world.clock.now)
    fleet = {"name": name, "uid": world.ids.uid(), "createTime": now, "updateTime": now}
    world.store["gkehub.fleets"].put(name, {**fleet, "state": {"code": "READY"}})


@service.on("gkehub.projects.locations.fleets.get")
def get(call: Call) -> Json:
    """fleets.get."""
    name = f"{location_of(call)}/fleets/{call.params['fleetsId']}"
    fleet = call.world.store["gkehub.fleets"].get(name)
    if fleet is None:
        raise not_found(name)
    return fleet


@service.on("gkehub.projects.locations.fleets.list")
def list_fleets(call: Call) -> Json:
    """fleets.list: one at most."""
    fleets = call.world.store["gkehub.fleets"].list(f"{location_of(call).removesuffix('-')}")
    return {"fleets": fleets} if fleets else {}
