"""What a gateway waits for, and how long: the chains of platform work that end in a reconciled route.

    cluster RUNNING → membership → ingress feature → GatewayClass → Gateway programmed ┐
    cluster RUNNING → multi-cluster Services' kinds → exports → imports                ┴→ route reconciled

Where a chain stands is read from what is there. The controller goes on by itself, and backends become healthy half a
minute after the last route at the soonest, so nothing here is in a hurry. The typical seconds are those of public
transcripts [observed] unless marked otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from functions.gateway.addresses import are_reserved, wait_for_reservation
from functions.gateway.observed import Contents, Imports, ObservedGateway
from shared.gateway.status import (
    CONVERGED,
    REFUSED,
    Condition,
    born,
    holds,
    is_programmed,
    of_gateway,
    of_route,
)
from shared.google.compute import unix
from shared.google.container import Cluster
from shared.objects import KubeObject
from shared.step.estimate import LONGEST, UNHURRIED, Pace, remaining
from shared.step.outcome import Waiting

if TYPE_CHECKING:
    from shared.spec import Environment

API_KNOWN = 45.0  # [inferred]
CREATED = 300.0
CLASS_THERE = 206.0  # membership 10, ingress feature 16, its state 60, the classes 120
PROGRAMMED = 117.0
UPDATED = 30.0  # [inferred]
EXPORTED = 110.0  # membership 10, the kinds of multi-cluster Services 100
IMPORTED = 300.0  # a cluster's first exports [documented: about 5 minutes]
IMPORTED_LATER = 45.0  # [inferred]
SYNCED = 15.0
EARLY_ENOUGH = (
    0.8  # of a cluster's creation: the class comes two minutes after it, and needs the Gateway then
)


def wait_for_gateway(wanted: Environment, observed: ObservedGateway, now: float) -> Waiting:
    """What is waited for, and until when: all of it is needed, so the last that is due decides."""
    cluster, contents = observed.cluster, observed.contents
    if cluster is None or not cluster.is_reachable:
        return _for_cluster(wanted.config_cluster, cluster, now)
    if "Gateway" in contents.unknown:
        text = f"cluster {wanted.config_cluster} does not know the Gateway API yet"
        return Waiting(reason="GatewayApiUnknown", message=text, retry_after=remaining(now, None, API_KNOWN))
    if not are_reserved(wanted, observed):
        return wait_for_reservation(now, observed.asked)
    waits = list(_for_load_balancer(wanted, contents, observed.imports, Pace(now, observed.asked)))
    if not waits:
        text = "the load balancer takes up what has changed"
        return Waiting(reason="GatewayUpdating", message=text, retry_after=remaining(now, None, UPDATED))
    last = max(waits, key=lambda each: each.retry_after)
    return replace(last, message="; ".join(each.message for each in waits))


def _for_cluster(name: str, cluster: Cluster | None, now: float) -> Waiting:
    """Coarsely: the other chains are longer than what begins with the Gateway."""
    since = unix(cluster.created) if cluster and cluster.created else None
    seconds = max(remaining(now, since, CREATED, first=EARLY_ENOUGH), LONGEST)
    text = f"waiting for {name} to be RUNNING"
    return Waiting(reason="ClusterProvisioning", message=text, retry_after=seconds)


def _for_load_balancer(
    wanted: Environment, contents: Contents, imports: Imports, pace: Pace
) -> Iterator[Waiting]:
    """Everything that is not there yet, each with the time until the whole may be, as far as it can tell."""
    gateway = contents.gateway(wanted)
    if gateway is None or not is_programmed(gateway):
        yield _for_gateway(wanted.gateway.name, gateway, contents.gateway_class, pace)
    if imports.missing:
        yield _for_imports(imports, born(gateway) if gateway else None, pace)
    else:
        yield from _for_routes(wanted, gateway, contents.routes(wanted), pace)


def _for_imports(imports: Imports, since: float | None, pace: Pace) -> Waiting:
    """Without exports the clock runs since the Gateway was made, at `since`: the namespace came with it."""
    names = ", ".join(sorted(f"{space}/{name}" for space, name in imports.missing))
    if imports.exports:
        exported = max(born(each) for each in imports.exports)
        later = any(born(each) < exported for each in imports.there)
        seconds = pace.ahead(exported, IMPORTED_LATER if later else IMPORTED, SYNCED)
    else:
        seconds = pace.ahead(since, EXPORTED, IMPORTED, SYNCED)
    text = f"no import of {names} yet"
    return Waiting(reason="ServiceImportMissing", message=text, retry_after=max(seconds, UNHURRIED))


def _for_routes(
    wanted: Environment,
    gateway: KubeObject | None,
    routes: Mapping[str, KubeObject | None],
    pace: Pace,
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
                message=_with_words(f"HTTPRoute {name} is not reconciled yet", failing),
                retry_after=pace.ahead(began, SYNCED),
            )


def _for_gateway(
    name: str, gateway: KubeObject | None, gateway_class: KubeObject | None, pace: Pace
) -> Waiting:
    since = born(gateway) if gateway else None
    if gateway_class is None or not holds(of_gateway(gateway_class), "Accepted"):
        return Waiting(
            reason="GatewayClassMissing",
            message="the config cluster has no multi-cluster GatewayClass yet",
            retry_after=max(pace.ahead(since, CLASS_THERE, PROGRAMMED, SYNCED), UNHURRIED),
        )
    programmed = of_gateway(gateway).get("Programmed") if gateway else None
    if programmed and programmed.status == "True":
        text = f"Gateway {name} has changed, and its load balancer has not yet"
        return Waiting(reason="GatewayUpdating", message=text, retry_after=pace.ahead(None, UPDATED))
    began = max(since, born(gateway_class)) if since else None
    refused = programmed is not None and programmed.current and REFUSED in programmed.message
    reason = "GatewayRefused" if refused else "GatewayPending"
    return Waiting(
        reason=reason,
        message=_with_words(f"Gateway {name} is not programmed yet", programmed),
        retry_after=max(pace.ahead(began, PROGRAMMED, SYNCED), UNHURRIED),
    )


def _with_words(text: str, condition: Condition | None) -> str:
    """`text`, and what the controller says itself."""
    return f"{text}: {condition.message}" if condition and condition.message else text
