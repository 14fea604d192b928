"""Firewall rules of a network, as data: nothing here filters traffic."""

from __future__ import annotations

from functools import partial

from localcloud.compute.kinds import FIREWALLS, NETWORKS
from localcloud.compute.names import bad_field, check_name, short, url
from localcloud.compute.operations import begin, refuse_pending, repeated
from localcloud.compute.resources import check_location, referred, refuse_taken, shown
from localcloud.compute.service import service
from localcloud.service import Call
from localcloud.time.clock import rfc3339_pacific
from localcloud.wire.errors import invalid
from localcloud.wire.messages import Json
from localcloud.world import World

MOST_PRIORITY = 65535  # [documented]
_GIVEN = {"kind", "id", "creationTimestamp", "name", "network", "selfLink"}  # stay as they are


def new_firewall(world: World, name: str, network: str, body: Json) -> Json:
    """A firewall rule's stored form, defaults filled in [documented]."""
    ranges = (
        {} if any(key.startswith("source") or key == "destinationRanges" for key in body) else ["0.0.0.0/0"]
    )
    direction = body.get("direction", "INGRESS")
    everywhere = "sourceRanges" if direction == "INGRESS" else "destinationRanges"
    return {
        "direction": direction,
        "priority": 1000,
        "disabled": False,
        "logConfig": {"enable": False},
        **({everywhere: ranges} if ranges else {}),
        **body,
        "kind": "compute#firewall",
        "id": world.ids.number(),
        "creationTimestamp": rfc3339_pacific(world.clock.now),
        "name": short(name),
        "network": url(network),
        "selfLink": url(name),
    }


@service.on("compute.firewalls.insert")
def insert(call: Call) -> Json:
    """Begin to make a firewall rule."""
    check_location(call)
    if known := repeated(call):
        return known
    world, body = call.world, call.body
    name = f"{FIREWALLS.parent(call)}/{check_name(body.get('name'))}"
    network = referred(call, NETWORKS, "network", body.get("network", "global/networks/default"))
    refuse_taken(world, FIREWALLS, name)
    _check(body)
    firewall = new_firewall(world, name, network, body)
    put = partial(_put, world, name, firewall)
    return begin(call, name, firewall["id"], put, "compute.firewalls.insert", firewall)


@service.on("compute.firewalls.patch")
def patch(call: Call) -> Json:
    """Begin to change a firewall rule: what is not given stays [documented]; its network and direction are fixed
    [documented, update VPC firewall rules]."""
    check_location(call)
    if known := repeated(call):
        return known
    world, name = call.world, FIREWALLS.name(call)
    refuse_pending(world, name)
    firewall = shown(world, FIREWALLS, name)
    changes = {key: value for key, value in call.body.items() if key not in _GIVEN}
    if changes.get("direction", firewall["direction"]) != firewall["direction"]:
        raise bad_field("direction", changes["direction"], "The direction of a rule cannot be changed.")
    changed = {**firewall, **changes}
    _check(changed)
    return begin(call, name, firewall["id"], partial(_put, world, name, changed), "compute.firewalls.patch")


def _check(body: Json) -> None:
    if ("allowed" in body) == ("denied" in body):
        raise invalid(
            "Invalid value for field 'resource': ''. Exactly one of allowed and denied must be given."
        )
    if not 0 <= int(body.get("priority", 0)) <= MOST_PRIORITY:
        raise bad_field("priority", body["priority"], f"Must be between 0 and {MOST_PRIORITY}.")


def _put(world: World, name: str, firewall: Json) -> None:
    world.store["compute.firewalls"].put(name, firewall)
