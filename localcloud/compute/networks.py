"""VPC networks: auto and custom mode, and what comes and goes with them."""

from __future__ import annotations

from functools import partial

from localcloud.compute.kinds import NETWORKS
from localcloud.compute.names import bad_field, check_name, project_of, short, url
from localcloud.compute.operations import begin, pending, refuse_pending, repeated
from localcloud.compute.resources import BEHAVIOURS, Behaviour, check_location, refuse_taken, shown
from localcloud.compute.service import service
from localcloud.compute.subnetworks import is_auto, new_subnetwork
from localcloud.ids import keyed
from localcloud.regions import auto_range, regions
from localcloud.service import Call
from localcloud.time.clock import rfc3339_pacific
from localcloud.wire.messages import Json
from localcloud.world import World


def new_network(world: World, name: str, body: Json) -> Json:
    """A network's stored form, defaults filled in [observed]."""
    number = world.ids.number()
    routing = {"routingMode": "REGIONAL", "bgpBestPathSelectionMode": "LEGACY"} | body.get(
        "routingConfig", {}
    )
    return {
        "kind": "compute#network",
        "id": number,
        "creationTimestamp": rfc3339_pacific(world.clock.now),
        "name": short(name),
        **{key: body[key] for key in ("description", "mtu") if key in body},
        "autoCreateSubnetworks": body.get("autoCreateSubnetworks", True),
        "routingConfig": routing,
        "networkFirewallPolicyEnforcementOrder": body.get(
            "networkFirewallPolicyEnforcementOrder", "AFTER_CLASSIC_FIREWALL"
        ),
        "selfLink": url(name),
        "selfLinkWithId": url(f"projects/{project_of(name)}/global/networks/{number}"),
    }


def put_network(world: World, name: str, network: Json, default_route: bool = True) -> None:
    """Store a network with what comes with it: its default route, and its subnetworks if it is auto-mode."""
    world.store["compute.networks"].put(name, network)
    if default_route:
        _put_default_route(world, name)
    if network["autoCreateSubnetworks"]:
        for region in regions():
            subnetwork = f"projects/{project_of(name)}/regions/{region}/subnetworks/{short(name)}"
            body = {"ipCidrRange": auto_range(region)}
            world.store["compute.subnetworks"].put(subnetwork, new_subnetwork(world, subnetwork, name, body))


def _put_default_route(world: World, network: str) -> None:
    project = project_of(network)
    name = f"projects/{project}/global/routes/default-route-{keyed(network, 16**8):08x}"
    route = {
        "kind": "compute#route",
        "id": world.ids.number(),
        "creationTimestamp": rfc3339_pacific(world.clock.now),
        "name": short(name),
        "description": "Default route to the Internet.",
        "network": url(network),
        "destRange": "0.0.0.0/0",
        "priority": 1000,
        "nextHopGateway": url(f"projects/{project}/global/gateways/default-internet-gateway"),
        "selfLink": url(name),
    }
    world.store["compute.routes"].put(name, route)


@service.on("compute.networks.insert")
def insert(call: Call) -> Json:
    """Begin to make a network; its subnetworks and default route come with it."""
    check_location(call)
    if known := repeated(call):
        return known
    if "IPv4Range" in call.body:
        raise bad_field("IPv4Range", call.body["IPv4Range"], "Legacy networks can no longer be created.")
    name = f"{NETWORKS.parent(call)}/{check_name(call.body.get('name'))}"
    refuse_taken(call.world, NETWORKS, name)
    network = new_network(call.world, name, call.body)
    put = partial(put_network, call.world, name, network)
    return begin(call, name, network["id"], put, "compute.networks.insert", network)


@service.on("compute.networks.switchToCustomMode")
def switch_to_custom_mode(call: Call) -> Json:
    """Turn an auto-mode network into a custom-mode one, for good: its subnetworks stay, 10.128.0.0/9 is free
    [documented]."""
    check_location(call)
    if known := repeated(call):
        return known
    name = NETWORKS.name(call)
    refuse_pending(call.world, name)
    network = shown(call.world, NETWORKS, name)
    switch = partial(_switch, call.world, name)
    return begin(call, name, network["id"], switch, "compute.networks.patch")


def _switch(world: World, name: str) -> None:
    world.store["compute.networks"].change(name, autoCreateSubnetworks=False)


def _view(world: World, name: str, network: Json) -> Json:
    """`subnetworks` is read off the subnetworks [observed: it is on the wire, with all of them]."""
    links = [
        resource["selfLink"]
        for resource in world.store["compute.subnetworks"].list(f"projects/{project_of(name)}/")
        if resource["network"] == network["selfLink"]
    ]
    return network | ({"subnetworks": links} if links else {})


def _goes_along(world: World, name: str, user: str) -> bool:
    if pending(world, user) is not None:
        return False
    return (user.split("/")[-2] == "subnetworks" and is_auto(world, user)) or "/routes/default-route-" in user


def _on_delete(world: World, name: str) -> None:
    for collection in ("compute.subnetworks", "compute.routes"):
        for user, resource in list(world.store[collection].items(f"projects/{project_of(name)}/")):
            if resource["network"] == url(name):
                world.store[collection].delete(user)


BEHAVIOURS["networks"] = Behaviour(view=_view, goes_along=_goes_along, on_delete=_on_delete)
