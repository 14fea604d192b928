"""Subnetworks: their ranges, their purpose and role, and the rules between the subnetworks of a network.

A subnetwork that is being made counts already: two racing inserts never both get an overlapping range, nor
both become the ACTIVE one of a purpose.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from ipaddress import IPv4Network

from localcloud.compute.errors import ConditionNotMet
from localcloud.compute.kinds import NETWORKS, SUBNETWORKS
from localcloud.compute.names import (
    bad_field,
    check_name,
    fingerprint,
    full_name,
    project_of,
    scope_of,
    short,
    url,
)
from localcloud.compute.operations import begin, refuse_pending, repeated
from localcloud.compute.ranges import (
    AUTO,
    LONGEST,
    LONGEST_PROXY,
    MOST_SECONDARY,
    Taken,
    parse,
    refuse_auto,
    refuse_overlap,
)
from localcloud.compute.resources import BEHAVIOURS, Behaviour, check_location, referred, refuse_taken, shown
from localcloud.compute.service import service
from localcloud.compute.usage import PROXY_PURPOSES
from localcloud.contested import CONTESTED
from localcloud.service import Call
from localcloud.time.clock import rfc3339_pacific
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.messages import Json
from localcloud.world import World

# What a proxy-only subnetwork may not carry [observed for logConfig, inferred for the others].
_NOT_ON_PROXIES = ("logConfig", "enableFlowLogs", "secondaryIpRanges", "privateIpGoogleAccess")
_KEPT = ("description", "secondaryIpRanges", "enableFlowLogs", "logConfig", "role")
_PATCHED = ("secondaryIpRanges", "enableFlowLogs", "logConfig", "role", "privateIpGoogleAccess")


def new_subnetwork(world: World, name: str, network: str, body: Json) -> Json:
    """A subnetwork's stored form, defaults filled in [observed for REGIONAL_MANAGED_PROXY]."""
    cidr = IPv4Network(body["ipCidrRange"])
    return {
        "kind": "compute#subnetwork",
        "id": world.ids.number(),
        "creationTimestamp": rfc3339_pacific(world.clock.now),
        "name": short(name),
        **{key: body[key] for key in _KEPT if key in body},
        "network": url(network),
        "ipCidrRange": str(cidr),
        "gatewayAddress": str(cidr[1]),
        "region": url("/".join(name.split("/")[:4])),
        "selfLink": url(name),
        "privateIpGoogleAccess": body.get("privateIpGoogleAccess", False),
        "privateIpv6GoogleAccess": "DISABLE_GOOGLE_ACCESS",
        "purpose": body.get("purpose", "PRIVATE"),
        "stackType": "IPV4_ONLY",
        "state": "READY",
    }


def subnetworks_of(world: World, network: str) -> Iterator[tuple[str, Json]]:
    """The subnetworks of a network (full name), those being made included, by name."""
    found = dict(world.store["compute.subnetworks"].items())
    for name, change in world.store["compute.pending.internal"].items():
        if "/subnetworks/" in name and change["resource"]:
            found[name] = change["resource"]
    return ((name, found[name]) for name in sorted(found) if found[name]["network"] == url(network))


def taken(world: World, network: str) -> list[Taken]:
    """Every range of the network's subnetworks, primary and secondary."""
    return [
        Taken(IPv4Network(cidr), short(name), scope_of(name).split("/")[1])
        for name, resource in subnetworks_of(world, network)
        for cidr in (
            resource["ipCidrRange"],
            *(secondary["ipCidrRange"] for secondary in resource.get("secondaryIpRanges", [])),
        )
    ]


def is_auto(world: World, subnetwork: str) -> bool:
    """Whether the platform made this subnetwork (full name): only those of auto-mode networks lie in
    10.128.0.0/9."""
    resource = world.store["compute.subnetworks"].get(subnetwork) or {}
    network = world.store["compute.networks"].get(full_name(resource.get("network", ""))) or {}
    return bool(network.get("autoCreateSubnetworks")) and IPv4Network(resource["ipCidrRange"]).subnet_of(AUTO)


@service.on("compute.subnetworks.insert")
def insert(call: Call) -> Json:
    """Begin to make a subnetwork."""
    check_location(call)
    if known := repeated(call):
        return known
    world, body = call.world, call.body
    name = f"{SUBNETWORKS.parent(call)}/{check_name(body.get('name'))}"
    network = referred(call, NETWORKS, "network", body.get("network", ""))
    refuse_taken(world, SUBNETWORKS, name)
    _check_purpose(body)
    _check_ranges(world, network, body)
    _refuse_second_active(world, network, name, body)
    resource = new_subnetwork(world, name, network, body)

    def put() -> None:
        world.store["compute.subnetworks"].put(name, resource)

    return begin(call, name, resource["id"], put, "compute.subnetworks.insert", resource)


def _check_purpose(body: Json) -> None:
    purpose = body.get("purpose", "PRIVATE")
    proxy = purpose in PROXY_PURPOSES
    if proxy and "role" not in body:
        words = f"Subnetwork role must be specified when purpose set to {purpose}."  # [observed]
        raise bad_field("role", "UNSPECIFIED_ROLE", words)
    for field in _NOT_ON_PROXIES if proxy else ("role",):
        if body.get(field):
            raise bad_field(field, body[field], f"Invalid field set in subnetwork with purpose {purpose}.")


def _check_ranges(world: World, network: str, body: Json) -> None:
    longest = LONGEST_PROXY if body.get("purpose") in PROXY_PURPOSES else LONGEST
    others = taken(world, network)
    _check_number(body.get("secondaryIpRanges", []))
    for field, cidr in _ranges(body):
        found = parse(field, cidr, longest)
        _refuse_auto(world, network, field, found)
        refuse_overlap(field, found, others)
        others.append(Taken(found, str(body["name"]), ""))


def _refuse_auto(world: World, network: str, field: str, found: IPv4Network) -> None:
    if (world.store["compute.networks"].get(network) or {}).get("autoCreateSubnetworks"):
        refuse_auto(field, found)


def _ranges(body: Json) -> Iterator[tuple[str, str]]:
    yield "ipCidrRange", body.get("ipCidrRange", "")
    for index, secondary in enumerate(body.get("secondaryIpRanges", [])):
        yield f"secondaryIpRanges[{index}].ipCidrRange", secondary.get("ipCidrRange", "")


def active(world: World, network: str, region: str, purpose: str) -> str:
    """The full name of the ACTIVE proxy-only subnetwork of this purpose, also if it is being made; empty if
    none."""
    return next(
        (
            name
            for name, resource in subnetworks_of(world, network)
            if scope_of(name) == f"regions/{region}" and _duty(resource) == (purpose, "ACTIVE")
        ),
        "",
    )


def _duty(resource: Json) -> tuple[str, str]:
    return resource.get("purpose", ""), resource.get("role", "")


def _refuse_second_active(world: World, network: str, name: str, body: Json) -> None:
    """One ACTIVE for a purpose, region and network, or, which is contested, for all purposes [words inferred]."""
    if body.get("role") != "ACTIVE":
        return
    purposes = PROXY_PURPOSES if world[CONTESTED].one_proxy_subnet else (body["purpose"],)
    for purpose in purposes:
        if other := active(world, network, scope_of(name).split("/")[1], purpose):
            words = f"Subnetwork '{other}' is already active for purpose {purpose} in this region."
            raise bad_field("role", "ACTIVE", words)


@service.on("compute.subnetworks.patch", "compute.subnetworks.setPrivateIpGoogleAccess")
def patch(call: Call) -> Json:
    """Begin to change what can be changed; Private Google Access has a method of its own besides.

    Raises:
        Refused: 412 for a stale fingerprint; 400 for a field that cannot change, and for making an ACTIVE one
            BACKUP: it is demoted by promoting another [observed].
    """
    check_location(call)
    if known := repeated(call):
        return known
    world, name = call.world, SUBNETWORKS.name(call)
    refuse_pending(world, name)
    resource = shown(world, SUBNETWORKS, name)
    changes = _changes(resource, call.body)
    if call.body.get("fingerprint", resource["fingerprint"]) != resource["fingerprint"]:
        raise ConditionNotMet(message="Invalid fingerprint.")
    if "secondaryIpRanges" in changes:
        _check_secondary(world, resource, changes["secondaryIpRanges"])
    apply = partial(_apply, world, name, changes)
    return begin(call, name, resource["id"], apply, "compute.subnetworks.patch")


def _changes(resource: Json, body: Json) -> Json:
    changes = {field: value for field, value in body.items() if not _same(resource.get(field), value)}
    changes.pop("fingerprint", None)
    for field in changes:
        if field not in _PATCHED:
            raise bad_field(field, changes[field], "This field cannot be changed by a patch.")
    if changes.get("role") == "BACKUP":
        raise bad_field("role", "BACKUP", "Role can be patched only on a BACKUP subnetwork.")
    _check_purpose({**resource, **changes})
    return changes


def _same(had: object, given: object) -> bool:
    """Whether a value is the one that is there; a link may be written in any form."""
    links = full_name(str(had)), full_name(str(given), project_of(full_name(str(had)) or "projects/"))
    return had == given or (links[0] != "" and links[0] == links[1])


def _check_number(secondary: list[Json]) -> None:
    """Refuse more secondary ranges than there can be (elastic/cloud-on-k8s#2615 shows the words) [observed]."""
    if len(secondary) > MOST_SECONDARY:
        raise invalid(
            f"Exceeded maximum supported number of secondary ranges per subnetwork: {MOST_SECONDARY}."
        )


def _check_secondary(world: World, resource: Json, wanted: list[Json]) -> None:
    _check_number(wanted)
    had = {item["rangeName"]: item["ipCidrRange"] for item in resource.get("secondaryIpRanges", [])}
    others = taken(world, full_name(resource["network"]))
    for index, item in enumerate(wanted):
        if had.get(item.get("rangeName", "")) != item.get("ipCidrRange"):
            field = f"secondaryIpRanges[{index}].ipCidrRange"
            refuse_overlap(field, parse(field, item.get("ipCidrRange", "")), others)


def _apply(world: World, name: str, changes: Json) -> None:
    subnetworks = world.store["compute.subnetworks"]
    resource = subnetworks.get(name) or {}
    if changes.get("role") == "ACTIVE":
        network, region = full_name(resource["network"]), scope_of(name).split("/")[1]
        if other := active(world, network, region, resource["purpose"]):
            subnetworks.change(other, role="BACKUP")
    subnetworks.change(name, **changes)


@service.on("compute.subnetworks.expandIpCidrRange")
def expand(call: Call) -> Json:
    """Begin to widen the primary range to one that contains it [documented]."""
    check_location(call)
    if known := repeated(call):
        return known
    world, name = call.world, SUBNETWORKS.name(call)
    refuse_pending(world, name)
    resource = shown(world, SUBNETWORKS, name)
    if resource["purpose"] in PROXY_PURPOSES:
        raise invalid("Invalid resource usage: 'The range of a proxy-only subnetwork cannot be expanded.'.")
    wider = parse("ipCidrRange", call.body.get("ipCidrRange", ""))
    if not IPv4Network(resource["ipCidrRange"]).subnet_of(wider) or str(wider) == resource["ipCidrRange"]:
        raise bad_field("ipCidrRange", str(wider), "The new range must contain the old one.")
    others = [
        other
        for other in taken(world, full_name(resource["network"]))
        if str(other.network) != resource["ipCidrRange"]
    ]
    if not is_auto(world, name):
        _refuse_auto(world, full_name(resource["network"]), "ipCidrRange", wider)
    refuse_overlap("ipCidrRange", wider, others)
    put = partial(_apply, world, name, {"ipCidrRange": str(wider)})
    return begin(call, name, resource["id"], put, "compute.subnetworks.patch")


def _refuse_auto_delete(world: World, name: str) -> None:
    if is_auto(world, name):
        words = "Cannot delete auto subnetwork from an auto subnet mode network."  # [observed]
        raise Refused("INVALID_ARGUMENT", f"Invalid resource usage: '{words}'.", "invalidResourceUsage")


def _view(world: World, name: str, subnetwork: Json) -> Json:
    """The fingerprint follows from what is stored, so that it is right whoever changed it."""
    return subnetwork | {"fingerprint": fingerprint(subnetwork)}


BEHAVIOURS["subnetworks"] = Behaviour(view=_view, before_delete=_refuse_auto_delete)
