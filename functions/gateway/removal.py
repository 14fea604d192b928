"""The gateway's removal: routes, then the Gateway, then, once its load balancer is seen gone, what guided it.

Which parts the load balancer has is only known while the Gateway is there. So each answer hands on what is known of
them, and the audit at the end of a teardown looks for each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from functions.gateway.stages import STAGES
from functions.gateway.survey import Survey
from shared.labels import asked_at
from shared.step.outcome import Decision, Done
from shared.step.stages import Reached, first
from shared.step.step import Context, Step


@dataclass(frozen=True)
class ObservedRemoval:
    """The first stage in which anything is left, None if nothing is.

    `parts` are those of the load balancer that were found out, by full name: None if an earlier answer told them.
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
        )
    )


def look(survey: Survey) -> ObservedRemoval:
    """What a survey finds, and what is known by then of the load balancer."""
    reached, known = first(STAGES, survey), survey.known_parts
    return ObservedRemoval(reached, tuple(known) if known != list(survey.inventory or ()) else None)


def decide(observed: ObservedRemoval, now: float) -> Decision:
    """What to delete now, and what is waited for; the answer tells the parts that were found out."""
    decision = observed.reached.decide(now) if observed.reached else Decision(Done())
    if observed.parts is None or decision.outcome is None:
        return decision
    outcome = replace(decision.outcome, outputs={"inventory": list(observed.parts)})
    return replace(decision, outcome=outcome)


GATEWAY_REMOVAL = Step("gateway", observe, decide, frozenset({"destroy"}))
