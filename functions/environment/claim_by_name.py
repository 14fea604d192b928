"""The claims of requests that name an environment: teardown, which acquires it, and verify, which only reads it.

The anchor's labels say where the environment is. If there is no anchor, a teardown creates one first, so that an older
deploy finds a newer claim. It then removes what has the environment's mark in the one project in which environments can
be. If there are several it does so in Fleetgate's own, and its audit looks in all of them.
"""

from __future__ import annotations

from dataclasses import replace

from functions.environment.acquire import acquire
from functions.environment.last_accepted import without_unaccepted
from functions.environment.observed_request import ObservedRequest
from functions.environment.refusals import (
    anchor_name_taken,
    being_removed,
    blocked,
    name_not_kept,
    superseded,
    unknown_environment,
)
from shared import labels
from shared.anchor import TEARDOWN, Anchor
from shared.settings import Settings
from shared.spec import Teardown
from shared.step.message import Place
from shared.step.outcome import Decision, Done, Outputs

# Without these a verification would look for another Gateway, or take any answer for right.
ASKED_BY_NAME = (labels.GATEWAY, labels.PROBE)


def teardown(observed: ObservedRequest, request: Teardown, now: float) -> Decision:
    """Claim the environment for its removal, unless the condition of the request no longer holds."""
    if refusal := anchor_name_taken(observed):
        return refusal
    if not observed.holds_anchor and (why := _obsolete(observed, request)):
        return superseded(observed, why)
    anchor = observed.anchor
    values = _before(observed) | {
        labels.GENERATION: observed.generation,
        labels.EXECUTION: observed.execution,
        labels.ACTION: TEARDOWN,
    }
    if request.disable_apis:
        values[labels.APIS] = "disable"
    outputs = _outputs(observed, _place(observed, anchor, request.disable_apis))
    return acquire(observed, values, outputs, now)


def _before(observed: ObservedRequest) -> dict[str, str]:
    """What the anchor says of the environment; of one that has ended nothing but what others have added.

    A deploy that is being checked is over, and nothing is said to serve while it is being removed.
    """
    anchor = observed.anchor
    if anchor is not None and anchor.stands:
        return {key: value for key, value in without_unaccepted(anchor).items() if key != labels.SERVING}
    return {labels.OWNER: observed.name} | (labels.not_ours(anchor.labels) if anchor else {})


def verify(observed: ObservedRequest) -> Decision:
    """Verify under the claim that holds the anchor; a newer claim supersedes this request.

    What is missing while that claim's execution is at work is on its way. So the place says whether it is.
    """
    anchor = observed.anchor
    if refusal := anchor_name_taken(observed):
        return refusal
    if anchor is None or not anchor.is_claimed:
        return unknown_environment(observed)
    if anchor.is_being_removed:
        return being_removed(observed)
    if any(labels.gathered(anchor.labels, key) is None for key in ASKED_BY_NAME if key in anchor.labels):
        return name_not_kept(observed)
    place = replace(
        _place(observed, anchor),
        spec=anchor.labels.get(labels.SPEC, ""),
        config=anchor.labels.get(labels.CONFIG, ""),
        deploying=anchor.execution if observed.is_at_work(anchor) else "",
    )
    outputs = _outputs(observed, place) | {"generation": anchor.generation}
    if not outputs["topics"]:
        return blocked(
            observed,
            "NO_VERIFIER",
            f"No verification function has a leg in network {place.network} of {place.project}.",
            "Add the network to verification_networks and apply terraform-bootstrap.",
        )
    return Decision(Done(outputs=outputs))


def _obsolete(observed: ObservedRequest, request: Teardown) -> str:
    """Why a teardown from the sweep has nothing left to do; "" if it has."""
    if not request.is_conditional:
        return ""
    anchor = observed.anchor
    if anchor is None or not anchor.stands:
        return f"{observed.name} is gone"
    if request.expires is not None and anchor.expires != request.expires:
        return f"the lease of {observed.name} was moved from {request.expires} to {anchor.expires}"
    if request.generation is not None and anchor.generation not in (request.generation, observed.generation):
        return f"{observed.name} has been claimed since, by {anchor.generation}"
    if observed.is_at_work(anchor):
        return f"execution {anchor.execution} is at work on {observed.name}"
    return ""


def _place(observed: ObservedRequest, anchor: Anchor | None, disable_apis: bool = False) -> Place:
    values = anchor.labels if anchor else {}
    project = labels.gathered(values, labels.PROJECT)
    possible = observed.settings.projects
    return Place(
        project=project or _likely(observed.settings),
        network=labels.gathered(values, labels.NETWORK) or "",
        gateway=labels.gathered(values, labels.GATEWAY),
        probe=labels.gathered(values, labels.PROBE),
        disable_apis=disable_apis or labels.APIS in values,
        regions=labels.regions(values),
        located=project is not None or len(possible) == 1,
    )


def _likely(settings: Settings) -> str:
    """Where an environment is looked for whose anchor does not say: Fleetgate's own project, if any can be there."""
    possible = settings.projects
    return settings.project if settings.project in possible or not possible else possible[0]


def _outputs(observed: ObservedRequest, place: Place) -> Outputs:
    """The place, and the topic of the verification function in its network.

    If the network has none, any of them audits a teardown: the audit sends nothing into the network.
    """
    topic = observed.verifier(place.project, place.network)
    if topic is None and isinstance(observed.request, Teardown):
        topic = next(iter(sorted(observed.settings.verification_topics.values())), None)
    return observed.outputs(place=place.wire(), topics={"verification": topic} if topic else {})
