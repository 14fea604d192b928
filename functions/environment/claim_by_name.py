"""The claims of requests that name an environment: teardown, which takes it, and verify, which only looks.

Where it stands is read from the anchor's labels. A teardown of what has no anchor makes one first, so that a deploy
that was published before it finds a newer claim, and works by marks in Fleetgate's own project.
"""

from __future__ import annotations

from typing import Any

from functions.environment.acquire import Seen, blocked, foreign, going, superseded, take, unknown
from shared import labels
from shared.anchor import TEARDOWN, Anchor
from shared.spec import Teardown
from shared.step.message import Place
from shared.step.outcome import Decision, Done

NETWORK = "default"  # where an environment is looked for if no anchor tells


def teardown(seen: Seen, request: Teardown) -> Decision:
    """Claim the environment for its removal, unless what the request depends on has changed."""
    if refusal := foreign(seen):
        return refusal
    if not seen.holds and (why := _moot(seen, request)):
        return superseded(seen, why)
    mine = seen.mine
    known = dict(mine.labels) if mine else {labels.OWNER: seen.name}
    values = known | {
        labels.GENERATION: seen.generation,
        labels.EXECUTION: seen.execution,
        labels.ACTION: TEARDOWN,
    }
    if request.disable_apis:
        values[labels.APIS] = "disable"
    return take(seen, values, _handed_on(seen, _place(seen, mine, request.disable_apis)))


def verify(seen: Seen) -> Decision:
    """Look under the claim that holds: a newer one supersedes what has been looked at."""
    mine = seen.mine
    if refusal := foreign(seen):
        return refusal
    if mine is None:
        return unknown(seen)
    if mine.is_going:
        return going(seen)
    place = _place(seen, mine)
    outputs = _handed_on(seen, place) | {"generation": mine.generation}
    if not outputs["topics"]:
        return blocked(
            seen,
            "NO_VERIFIER",
            f"No verification function has a leg in network {place.network} of {place.project}.",
            "Add the network to verification_networks and apply terraform-bootstrap.",
        )
    return Decision(Done(outputs=outputs))


def _moot(seen: Seen, request: Teardown) -> str:
    """Why a teardown that the sweep asked for has nothing to do any more."""
    if not request.is_conditional:
        return ""
    mine = seen.mine
    if mine is None:
        return f"{seen.name} is gone"
    if request.expires is not None and mine.expires != request.expires:
        return f"the lease of {seen.name} ends at another time than {request.expires}: {mine.expires}"
    if request.generation is not None and mine.generation not in (request.generation, seen.generation):
        return f"{seen.name} has been claimed since, by {mine.generation}"
    if mine.action == TEARDOWN and seen.is_at_work(mine):
        return f"execution {mine.execution} is tearing {seen.name} down"
    return ""


def _place(seen: Seen, mine: Anchor | None, disable_apis: bool = False) -> Place:
    told = mine.labels if mine else {}
    return Place(
        project=_read(told.get(labels.PROJECT)) or seen.settings.project,
        network=_read(told.get(labels.NETWORK)) or NETWORK,
        gateway=_read(told.get(labels.GATEWAY)),
        probe=_read(told.get(labels.PROBE)),
        disable_apis=disable_apis or labels.APIS in told,
    )


def _read(value: str | None) -> str | None:
    return labels.unpack(value) if value else None


def _handed_on(seen: Seen, place: Place) -> dict[str, Any]:
    """The place, and the topic of the verifier in its network.

    A network without one (any more) is audited from elsewhere: that takes no leg in it.
    """
    topic = seen.verifier(place.project, place.network)
    if topic is None and isinstance(seen.request, Teardown):
        topic = next(iter(sorted(seen.settings.verification_topics.values())), None)
    return seen.outputs(place=place.wire(), topics={"verification": topic} if topic else {})
