"""What the controller tells of HTTPRoutes: the conditions for each parentRef, and events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from localcloud.controllers.gateway.assessment import RouteVerdict
from localcloud.controllers.gateway.binding import GROUP, Refusal, ref_of
from localcloud.controllers.gateway.faults import route_message
from localcloud.controllers.gateway.names import Ref
from localcloud.controllers.gateway.status import ParentVerdict, Term, waiting_term
from localcloud.wire.messages import Json


def parent_verdicts(verdict: RouteVerdict, synced: int) -> list[ParentVerdict]:
    """The conditions of a route under one Gateway; `synced` is the generation that is programmed, or 0."""
    return [
        ParentVerdict(parent, _terms(verdict, parent, bound if isinstance(bound, Refusal) else None, synced))
        for parent, bound in verdict.bound
    ]


def success_messages(route: Ref, parent: Json) -> list[str]:
    """What the events say of a route that has been synced [observed]."""
    shown = parent_text(parent)
    return [
        f'All the object references were able to be resolved for HTTPRoute "{route}" bound to {shown}',
        f'Bind of HTTPRoute "{route}" to {shown} was a success',
        f'Reconciliation of HTTPRoute "{route}" bound to {shown} was a success',
    ]


def parent_text(parent: Json) -> str:
    """A parentRef as the controller prints it [observed]."""
    fields: Mapping[str, object] = {
        "Group": parent.get("group", GROUP),
        "Kind": parent.get("kind", "Gateway"),
        "Namespace": parent.get("namespace"),
        "Name": parent["name"],
        "SectionName": parent.get("sectionName"),
        "Port": parent.get("port"),
    }
    return "ParentRef {" + ", ".join(f"{name}: {_go(value)}" for name, value in fields.items()) + "}"


def _go(value: object) -> str:
    if value is None:
        return "nil"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _terms(verdict: RouteVerdict, parent: Json, refusal: Refusal | None, synced: int) -> Sequence[Term]:
    generation = verdict.route["metadata"]["generation"]
    return [
        _accepted(verdict, refusal, generation),
        _resolved(verdict, parent, generation),
        _reconciled(verdict, refusal, generation, synced),
    ]


def _accepted(verdict: RouteVerdict, refusal: Refusal | None, generation: int) -> Term:
    if refusal:
        return Term("Accepted", "False", refusal.reason, refusal.message, generation)
    if verdict.misconfigured:
        return Term("Accepted", "False", "Invalid", _misconfigured(verdict), generation)
    return Term("Accepted", "True", "Accepted", "", generation)


def _resolved(verdict: RouteVerdict, parent: Json, generation: int) -> Term:
    if verdict.unresolved is None:
        return Term("ResolvedRefs", "True", "ResolvedRefs", "", generation)
    route = ref_of(verdict.route)
    message = (
        f'Object reference of HTTPRoute "{route}" bound to {parent_text(parent)} failed to be resolved: error '
        f"cause: reference-not-found: {route_message(route, verdict.unresolved.cause)}"
    )
    return Term("ResolvedRefs", "False", verdict.unresolved.reason, message, generation)


def _reconciled(verdict: RouteVerdict, refusal: Refusal | None, generation: int, synced: int) -> Term:
    """Reconciled is what the load balancer has; a route that lost a backend keeps what it had."""
    if verdict.misconfigured:
        return Term("Reconciled", "False", "Invalid", _misconfigured(verdict), generation)
    if refusal:
        return Term("Reconciled", "False", "Invalid", refusal.message, generation)
    if synced:
        return Term("Reconciled", "True", "ReconciliationSucceeded", "", synced)
    if verdict.unresolved:
        message = route_message(ref_of(verdict.route), verdict.unresolved.cause)
        return Term("Reconciled", "False", "Invalid", message, generation)
    return waiting_term(generation)


def _misconfigured(verdict: RouteVerdict) -> str:
    return route_message(ref_of(verdict.route), verdict.misconfigured)
