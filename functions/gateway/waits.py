"""What a gateway waits for, and how long: the chains of platform work that end in a reconciled route.

    cluster RUNNING → membership → ingress feature → GatewayClass → Gateway programmed ┐
    cluster RUNNING → multi-cluster Services' kinds → exports → imports                ┴→ route reconciled

Where a chain stands is read from what is there; the typical seconds are those of public transcripts [observed]
unless marked otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.gateway.status import CONVERGED, Condition, born, holds, is_programmed, of_gateway, of_route
from shared.google.compute import unix
from shared.google.container import Cluster
from shared.objects import Json
from shared.step.estimate import Pace, remaining
from shared.step.outcome import Waiting

if TYPE_CHECKING:
    from shared.spec import Environment

CREATED = 300.0
CLASS_THERE = 206.0  # membership 10, ingress feature 16, its state 60, the classes 120
PROGRAMMED = 117.0
UPDATED = 30.0  # [inferred]
EXPORTED = 110.0  # membership 10, the kinds of multi-cluster Services 100
IMPORTED = 300.0  # a cluster's first exports [documented: about 5 minutes]
IMPORTED_LATER = 45.0  # [inferred]
SYNCED = 15.0
EARLY_ENOUGH = 0.8  # of a cluster's creation: the class comes minutes after it, and needs the Gateway then


@dataclass(frozen=True)
class Imports:
    """Imports that the routes name: which are missing, which there are, and the exports of the config cluster."""

    missing: tuple[tuple[str, str], ...] = ()
    there: tuple[Json, ...] = ()
    exports: tuple[Json, ...] = ()

    def left(self, pace: Pace, since: float | None) -> float:
        """Seconds until a route may be reconciled for all that its imports matter.

        Without exports the clock runs since the Gateway was made, at `since`: the namespace came with it.
        """
        if not self.exports:
            return pace.ahead(since, EXPORTED, IMPORTED, SYNCED)
        exported = max(born(each) for each in self.exports)
        later = any(born(each) < exported for each in self.there)
        return pace.ahead(exported, IMPORTED_LATER if later else IMPORTED, SYNCED)


def wait_for_cluster(name: str, cluster: Cluster | None, now: float) -> Waiting:
    """Wait for the config cluster. Coarsely: the other chains are longer than what begins with the Gateway."""
    since = unix(cluster.created) if cluster and cluster.created else None
    seconds = remaining(now, since, CREATED, first=EARLY_ENOUGH)
    return Waiting(
        reason="ClusterProvisioning", message=f"waiting for {name} to be RUNNING", retry_after=seconds
    )


def wait_for_load_balancer(
    wanted: Environment,
    gateway: Json | None,
    routes: Mapping[str, Json | None],
    gateway_class: Json | None,
    imports: Imports,
    pace: Pace,
) -> Iterator[Waiting]:
    """Everything that is not there yet, each with the time until the whole may be, as far as it can tell."""
    since = born(gateway) if gateway else None
    if gateway is None or not is_programmed(gateway):
        yield _for_gateway(wanted.gateway.name, gateway, gateway_class, pace)
    if imports.missing:
        names = ", ".join(sorted(f"{space}/{name}" for space, name in imports.missing))
        seconds = imports.left(pace, since)
        yield Waiting(reason="ServiceImportMissing", message=f"no import of {names} yet", retry_after=seconds)
    if not imports.missing:
        yield from _for_routes(wanted, gateway, routes, pace)


def _for_routes(
    wanted: Environment, gateway: Json | None, routes: Mapping[str, Json | None], pace: Pace
) -> Iterator[Waiting]:
    """Once its references are resolved, and its Gateway has a load balancer, a sync is all that a route needs."""
    programmed = of_gateway(gateway).get("Programmed") if gateway else None
    for name, route in routes.items():
        conditions = of_route(route, wanted.gateway.name) if route else {}
        if not holds(conditions, *CONVERGED):
            known = (conditions.get("ResolvedRefs"), programmed)
            began = max([born(gateway) if gateway else pace.now, *(e.since for e in known if e and e.holds)])
            failing = next((each for each in conditions.values() if each.status == "False"), None)
            yield Waiting(
                reason="RoutePending",
                message=_told(f"HTTPRoute {name} is not reconciled yet", failing),
                retry_after=pace.ahead(began, SYNCED),
            )


def _for_gateway(name: str, gateway: Json | None, gateway_class: Json | None, pace: Pace) -> Waiting:
    since = born(gateway) if gateway else None
    if gateway_class is None or not holds(of_gateway(gateway_class), "Accepted"):
        return Waiting(
            reason="GatewayClassMissing",
            message="the config cluster has no multi-cluster GatewayClass yet",
            retry_after=pace.ahead(since, CLASS_THERE, PROGRAMMED, SYNCED),
        )
    programmed = of_gateway(gateway).get("Programmed") if gateway else None
    if programmed and programmed.status == "True":
        text = f"Gateway {name} has changed, and its load balancer has not yet"
        return Waiting(reason="GatewayUpdating", message=text, retry_after=pace.ahead(None, UPDATED))
    began = max(since, born(gateway_class)) if since else None
    return Waiting(
        reason="GatewayPending",
        message=_told(f"Gateway {name} is not programmed yet", programmed),
        retry_after=pace.ahead(began, PROGRAMMED, SYNCED),
    )


def _told(text: str, condition: Condition | None) -> str:
    """`text`, and what the controller says itself."""
    return f"{text}: {condition.message}" if condition and condition.message else text
