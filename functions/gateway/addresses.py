"""The Gateway's static addresses: reserved before it names them, labelled, and released once it takes them no more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from functions.gateway.changes import LabelAddress, ReserveAddress
from functions.gateway.observed import ObservedGateway
from shared import labels
from shared.changes.addresses import DeleteAddress
from shared.gateway.names import address_purpose, is_of, kind_of, reserved_names, static_name
from shared.gateway.status import vips
from shared.google import compute
from shared.json_types import Json
from shared.step.estimate import remaining
from shared.step.outcome import Decision, Done, Failed, Waiting

if TYPE_CHECKING:
    from shared.spec import Environment

TRIES = 3  # failed reservations of one address and claim, then the step fails
RESERVED = 1.0  # typical seconds until an address is reserved, or released [inferred]
LABELLED = 1.0  # typical seconds until labels are written [inferred]
IN_USE = 30.0  # typical seconds until a Gateway lets an address go [inferred]


def reservations(wanted: Environment, observed: ObservedGateway) -> Iterator[ReserveAddress]:
    """Addresses that the Gateway is to name and that are not there."""
    if wanted.gateway.addresses != "static" or observed.addresses is None:
        return
    purpose = address_purpose(wanted)
    for region in wanted.address_regions:
        if (region, static_name(wanted.name, region)) not in observed.addresses:
            yield ReserveAddress(wanted.name, wanted.project, region, wanted.subnetwork, purpose)


def labellings(wanted: Environment, observed: ObservedGateway) -> Iterator[LabelAddress]:
    """Addresses of ours that are reserved and do not have the environment's label yet."""
    addresses = observed.addresses or {}
    for key in reserved_names(wanted).items() if wanted.gateway.addresses == "static" else ():
        found = addresses.get(key)
        if found is None or found.get("status") == "RESERVING" or not is_of(found, wanted.name):
            continue
        has = found.get("labels", {})
        if labels.OWNER not in has:
            path = compute.path_of(found["selfLink"])
            yield LabelAddress(wanted.name, path, has, found.get("labelFingerprint", ""))


def not_reserved(observed: ObservedGateway) -> Failed | None:
    """The failure, if the reservation of an address has failed `TRIES` times."""
    for (region, name), failures in observed.failures.items():
        if len(failures) >= TRIES:
            return Failed(
                code="ADDRESS_NOT_RESERVED",
                cause=f"Address {name} in {region}: {failures[-1]} ({len(failures)} times).",
                fix="Fix what the cause names, and publish the request again.",
            )
    return None


def are_reserved(wanted: Environment, observed: ObservedGateway) -> bool:
    """Whether the addresses that the Gateway is to name can be named; they are not read if it has them."""
    if observed.addresses is None:
        return True
    found = (observed.addresses.get(key) for key in reserved_names(wanted).items())
    return all(each is not None and each.get("status") in ("RESERVED", "IN_USE") for each in found)


def wait_for_labels(now: float, asked: float) -> Waiting:
    """Wait until labels are written; longer and longer, if that fails again and again."""
    seconds = remaining(now, asked, LABELLED)
    return Waiting(reason="AddressLabelling", message="addresses are being labelled", retry_after=seconds)


def wait_for_reservation(now: float, asked: float) -> Waiting:
    """Wait until the addresses can be named; longer and longer, if that fails again and again."""
    seconds = remaining(now, asked, RESERVED)
    return Waiting(reason="AddressReserving", message="addresses are being reserved", retry_after=seconds)


def release(wanted: Environment, observed: ObservedGateway, now: float) -> Decision:
    """Done, once addresses that are needed no more are given back."""
    unneeded = observed.unneeded_addresses(wanted)
    if not unneeded:
        return Decision(Done(outputs={"addresses": _outputs(wanted, observed)}))
    free = [compute.path_of(each["selfLink"]) for each in unneeded if not each.get("users")]
    changes = [DeleteAddress(path) for path in free if path not in observed.releasing]
    names = ", ".join(each["name"] for each in unneeded)
    text = f"addresses that are needed no more are being released: {names}"
    seconds = remaining(now, None, RESERVED if len(free) == len(unneeded) else IN_USE)
    return Decision(Waiting(reason="AddressReleasing", message=text, retry_after=seconds), changes)


def _outputs(wanted: Environment, observed: ObservedGateway) -> list[Json]:
    kind = kind_of(wanted.gateway.addresses)
    network = f"projects/{wanted.project}/global/networks/{wanted.network}"
    found = vips(observed.contents.gateway(wanted) or {}, observed.forwarding_rules, network)
    return [{"region": each.region, "address": each.address, "kind": kind} for each in found]
