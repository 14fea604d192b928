"""The claim: a request becomes the environment's newest, or is refused before anything is touched.

Newest wins: the anchor bears the generation (publish time and message id) and the execution of the newest
request, written by compare-and-swap. The claim holds when its write is done and another look shows it. A
request that is older than what the anchor bears is superseded; so is a second execution of the same request,
while the first is alive.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared import anchor, labels
from shared.anchor import Anchor
from shared.google import compute
from shared.google.executions import is_alive
from shared.spec import Deploy, Environment, InvalidRequest, Request, parse_request
from shared.step.message import Asked
from shared.step.outcome import Blocked, Change, Decision, Done, Superseded, Waiting
from shared.step.step import Context, Step
from shared.step.troubles import invalid

RELEASE = "release"  # the anchor's action while it is being removed

# Bytes of a spec as JSON. It travels in the answer (16 KB), and five messages hold it at once in the
# workflow's 512 KB of variables.
SPEC_LIMIT = 12_000
RESERVING = 1.2  # seconds that reserving an address usually takes [inferred]


@dataclass(frozen=True)
class Seen:
    """The request as it was read (or why it could not be), and the anchors of every environment.

    `path` is where the environment's anchor is or would be; `holder_alive` tells whether the execution that
    the anchor names has not ended, and is only looked up where it matters; `verifiers` are the settings'
    networks and topics.
    """

    request: Request | InvalidRequest
    name: str
    generation: str
    execution: str
    path: str
    anchors: list[Anchor]
    holder_alive: bool
    verifiers: Mapping[str, str]

    @property
    def mine(self) -> Anchor | None:
        """The environment's anchor."""
        return next((each for each in self.anchors if each.name == self.name), None)

    def outputs(self) -> dict[str, Any]:
        """What every answer to a claim says, a refusal too: whom it is about."""
        action = getattr(self.request, "action", "")
        return {"name": self.name, "action": action, "generation": self.generation}


def observe(context: Context) -> Seen:
    """Read the request and the anchors, and, where it matters, whether another execution is at work.

    A request with faults is refused without a call to any API but the one that tells of it.
    """
    session, claim = context.session, context.message.claim
    asked = context.message.request or Asked(b"", "0", "1970-01-01T00:00:00Z")
    request = _read(asked, context.settings.project)
    anchors = [] if isinstance(request, InvalidRequest) else anchor.read_all(session)
    name = _name(request, asked)
    seen = Seen(
        request,
        name,
        labels.generation(asked.publish_time, asked.message_id),
        claim.execution,
        anchor.path_of(session, name),
        anchors,
        holder_alive=False,
        verifiers=context.settings.verification_topics,
    )
    if not _depends_on_holder(seen):
        return seen
    holder = seen.mine.execution if seen.mine else ""
    return replace(seen, holder_alive=is_alive(session, context.settings.workflow, holder))


def decide(_wanted: Environment | None, seen: Seen, _now: float) -> Decision:
    """Refuse, yield, write the claim, or find it written."""
    if isinstance(seen.request, InvalidRequest):
        return Decision(replace(invalid(seen.request), outputs=seen.outputs()))
    if not isinstance(seen.request, Deploy):
        return _blocked(
            seen,
            "NOT_YET",
            f"The action {seen.request.action} is not served by this version.",
            'Publish {"action": "deploy", "environment": …}, or update Fleetgate.',
        )
    return _refusal(seen, seen.request.environment) or _claim(seen, seen.request)


def act(context: Context, change: Change) -> None:
    """Write the claim."""
    found, values = change.body
    if found is None:
        claim = context.message.claim
        note = anchor.birth_note(values[labels.OWNER], values[labels.GENERATION], claim.execution)
        anchor.create(context.session, values[labels.OWNER], note, values)
    else:
        anchor.relabel(context.session, found, values)


CLAIM = Step("environment", observe, decide, act, modes=frozenset({"claim"}), fenced=False)


def _read(asked: Asked, project: str) -> Request | InvalidRequest:
    try:
        return parse_request(asked.data, project=project)
    except InvalidRequest as refused:
        return refused


def _name(request: Request | InvalidRequest, asked: Asked) -> str:
    """The environment's name; of a request with faults, what looks most like one, for the event."""
    if isinstance(request, Deploy):
        return request.environment.name
    if not isinstance(request, InvalidRequest):
        return getattr(request, "name", "")
    try:
        document = json.loads(asked.data)
        name = document.get("name") or document["environment"]["name"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return name[: labels.NAME_LIMIT] if isinstance(name, str) else ""


def _depends_on_holder(seen: Seen) -> bool:
    mine = seen.mine
    if mine is None or mine.bears(seen.generation, seen.execution):
        return False
    return mine.generation == seen.generation or mine.labels.get(labels.ACTION) == RELEASE


def _refusal(seen: Seen, wanted: Environment) -> Decision | None:
    """Why this environment cannot be claimed, whatever its anchor says."""
    network = f"projects/{wanted.project}/global/networks/{wanted.network}"
    size = len(json.dumps(wanted.wire()).encode())
    if size > SPEC_LIMIT:
        return _blocked(
            seen,
            "SPEC_TOO_LARGE",
            f"The environment has {size} bytes with its defaults; {SPEC_LIMIT} can be carried.",
            "Use fewer or shorter routes.",
        )
    if network not in seen.verifiers:
        return _blocked(
            seen,
            "NO_VERIFIER",
            f"No verification function has a leg in {network}.",
            f"Add {network} to verification_networks and apply terraform-bootstrap.",
        )
    if other := _rival(seen, wanted):
        return _blocked(
            seen,
            "FLEET_IN_USE",
            f"The fleet of {wanted.project} is in use by environment {other.name}; a fleet has one gateway.",
            f"Tear {other.name} down, add what you need to it, or use another project.",
        )
    return _misfit(seen, wanted)


def _misfit(seen: Seen, wanted: Environment) -> Decision | None:
    """Why the anchor that is there cannot be this environment's."""
    mine = seen.mine
    if mine is None:
        return None
    if not mine.is_ours:
        return _blocked(
            seen,
            "ANCHOR_NAME_TAKEN",
            f"{mine.path} is not Fleetgate's, and has the name of the anchor of {wanted.name}.",
            "Delete it, or name the environment otherwise.",
        )
    places = {labels.PROJECT: wanted.project, labels.NETWORK: wanted.network}
    moved = [key for key, value in places.items() if mine.labels.get(key) != labels.pack(value)]
    if moved and mine.labels.get(labels.ACTION) != RELEASE:
        there = ", ".join(f"{key.partition('-')[2]} {mine.labels.get(key)}" for key in moved)
        return _blocked(
            seen,
            "ENVIRONMENT_MOVED",
            f"Environment {wanted.name} stands in {there}.",
            f"Tear {wanted.name} down first, or name the new environment otherwise.",
        )
    return None


def _rival(seen: Seen, wanted: Environment) -> Anchor | None:
    """Another environment of the same fleet that was there before.

    Both of two claims at once may write before either looks again; then the one whose anchor is older stays.
    """
    rivals = [each for each in seen.anchors if each.name != wanted.name and _uses(each, wanted.project)]
    mine = seen.mine
    if mine is not None:
        rivals = [each for each in rivals if _seniority(each) < _seniority(mine)]
    return min(rivals, key=_seniority, default=None)


def _uses(each: Anchor, project: str) -> bool:
    is_going = each.labels.get(labels.ACTION) == RELEASE
    return each.is_ours and not is_going and each.labels.get(labels.PROJECT) == labels.pack(project)


def _seniority(each: Anchor) -> tuple[float, str]:
    return compute.unix(each.created), each.name


def _claim(seen: Seen, request: Deploy) -> Decision:
    mine = seen.mine
    if mine is not None and mine.bears(seen.generation, seen.execution):
        return (
            _reserving() if mine.status == "RESERVING" else Decision(Done(outputs=_handed_on(seen, request)))
        )
    if mine is not None and (yielding := _yield(seen, mine)):
        return yielding
    values = _values(seen, request)
    if mine is None:
        change = Change("create", seen.path, body=(None, values))
        return replace(_reserving(), changes=[change])
    before = {key: mine.labels.get(key) for key in values if mine.labels.get(key) != values[key]}
    after = {key: values[key] for key in before}
    return Decision(None, [Change("update", seen.path, "labels", before, after, body=(mine, values))])


def _yield(seen: Seen, mine: Anchor) -> Decision | None:
    """Whom this claim makes way for, or waits for."""
    if labels.age_order(mine.generation) > labels.age_order(seen.generation):
        message = f"{seen.name} is claimed by a newer request, {mine.generation}"
        return Decision(Superseded(message=message, outputs=seen.outputs()))
    if mine.labels.get(labels.ACTION) == RELEASE and seen.holder_alive:
        message = f"a refused request is giving {seen.name} back"
        return Decision(Waiting(reason="AnchorReleasing", message=message, retry_after=2.0))
    if mine.generation == seen.generation and seen.holder_alive:
        message = f"execution {mine.execution} is at work on the same request"
        return Decision(Superseded(message=message, outputs=seen.outputs()))
    return _reserving() if mine.status == "RESERVING" else None


def _reserving() -> Decision:
    message = "the anchor is being reserved"
    return Decision(Waiting(reason="AnchorReserving", message=message, retry_after=RESERVING))


def _values(seen: Seen, request: Deploy) -> dict[str, str]:
    """The anchor's labels.

    The lease begins anew with every deploy, when it was published: a message that comes late or twice means
    the same lease. Without a ttl it has no end.
    """
    wanted = request.environment
    values = {
        labels.OWNER: wanted.name,
        labels.GENERATION: seen.generation,
        labels.EXECUTION: seen.execution,
        labels.ACTION: request.action,
        labels.SPEC: wanted.spec_hash,
        labels.PROJECT: labels.pack(wanted.project),
        labels.NETWORK: labels.pack(wanted.network),
        labels.GATEWAY: labels.pack(f"{wanted.gateway.namespace}/{wanted.gateway.name}"),
    }
    published = labels.age_order(seen.generation)[0] // 1000
    lease = {labels.EXPIRES: str(published + wanted.ttl)} if wanted.ttl else {}
    return values | lease | ({labels.ORIGIN: request.origin} if request.origin else {})


def _handed_on(seen: Seen, request: Deploy) -> dict[str, Any]:
    """What the workflow hands to the steps: the spec in its normal form, and the topics that differ."""
    wanted = request.environment
    network = f"projects/{wanted.project}/global/networks/{wanted.network}"
    return {
        **seen.outputs(),
        "environment": wanted.wire(),
        "topics": {"verification": seen.verifiers[network]},
    }


def _blocked(seen: Seen, code: str, cause: str, fix: str) -> Decision:
    return Decision(Blocked(code=code, cause=cause, fix=fix, outputs=seen.outputs()))
