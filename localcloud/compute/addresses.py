"""Reserved addresses, and the giving out of addresses in a subnetwork to whatever else needs one.

What is free depends on what is there, never on a count kept aside; which free one is given follows from the
receiver's name, so that the order of arrival does not change it.
"""

from __future__ import annotations

from functools import partial
from ipaddress import IPv4Address, IPv4Network

from localcloud.compute.errors import ConditionNotMet, exhausted, ip_in_use
from localcloud.compute.kinds import ADDRESSES, FORWARDING_RULES, GLOBAL_RULES, SUBNETWORKS, Kind
from localcloud.compute.labels import check_labels, first_labels, label_fields
from localcloud.compute.names import bad_field, check_name, full_name, scope_of, short, url
from localcloud.compute.operations import begin, refuse_pending, repeated
from localcloud.compute.ranges import free_address, usable
from localcloud.compute.resources import BEHAVIOURS, Behaviour, check_location, referred, refuse_taken, shown
from localcloud.compute.service import service
from localcloud.compute.usage import PROXY_PURPOSES, rules_at
from localcloud.service import Call
from localcloud.store import Collection
from localcloud.time.clock import rfc3339_pacific
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Json
from localcloud.world import World

INTERNAL_PURPOSES = ("GCE_ENDPOINT", "SHARED_LOADBALANCER_VIP", "DNS_RESOLVER")
EXTERNAL_RANGE = "34.64.0.0/10"  # Google's own; which one an address comes from says nothing [inferred]


def taken_addresses(world: World, subnetwork: str) -> set[str]:
    """The addresses of a subnetwork that are reserved, or a forwarding rule's, or a cluster's."""
    reserved = world.store["compute.addresses"].list()
    rules = world.store["compute.forwardingRules"].list()
    nodes = world.store["container.addresses"].list()
    holders = (("address", reserved), ("IPAddress", rules), ("address", nodes))
    return {
        str(holder[field])
        for field, found in holders
        for holder in found
        if field in holder and full_name(holder.get("subnetwork", "")) == subnetwork
    }


def allocate_address(world: World, subnetwork: str, key: str) -> str:
    """A free address of the subnetwork (full name), from a place that follows from `key`.

    Nothing is held: it is taken once something stored has it, which the caller sees to at once.

    Raises:
        Refused: no address is left.
    """
    cidr = _cidr(world, subnetwork)
    address = free_address(key, cidr, taken_addresses(world, subnetwork))
    if address is None:
        raise exhausted(subnetwork, cidr)
    return address


def _cidr(world: World, subnetwork: str) -> str:
    return str((world.store["compute.subnetworks"].get(subnetwork) or {})["ipCidrRange"])


@service.on("compute.addresses.insert")
def insert(call: Call) -> Json:
    """Begin to reserve an address. One that cannot be had is the operation's error [observed]."""
    check_location(call)
    if known := repeated(call):
        return known
    world, body = call.world, call.body
    name = f"{ADDRESSES.parent(call)}/{check_name(body.get('name'))}"
    refuse_taken(world, ADDRESSES, name)
    labels = first_labels("Address", body)
    if body.get("addressType") == "INTERNAL":
        place, fault = _internal(call, name)
    else:
        place, fault = _external(call, name)
    resource = _new(world, name, body) | label_fields(labels) | place
    world.store["compute.addresses"].put(name, resource)
    return begin(call, name, resource["id"], partial(_settle, world, name, fault), "compute.addresses.insert")


def _settle(world: World, name: str, fault: Refused | None) -> None:
    if fault is not None:
        raise fault
    world.store["compute.addresses"].change(name, status="RESERVED")


def _new(world: World, name: str, body: Json) -> Json:
    return {
        "kind": "compute#address",
        "id": world.ids.number(),
        "creationTimestamp": rfc3339_pacific(world.clock.now),
        "name": short(name),
        "description": body.get("description", ""),
        "status": "RESERVING",
        "region": url("/".join(name.split("/")[:4])),
        "selfLink": url(name),
        "networkTier": "PREMIUM",
    }


def _internal(call: Call, name: str) -> tuple[Json, Refused | None]:
    world, body = call.world, call.body
    purpose = body.get("purpose", "GCE_ENDPOINT")
    if purpose not in INTERNAL_PURPOSES:
        raise bad_field("purpose", purpose, "The purpose is not valid for a regional internal address.")
    subnetwork = _subnetwork(call, name)
    address, fault = _pick(world, subnetwork, name, body.get("address", ""))
    place = {"addressType": "INTERNAL", "purpose": purpose, "subnetwork": url(subnetwork), "address": address}
    return place, fault


def _subnetwork(call: Call, name: str) -> str:
    """The subnetwork to reserve in; without one, the default network's [inferred]."""
    default = f"{scope_of(name)}/subnetworks/default"
    value = call.body.get("subnetwork", default)
    subnetwork = referred(call, SUBNETWORKS, "subnetwork", value)
    resource = call.world.store["compute.subnetworks"].get(subnetwork) or {}
    if scope_of(subnetwork) != scope_of(name):
        raise bad_field("subnetwork", value, "The subnetwork must be in the region of the address.")
    if resource["purpose"] in PROXY_PURPOSES:
        words = f"Addresses cannot be reserved in a subnetwork with purpose {resource['purpose']}."
        raise bad_field("subnetwork", value, words)
    return subnetwork


def _pick(world: World, subnetwork: str, name: str, wanted: str) -> tuple[str, Refused | None]:
    """(address, why it cannot be had). One outside the range is refused at once [observed for instances]; one
    that is taken, or is one of the four that no subnetwork gives out, fails the operation [observed]."""
    if not wanted:
        try:
            return allocate_address(world, subnetwork, name), None
        except Refused as refused:
            return "", refused
    cidr = _cidr(world, subnetwork)
    try:
        number = IPv4Address(wanted)
    except ValueError:
        raise bad_field("address", wanted, "Must be a valid IPv4 address.") from None
    if number not in IPv4Network(cidr):
        words = "Requested internal IP is outside the subnetwork CIDR range."
        raise bad_field("address", wanted, words)
    free = int(number) in usable(cidr) and wanted not in taken_addresses(world, subnetwork)
    return wanted, None if free else ip_in_use(wanted)


def _external(call: Call, name: str) -> tuple[Json, Refused | None]:
    for field in ("subnetwork", "purpose"):
        if field in call.body:
            raise bad_field(field, call.body[field], "This field is only valid for an internal address.")
    if "address" in call.body:
        raise bad_field("address", call.body["address"], "Specified IP address is not reserved.")
    used = {a["address"] for a in call.world.store["compute.addresses"].list()}
    return {"addressType": "EXTERNAL", "address": free_address(name, EXTERNAL_RANGE, used)}, None


@service.on("compute.addresses.setLabels")
def set_address_labels(call: Call) -> Json:
    """Begin to replace an address's labels.

    The operation takes its time. No public capture shows whether it is done at once, as it is on forwarding rules; the
    slower of the two is what the product must bear [inferred].
    """
    return _set_labels(call, ADDRESSES, "compute.addresses.setLabels")


@service.on("compute.globalForwardingRules.setLabels")
def set_global_rule_labels(call: Call) -> Json:
    """Replace a global forwarding rule's labels; done at once [observed]."""
    return _set_labels(call, GLOBAL_RULES)


@service.on("compute.forwardingRules.setLabels")
def set_rule_labels(call: Call) -> Json:
    """Replace a regional forwarding rule's labels; done at once [observed]."""
    return _set_labels(call, FORWARDING_RULES)


def _set_labels(call: Call, kind: Kind, takes: str = "") -> Json:
    """Replace all labels if the fingerprint is the present one; `takes` is the kind in the timing table.

    Raises:
        Refused: 412 for a stale or empty fingerprint [observed].
    """
    check_location(call)
    if known := repeated(call):
        return known
    name, labels = kind.name(call), call.body.get("labels", {})
    resource = shown(call.world, kind, name)
    refuse_pending(call.world, name)
    if call.body.get("labelFingerprint", "") != resource.get("labelFingerprint", ""):
        raise ConditionNotMet()
    check_labels(labels)
    fields = {"labels": None} | label_fields(labels)
    stored = call.world.store[f"compute.{kind.stored}"]
    return begin(call, name, resource["id"], lambda: _put_fields(stored, name, fields), takes)


def _put_fields(stored: Collection, name: str, fields: Json) -> None:
    stored.change(name, **fields)


def _view(world: World, name: str, address: Json) -> Json:
    """IN_USE and by whom is read off the forwarding rules."""
    if address["status"] == "RESERVING" or not (rules := rules_at(world.store, name)):
        return address
    return address | {"status": "IN_USE", "users": [url(rule) for rule in rules]}


BEHAVIOURS["addresses"] = Behaviour(view=_view)
