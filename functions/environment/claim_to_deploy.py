"""The claim of a deploy: whether this environment is allowed, and what the workflow is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from functions.environment.accepted_labels import accepted, claimed, due, place
from functions.environment.acquire import acquire
from functions.environment.observed_request import ObservedRequest
from functions.environment.refusals import anchor_name_taken, blocked
from functions.environment.rivals import first_shown, rival
from shared import labels
from shared.anchor import CLAIM, Anchor
from shared.errors import TooLarge
from shared.step.message import Place
from shared.step.outcome import Decision, Outputs
from shared.step.packed import pack

if TYPE_CHECKING:
    from shared.spec import Deploy, Environment

# Bytes of a spec when packed: five messages hold it at once in the workflow's 512 KB of variables.
SPEC_LIMIT = 6_000


def deploy(observed: ObservedRequest, request: Deploy, now: float) -> Decision:
    """Refuse the request, or claim the environment for it."""
    if refused := refusal(observed, request.environment):
        return refused
    values = first_shown(observed, request.environment) or claimed(observed, request)
    return acquire(observed, values, _outputs(observed, request), now)


def refusal(observed: ObservedRequest, wanted: Environment) -> Decision | None:
    """Why this environment cannot be claimed at all."""
    try:
        pack(wanted.wire(), SPEC_LIMIT)
    except TooLarge as error:
        cause = f"The environment with its defaults has {error}."
        return blocked(observed, "SPEC_TOO_LARGE", cause, "Use fewer or shorter routes.")
    if observed.verifier(wanted.project, wanted.network) is None:
        network = f"projects/{wanted.project}/global/networks/{wanted.network}"
        return blocked(
            observed,
            "NO_VERIFIER",
            f"No verification function has a leg in {network}.",
            f"Add {network} to verification_networks and apply terraform-bootstrap.",
        )
    if other := rival(observed, wanted):
        return blocked(
            observed,
            "FLEET_IN_USE",
            f"The fleet of {wanted.project} is in use by environment {other.name}; a fleet has one gateway.",
            f"Tear {other.name} down, add what you need to it, or use another project.",
        )
    return anchor_name_taken(observed) or _moved(observed, wanted)


def _moved(observed: ObservedRequest, wanted: Environment) -> Decision | None:
    """A refusal, if the environment exists elsewhere. An anchor that a teardown created does not say where."""
    anchor = observed.anchor
    if anchor is None or not anchor.stands or anchor.action == CLAIM:
        return None
    moved = [key for key, value in place(wanted).items() if anchor.labels.get(key, value) != value]
    if not moved:
        return None
    current = ", ".join(f"{key.partition('-')[2]} {_shown(anchor, key)}" for key in moved)
    return blocked(
        observed,
        "ENVIRONMENT_MOVED",
        f"Environment {wanted.name} exists with {current}, which cannot be changed in place.",
        f"Set that back in the spec, or tear {wanted.name} down first, or name the new environment otherwise.",
    )


def _shown(anchor: Anchor, key: str) -> str:
    return labels.gathered(anchor.labels, key) or "another one"


def _outputs(observed: ObservedRequest, request: Deploy) -> Outputs:
    """What the workflow passes to the steps: the spec with all defaults, its place, and the verification topic."""
    wanted = request.environment
    where = Place(wanted.project, wanted.network, regions=labels.regions(accepted(observed, request)))
    topic = observed.verifier(wanted.project, wanted.network)
    packed = pack(wanted.wire(), SPEC_LIMIT)
    return observed.outputs(
        environment=packed,
        place=where.wire(),
        topics={"verification": topic},
        accept=due(observed, request),
        origin=request.origin,
    )
