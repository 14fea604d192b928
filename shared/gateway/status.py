"""What a Gateway and its HTTPRoutes say of themselves. Pure readings of live objects.

Conditions are found by type, never by place, and only count when they are about the object as it is now
(`observedGeneration`) [documented: Kubernetes API conventions].
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.google.compute import path_of, unix
from shared.json_types import Json
from shared.objects import KubeObject

if TYPE_CHECKING:
    from shared.google import wire

CONTROLLER = "networking.gke.io/"  # what the names of GKE's controllers begin with
CONVERGED = ("Accepted", "ResolvedRefs", "Reconciled")  # of a route; the last is GKE's own [observed]
# Part of what the controller says while Compute Engine refuses a part of the load balancer [observed in public issues].
REFUSED = "gceSync:"
# What the controller says of an address that a Gateway names and that is not there; the words are [inferred].
ABSENT_ADDRESS = re.compile(r'address "(?:[^"]*/)?([^"/]+)" does not exist')
_REGION = re.compile(r"/regions/([^/]+)/|^regions/([^/]+)/|address/([^/]+)$")


@dataclass(frozen=True)
class Condition:
    """One condition. `current` tells whether it is about the object's present generation, `since` is unix."""

    type: str
    status: str
    reason: str
    message: str
    since: float
    current: bool

    @property
    def holds(self) -> bool:
        """Whether it is true of the object as it is now."""
        return self.status == "True" and self.current


@dataclass(frozen=True)
class Vip:
    """An address of the Gateway."""

    region: str
    address: str


def born(live: KubeObject) -> float:
    """When an object was created, unix seconds."""
    return unix(live["metadata"]["creationTimestamp"])


def of_gateway(gateway: KubeObject) -> dict[str, Condition]:
    """A Gateway's conditions by type (a GatewayClass's too)."""
    return _conditions(gateway.get("status", {}).get("conditions"), gateway)


def of_route(route: KubeObject, gateway: str) -> dict[str, Condition]:
    """The conditions of an HTTPRoute under the Gateway of that name in its namespace."""
    for parent in route.get("status", {}).get("parents", []):
        ours = str(parent.get("controllerName", "")).startswith(CONTROLLER)
        if ours and parent["parentRef"].get("name") == gateway:
            return _conditions(parent.get("conditions"), route)
    return {}


def holds(conditions: Mapping[str, Condition], *types: str) -> bool:
    """Whether all of `types` hold."""
    return all(name in conditions and conditions[name].holds for name in types)


def is_programmed(gateway: KubeObject) -> bool:
    """Whether the load balancer is as the Gateway's spec says: addresses, listeners and all."""
    if not holds(of_gateway(gateway), "Accepted", "Programmed"):
        return False
    wanted, status = gateway["spec"], gateway["status"]
    listeners = {each["name"]: _conditions(each.get("conditions"), gateway) for each in status["listeners"]}
    return len(status.get("addresses", [])) == len(_addresses(gateway)) and all(
        holds(listeners.get(each["name"], {}), "Accepted", "Programmed", "ResolvedRefs")
        for each in wanted["listeners"]
    )


def is_attached(route: KubeObject, gateway: str, namespace: str) -> bool:
    """Whether a route names the Gateway as its parent, and the controller has taken it."""
    parents = route.get("spec", {}).get("parentRefs", [])
    own = route["metadata"]["namespace"]
    named = any(each["name"] == gateway and (each.get("namespace") or own) == namespace for each in parents)
    return named and holds(of_route(route, gateway), "Accepted")


def vips(gateway: KubeObject, rules: Iterable[wire.ForwardingRule], network: str) -> list[Vip]:
    """The Gateway's addresses and where each is; `network` is `projects/P/global/networks/N`.

    The status gives addresses in the order of the spec [observed], and no region; the forwarding rule's
    subnetwork says it for certain, so it decides wherever there is one.
    """
    told = {
        rule["IPAddress"]: region_in(rule["subnetwork"])
        for rule in rules
        if rule.get("subnetwork") and path_of(rule.get("network", "")) == network
    }
    asked = [region_in(each["type"]) or region_in(each.get("value", "")) for each in _addresses(gateway)]
    values = [each["value"] for each in gateway.get("status", {}).get("addresses", [])]
    padded = [*asked, *[""] * len(values)]
    return [Vip(told.get(value) or region, value) for value, region in zip(values, padded, strict=False)]


def region_in(text: str) -> str:
    """The region in a link, in an address's type or in its value; "" if none is named."""
    found = _REGION.search(text)
    return next((each for each in found.groups() if each), "") if found else ""


def _addresses(gateway: KubeObject) -> list[Json]:
    found: list[Json] = gateway["spec"].get("addresses", [])
    return found


def _conditions(conditions: Iterable[Json] | None, live: KubeObject) -> dict[str, Condition]:
    generation = live["metadata"].get("generation")
    return {each["type"]: _condition(each, generation) for each in conditions or ()}


def _condition(raw: Json, generation: int | None) -> Condition:
    return Condition(
        type=raw["type"],
        status=raw["status"],
        reason=raw.get("reason", ""),
        message=raw.get("message", ""),
        since=unix(raw["lastTransitionTime"]),
        current=generation is None or raw.get("observedGeneration", generation) == generation,
    )
