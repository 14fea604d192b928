"""The gateway's removal: routes and the Gateway, then, once its load balancer is gone, policies and grants.

Which parts the load balancer has can only be read while the Gateway is there. So the answers hand the list on, and
the audit at the end of a teardown looks for each part.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from functions.gateway.stages import STAGES
from functions.gateway.survey import Survey
from shared.labels import asked_at
from shared.step.outcome import Decision, Done
from shared.step.packed import pack
from shared.step.stages import Reached, first
from shared.step.step import Context, Step


@dataclass(frozen=True)
class ObservedRemoval:
    """The first stage in which anything is left, None if nothing is.

    `parts` are the full names of the load balancer's parts, None if an earlier answer has handed on the same list.
    """

    reached: Reached | None = None
    parts: tuple[str, ...] | None = None


def observe(context: Context) -> ObservedRemoval:
    """Stage by stage, until something is found that is still to go."""
    place, message = context.place, context.message
    return look(
        Survey(
            context.session,
            place.project,
            context.name,
            place.gateway or "",
            asked_at(message.claim.generation),
            message.inventory,
            message.attempt == 1,
            context.places,
        )
    )


def look(survey: Survey) -> ObservedRemoval:
    """The stage that a survey reaches, and the parts of the load balancer that it knows by then."""
    reached, known = first(STAGES, survey), survey.known_parts
    return ObservedRemoval(reached, tuple(known) if known != list(survey.inventory or ()) else None)


def decide(observed: ObservedRemoval, now: float) -> Decision:
    """What to delete now, and what is waited for. The answer hands a new list of parts on."""
    decision = observed.reached.decide(now) if observed.reached else Decision(Done())
    if observed.parts is None or decision.outcome is None:
        return decision
    outcome = replace(
        decision.outcome, outputs={**decision.outcome.outputs, "inventory": pack(observed.parts)}
    )
    return replace(decision, outcome=outcome)


GATEWAY_REMOVAL = Step("gateway", observe, decide, frozenset({"destroy"}))
