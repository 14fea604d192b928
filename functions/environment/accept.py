"""Accepts a deploy once check has passed, before its first change: its lease, spec and place go on the anchor.

They are written at once, by compare-and-swap. Accepting twice changes nothing: an extension since then is kept. If
check has planned no change, nobody asks for this: the settling writes them with the result (`finish.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from functions.environment.accepted_labels import accepted
from functions.environment.changes import RelabelAnchor
from functions.environment.claim_to_deploy import refusal
from functions.environment.events import EventFactory
from functions.environment.observed_request import ObservedRequest
from functions.environment.refusals import superseded
from shared import anchor, labels
from shared.anchor import Anchor
from shared.step.outcome import Decision, Done
from shared.step.step import Context, Step

if TYPE_CHECKING:
    from shared.spec import Deploy

    ObservedDeploy = tuple[Deploy, ObservedRequest]


def observe(context: Context) -> ObservedDeploy:
    """Read the anchors: another environment may have taken the fleet since the claim."""
    return of_message(context, anchor.read_all(context.session))


def decide(observed: ObservedDeploy, now: float) -> Decision:
    """Write what is accepted, if this claim still holds the anchor; once another read shows it, that is done."""
    request, observation = observed
    found = observation.anchor
    if found is None or not observation.holds_anchor:
        return superseded(observation, f"the anchor of {observation.name} is not held by this claim any more")
    if refused := refusal(observation, request.environment):
        return refused
    if found.is_accepted:
        return Decision(Done())
    return Decision(None, [RelabelAnchor(found, accepted(observation, request))])


ACCEPT = Step("environment", observe, decide, frozenset({"accept"}), fenced=False)


def of_message(context: Context, anchors: list[Anchor]) -> ObservedDeploy:
    """The deploy that a message after its claim is about, with the anchors that were read."""
    from shared.spec import Deploy  # slow to import, and not needed for every ending

    claim, origin = context.message.claim, context.message.origin
    request = Deploy.model_construct(action="deploy", environment=context.wanted, origin=origin)
    observed = ObservedRequest(
        request,
        claim.name,
        claim.generation,
        claim.execution,
        anchor.path_of(context.session, claim.name),
        anchors,
        frozenset(),
        context.settings,
        EventFactory.of(context),
        labels.asked_at(claim.generation),
    )
    return request, observed
