"""What the controller writes into Gateways, HTTPRoutes and policies. Pure: from verdicts to status values.

Condition types, reasons, order and the messages on deprecated ones are those of real objects [observed in
public transcripts of 2024–2026]. A condition keeps its lastTransitionTime while its status stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from localcloud.controllers.gateway.binding import supported_kinds, unsupported_kinds
from localcloud.controllers.gateway.faults import Fault
from localcloud.wire.messages import Json

CONTROLLER = "networking.gke.io/gateway"
HEALTHY = "networking.gke.io/GatewayHealthy"
_WAITING = "Waiting for controller"
_NOT_FOR_USE = "The OSS Gateway API has deprecated this condition, do not depend on it."
_READY = (
    'The OSS Gateway API has altered the "Ready" condition semantics and reserved it for future use.  GKE '
    'Gateway will stop emitting it in a future update, use "Programmed" instead.'
)
_DETACHED = "The Detached condition has been deprecated by the OSS API, use Accepted instead."


@dataclass(frozen=True)
class Verdict:
    """How a Gateway stands.

    `fault` is why it cannot be programmed now; `programmed` the generation that the load balancer has, 0
    for none; `addresses` its IPs in the order of the spec; `attached` the number of routes on each
    listener, by name.
    """

    fault: Fault | None
    programmed: int
    addresses: Sequence[str]
    attached: dict[str, int]


@dataclass(frozen=True)
class Term:
    """A condition before it has its time."""

    type: str
    status: str
    reason: str
    message: str = ""
    generation: int = 0


def conditions(terms: Iterable[Term], before: Iterable[Json], now: str) -> list[Json]:
    """`terms` as conditions; `before` are the ones there were, `now` the time of a change."""
    known = {one["type"]: one for one in before}
    return [_condition(term, known.get(term.type), now) for term in terms]


def gateway_status(gateway: Json, verdict: Verdict, now: str) -> Json:
    """The status of a Gateway."""
    before: Json = gateway.get("status") or {}
    listeners = {one["name"]: one for one in before.get("listeners") or []}
    status: Json = {
        "conditions": conditions(_gateway_terms(gateway, verdict), before.get("conditions") or [], now),
        "listeners": [
            _listener_status(gateway, one, verdict, listeners.get(one["name"], {}), now)
            for one in gateway["spec"]["listeners"]
        ],
    }
    if verdict.programmed:
        status["addresses"] = [{"type": "IPAddress", "value": value} for value in verdict.addresses]
    return status


def _gateway_terms(gateway: Json, verdict: Verdict) -> list[Term]:
    generation = gateway["metadata"]["generation"]
    return [
        Term("Scheduled", "True", "Scheduled", _NOT_FOR_USE, generation),
        Term("Accepted", "True", "Accepted", "", generation),
        *_programmed(generation, verdict),
        _healthy(generation, verdict),
    ]


def _programmed(generation: int, verdict: Verdict) -> list[Term]:
    """Programmed, and Ready, which says the same."""
    if verdict.fault:
        programmed = Term("Programmed", "False", verdict.fault.reason, verdict.fault.message, generation)
        return [programmed, Term("Ready", "False", "NotReady", _READY, generation)]
    if verdict.programmed:
        done = Term("Programmed", "True", "Programmed", "", verdict.programmed)
        return [done, Term("Ready", "True", "Ready", _READY, verdict.programmed)]
    waiting = Term("Programmed", "Unknown", "Pending", _WAITING, generation)
    return [waiting, Term("Ready", "Unknown", "Pending", _READY, generation)]


def _healthy(generation: int, verdict: Verdict) -> Term:
    if verdict.fault:
        message = f"Gateway: {verdict.fault.reason} : {verdict.fault.message}"
        return Term(HEALTHY, "False", "Error", message, generation)
    if verdict.programmed:
        return Term(HEALTHY, "True", "Healthy", "", verdict.programmed)
    return Term(HEALTHY, "Unknown", "Pending", _WAITING, generation)


def _listener_status(gateway: Json, listener: Json, verdict: Verdict, before: Json, now: str) -> Json:
    terms = _listener_terms(gateway["metadata"]["generation"], listener, verdict)
    return {
        "name": listener["name"],
        "attachedRoutes": verdict.attached.get(listener["name"], 0),
        "supportedKinds": supported_kinds(listener),
        "conditions": conditions(terms, before.get("conditions") or [], now),
    }


def _listener_terms(generation: int, listener: Json, verdict: Verdict) -> list[Term]:
    fault = verdict.fault
    if fault and fault.listener and fault.listener != "InvalidCertificateRef":
        return [
            Term("Detached", "True", fault.listener, _DETACHED, generation),
            Term("Accepted", "False", fault.listener, fault.message, generation),
        ]
    resolved = Term("ResolvedRefs", "True", "ResolvedRefs", "", generation)
    if fault and fault.listener:
        resolved = Term("ResolvedRefs", "False", fault.listener, fault.message, generation)
    elif unsupported_kinds(listener):
        resolved = Term(
            "ResolvedRefs", "False", "InvalidRouteKinds", "Only HTTPRoute is supported.", generation
        )
    return [
        resolved,
        Term("Accepted", "True", "Accepted", "", generation),
        *_programmed(generation, verdict),
        Term("Conflicted", "False", "NoConflicts", "", generation),
    ]


@dataclass(frozen=True)
class ParentVerdict:
    """How a route stands with one parentRef; `terms` are its conditions."""

    parent: Json
    terms: Sequence[Term]


def route_status(route: Json, verdicts: Sequence[ParentVerdict], now: str) -> Json:
    """The status of an HTTPRoute; what other controllers wrote stays as it is."""
    before: list[Json] = (route.get("status") or {}).get("parents") or []
    others = [one for one in before if one["controllerName"] != CONTROLLER]
    return {"parents": [*others, *(_parent_status(verdict, before, now) for verdict in verdicts)]}


def _parent_status(verdict: ParentVerdict, before: list[Json], now: str) -> Json:
    known: list[Any] = next((one["conditions"] for one in before if one["parentRef"] == verdict.parent), [])
    return {
        "controllerName": CONTROLLER,
        "parentRef": verdict.parent,
        "conditions": conditions(verdict.terms, known, now),
    }


def policy_status(policy: Json, now: str) -> Json:
    """The status of a policy that has found its target: Attached."""
    before: list[Json] = (policy.get("status") or {}).get("conditions") or []
    term = Term("Attached", "True", "Attached", "", policy["metadata"].get("generation", 1))
    return {"conditions": conditions([term], before, now)}


def waiting_term(generation: int) -> Term:
    """Reconciled, while nothing is wrong and the load balancer does not have the route yet [inferred]."""
    return Term("Reconciled", "Unknown", "Pending", _WAITING, generation)


def _condition(term: Term, before: Json | None, now: str) -> Json:
    since = before["lastTransitionTime"] if before and before["status"] == term.status else now
    return {
        "type": term.type,
        "status": term.status,
        "reason": term.reason,
        "message": term.message,
        "observedGeneration": term.generation,
        "lastTransitionTime": since,
    }
