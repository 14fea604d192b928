"""What a load balancer's parts answer beyond get, list and delete: endpoints and their health."""

from __future__ import annotations

from localcloud.compute.kinds import BACKENDS, NEGS
from localcloud.compute.names import full_name
from localcloud.compute.resources import BEHAVIOURS, Behaviour, check_location, referred, shown
from localcloud.compute.service import service
from localcloud.service import Call
from localcloud.wire.messages import Json
from localcloud.world import World


def endpoints(world: World, group: str) -> list[Json]:
    """The endpoints of a network endpoint group (full name), in wire shape."""
    found: list[Json] = (world.store["compute.networkEndpoints"].get(group) or {}).get("endpoints", [])
    return found


def set_health(world: World, backend_service: str, group: str, state: str) -> None:
    """Say how the endpoints of `group` are, as `backend_service` sees them (full names): HEALTHY,
    UNHEALTHY…"""
    world.store["compute.health.internal"].put(f"{backend_service}|{group}", {"state": state})


def health(world: World, backend_service: str, group: str) -> str:
    """The last word of `set_health`; UNHEALTHY until there was one, as before the first probe passes
    [inferred]."""
    said = world.store["compute.health.internal"].get(f"{backend_service}|{group}")
    return str(said["state"]) if said else "UNHEALTHY"


@service.on("compute.networkEndpointGroups.listNetworkEndpoints")
def list_endpoints(call: Call) -> Json:
    """The endpoints of a group; with `healthStatus: SHOW`, their health for each backend service that uses
    it."""
    check_location(call)
    name = NEGS.name(call)
    shown(call.world, NEGS, name)
    shows = call.body.get("healthStatus") == "SHOW"
    healths = _healths(call.world, name) if shows else []
    items = [{"networkEndpoint": endpoint, "healths": healths} for endpoint in endpoints(call.world, name)]
    answer: Json = {"kind": "compute#networkEndpointGroupsListNetworkEndpoints", "id": name}
    return answer | ({"items": items} if items else {})


def _healths(world: World, group: str) -> list[Json]:
    return [
        {
            "backendService": {"backendService": service_["selfLink"]},
            "healthState": health(world, name, group),
        }
        for name, service_ in world.store["compute.backendServices"].items()
        if group in [full_name(backend["group"]) for backend in service_.get("backends", [])]
    ]


@service.on("compute.backendServices.getHealth")
def get_health(call: Call) -> Json:
    """The health of each endpoint of one of the service's groups."""
    check_location(call)
    name = BACKENDS.name(call)
    shown(call.world, BACKENDS, name)
    group = referred(call, NEGS, "group", call.body.get("group", ""))
    state = health(call.world, name, group)
    statuses = [
        {"ipAddress": each["ipAddress"], "port": each["port"], "healthState": state}
        for each in endpoints(call.world, group)
    ]
    answer: Json = {"kind": "compute#backendServiceGroupHealth"}
    return answer | ({"healthStatus": statuses} if statuses else {})


def _view(world: World, name: str, group: Json) -> Json:
    return group | {"size": len(endpoints(world, name))}


BEHAVIOURS["networkEndpointGroups"] = Behaviour(view=_view)
