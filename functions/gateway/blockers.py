"""What keeps a gateway from being made until a person mends it: foreign objects, unfit addresses, refusals.

Refusals are the controller's own words. What it says of a reference that is not there yet is no refusal: it
looks again by itself [observed]. Only `Error GWCER101`, `104` and `106`, and routes that no listener takes, are
about what was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from functions.gateway.observed import AddressKey, ObservedGateway
from shared.gateway.names import address_purpose, is_of, reserved_names, static_name
from shared.gateway.status import ABSENT_ADDRESS, Condition, of_gateway, of_route
from shared.gateway.wanted import wanted_objects
from shared.google.compute import path_of
from shared.json_types import Json
from shared.kubectl import deletion
from shared.objects import Key, KubeObject, is_ours, key_of
from shared.other_routes import correction, foreign_route, taken_traffic
from shared.step.outcome import Blocked

if TYPE_CHECKING:
    from shared.google import wire
    from shared.spec import Environment

Objects = Mapping[Key, KubeObject]
Addresses: TypeAlias = "Mapping[AddressKey, wire.Address]"

_REFUSAL = re.compile(r"\bGWCER10[146]\b")
_NOT_YET = re.compile(r"\bGWCER102\b|reference-not-found")


def blocker(wanted: Environment, observed: ObservedGateway, *, refusals: bool) -> Blocked | None:
    """The first thing that a person must mend.

    Addresses that were not read do not matter: the Gateway has what it is to have. `refusals` says whether the
    controller's words count: they may be about what was before, if something is being changed right now.
    """
    objects, addresses = observed.contents.objects, observed.addresses
    found = _foreign(wanted, objects)
    if not found and addresses is not None:
        found = _addresses(wanted, objects, addresses)
    refused = _refused(wanted, objects, addresses or {}) if refusals else None
    return found or taken_traffic(wanted, objects) or refused


def _foreign(wanted: Environment, objects: Objects) -> Blocked | None:
    for wish in wanted_objects(wanted):
        kind, space, name = key_of(wish)
        for (other, where, called), live in objects.items():
            same = called == name or (kind == "HealthCheckPolicy" and _target(live) == _target(wish))
            if (other, where) == (kind, space) and same and not is_ours(live, wanted.name):
                cluster = wanted.config_cluster
                return Blocked(
                    code=f"{kind.upper()}_FOREIGN",
                    cause=f"{kind} {space}/{called} in cluster {cluster} exists and is not this environment's.",
                    fix="Give it another name in the environment, or, if nobody needs it: "
                    + deletion(wanted.project, wanted.config, kind, space, called),
                )
    return None


def _target(policy: KubeObject) -> str:
    return str(policy.get("spec", {}).get("targetRef", {}).get("name"))


def _addresses(wanted: Environment, objects: Objects, addresses: Addresses) -> Blocked | None:
    if wanted.gateway.addresses == "static":
        return _static_taken(wanted, addresses)
    gateway = objects.get(("Gateway", wanted.gateway.namespace, wanted.gateway.name), {})
    in_use = {each["value"] for each in gateway.get("status", {}).get("addresses", [])}
    faults = list(_unfit(wanted, addresses, in_use))
    if not faults:
        return None
    missing = any(place not in addresses for place in reserved_names(wanted).items())
    return Blocked(
        code="ADDRESS_MISSING" if missing else "ADDRESS_UNFIT",
        cause="; ".join(f"{each['path']}: {each['fault']}" for each in faults) + ".",
        fix=faults[0]["fix"],
        faults=faults,
    )


def _static_taken(wanted: Environment, addresses: Addresses) -> Blocked | None:
    for region in wanted.address_regions:
        name = static_name(wanted.name, region)
        found = addresses.get((region, name))
        if found is not None and not is_of(found, wanted.name):
            return Blocked(
                code="ADDRESS_FOREIGN",
                cause=f"Address {name} in {region} exists and is not this environment's.",
                fix=f"Delete it, or name it in gateway.addresses: {{{region}: {name}}}.",
            )
    return None


def _unfit(wanted: Environment, addresses: Addresses, in_use: set[str]) -> Iterator[Json]:
    """Faults of the addresses that the environment names, by their paths in it."""
    for region, name in reserved_names(wanted).items():
        found, path = addresses.get((region, name)), f"gateway.addresses.{region}"
        create = (
            f"gcloud compute addresses create {name} --project={wanted.project} --region={region}"
            f" --subnet={wanted.subnetwork} --purpose={address_purpose(wanted)}"
        )
        if found is None:
            fault = f"project {wanted.project} has no address {name} in {region}"
            yield {"path": path, "fault": fault, "fix": create}
        elif why := _why_unfit(wanted, region, found, in_use):
            yield {"path": path, "fault": f"address {name} {why}", "fix": f"Name another one; {create}"}


def _why_unfit(wanted: Environment, region: str, address: wire.Address, in_use: set[str]) -> str:
    subnetwork = f"projects/{wanted.project}/regions/{region}/subnetworks/{wanted.subnetwork}"
    if address.get("addressType") != "INTERNAL":
        return "is not INTERNAL"
    if path_of(address.get("subnetwork", "")) != subnetwork:
        return f"is not in subnetwork {wanted.subnetwork}"
    if address_purpose(wanted) not in (address.get("purpose", "GCE_ENDPOINT"), "GCE_ENDPOINT"):
        return f"has purpose {address['purpose']}, and several ports need {address_purpose(wanted)}"
    if address.get("status") == "IN_USE" and address.get("address") not in in_use:
        users = ", ".join(path_of(each) for each in address.get("users", []))
        return f"is in use by {users or 'something else'}"
    return ""


def _refused(wanted: Environment, objects: Objects, addresses: Addresses) -> Blocked | None:
    names = {name for _, name in addresses}
    for what, condition in _conditions(wanted, objects):
        absent = ABSENT_ADDRESS.search(condition.message)
        if absent and absent[1] in names:
            continue  # it is there again
        if condition.status == "False" and condition.current and _is_final(condition):
            foreign = foreign_route(wanted, condition.message)
            whose = f" HTTPRoute {'/'.join(foreign)} is not this environment's." if foreign else ""
            return Blocked(
                code="GATEWAY_REFUSED",
                cause=f"The controller refuses {what} ({condition.reason}): {condition.message}{whose}",
                fix=correction(wanted, foreign),
            )
    return None


def _conditions(wanted: Environment, objects: Objects) -> Iterator[tuple[str, Condition]]:
    space, name = wanted.gateway.namespace, wanted.gateway.name
    for route in wanted.routes:
        live = objects.get(("HTTPRoute", space, route.name), {"metadata": {}})
        for each in of_route(live, name).values():
            yield f"HTTPRoute {space}/{route.name}", each
    live = objects.get(("Gateway", space, name), {"metadata": {}})
    for each in of_gateway(live).values():
        yield f"Gateway {space}/{name}", each


def _is_final(condition: Condition) -> bool:
    if _NOT_YET.search(condition.message):
        return False
    not_taken = condition.type == "Accepted" and condition.reason != "Pending"
    return not_taken or bool(_REFUSAL.search(condition.message))
