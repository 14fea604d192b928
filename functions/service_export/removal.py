"""The exports' removal, at a teardown: stage after stage, in every cluster that may hold something of it.

A cluster that does not answer is waited for, because it is unknown what it exports. That ends after a while: the
audit lists what is left behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from functions.service_export.stages import STAGES
from functions.service_export.survey import Survey
from shared.json_types import Json
from shared.labels import asked_at
from shared.step.estimate import remaining
from shared.step.outcome import Decision, Done, Waiting
from shared.step.stages import Reached, first
from shared.step.step import Context, Step

PATIENCE = 600.0  # seconds of a request after which a cluster that does not answer is left to the audit


@dataclass(frozen=True)
class ObservedRemoval:
    """The first stage in which anything is left; if there is none, what stays on purpose, and what is unknown.

    `asked` is when the request was published, unix seconds. `kept` are namespaces that hold something of somebody
    else's, by full name, with what; `unanswered` the clusters that should have answered and did not, `unreachable`
    those that cannot be asked, each by name, with the reason.
    """

    asked: float
    reached: Reached | None = None
    kept: Mapping[str, str] = field(default_factory=dict)
    unanswered: Mapping[str, str] = field(default_factory=dict)
    unreachable: Mapping[str, str] = field(default_factory=dict)


def observe(context: Context) -> ObservedRemoval:
    """Stage by stage, in every cluster, until something is found that is still to go."""
    place = context.place
    gateway = (place.gateway or "").partition("/")[0]
    asked = asked_at(context.message.claim.generation)
    began = context.message.began
    survey = Survey(
        context.session, place.project, context.name, gateway, asked, began, places=context.places
    )
    if reached := first(STAGES, survey):
        return ObservedRemoval(asked, reached)
    return ObservedRemoval(asked, None, survey.kept_namespaces, survey.unanswered, survey.unreachable)


def decide(observed: ObservedRemoval, now: float) -> Decision:
    """What to delete now, and what is waited for."""
    if observed.reached:
        return observed.reached.decide(now)
    if observed.unanswered and now < observed.asked + PATIENCE:
        text = "; ".join(
            f"cluster {name} does not answer: {why}" for name, why in observed.unanswered.items()
        )
        seconds = remaining(now, observed.asked, 0)
        return Decision(Waiting(reason="ClusterSilent", message=text, retry_after=seconds))
    return Decision(Done(outputs=_notes(observed)))


SERVICE_EXPORT_REMOVAL = Step("service_export", observe, decide, frozenset({"destroy"}))


def _notes(observed: ObservedRemoval) -> Json:
    """What was left alone, and which clusters could not be asked."""
    left = [{"resource": name, "why": f"it holds {why}"} for name, why in observed.kept.items()]
    reasons = {**observed.unreachable, **observed.unanswered}
    unheard = [{"resource": name, "why": why} for name, why in reasons.items()]
    return {key: value for key, value in (("left", left), ("unheard", unheard)) if value}
