"""The gateway: Gateway, HTTPRoutes, grants and health check policies, in the config cluster alone.

The objects are applied as soon as the cluster knows their kinds: the controller takes them up by itself once its
class, the proxy-only subnets and the imports are there, and nobody has to wait for those. Done is when the load
balancer is as the objects say, route by route.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from functions.gateway.addresses import (
    are_reserved,
    labellings,
    not_reserved,
    release,
    reservations,
    wait_for_labels,
)
from functions.gateway.blockers import blocker
from functions.gateway.differences import differences
from functions.gateway.observed import ObservedGateway, observe
from functions.gateway.waits import wait_for_gateway
from shared.changes.objects import ObjectChange
from shared.other_routes import shared_traffic
from shared.step.outcome import Decision
from shared.step.step import SpecStep

if TYPE_CHECKING:
    from shared.spec import Environment

STALE = 60.0  # seconds of a request in which a refusal may still be about what was before it [inferred]


def decide(wanted: Environment, observed: ObservedGateway, now: float) -> Decision:
    """What to apply, what is waited for, and which routes of somebody else's take a part of our traffic."""
    decision = _decide(wanted, observed, now)
    warned = shared_traffic(wanted, observed.contents.objects)
    if not warned or decision.outcome is None:
        return decision
    return replace(decision, outcome=replace(decision.outcome, warnings=warned))


GATEWAY = SpecStep("gateway", observe, decide)


def _decide(wanted: Environment, observed: ObservedGateway, now: float) -> Decision:
    unlabelled = list(labellings(wanted, observed))
    addresses = [*reservations(wanted, observed), *unlabelled]
    changes = list(differences(wanted, observed))
    is_as_wanted = not addresses and not changes
    refusals = is_as_wanted and now - observed.asked > STALE
    if stop := blocker(wanted, observed, refusals=refusals) or not_reserved(observed):
        return Decision(stop)
    if is_as_wanted and observed.contents.converged(wanted):
        return release(wanted, observed, now)
    if addresses == unlabelled and not changes and observed.contents.converged(wanted):
        return Decision(wait_for_labels(now, observed.asked), unlabelled)
    ready = [change for change in changes if _can_start(change, wanted, observed)]
    later = [change for change in changes if change not in ready]
    return Decision(wait_for_gateway(wanted, observed, now), [*addresses, *ready], later)


def _can_start(change: ObjectChange, wanted: Environment, observed: ObservedGateway) -> bool:
    """An object needs its cluster and its kind; a Gateway the addresses that it names."""
    kind, _, _ = change.key
    if observed.cluster is None or not observed.cluster.is_reachable or kind in observed.contents.unknown:
        return False
    return kind != "Gateway" or are_reserved(wanted, observed)
