"""The claim: a request acquires the environment, is answered at once, or is refused before anything changes.

The newest request wins. The anchor's labels hold its generation (publish time and message id) and its execution; they
are written by compare-and-swap. Deploy and teardown acquire the anchor (`acquire`). Verify runs under the claim that
holds it. Extend, sweep and monitor acquire nothing: they are finished when the claim is answered.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from functions.environment.claim_by_name import teardown, verify
from functions.environment.claim_to_deploy import deploy
from functions.environment.events import EventFactory
from functions.environment.lateness import stale
from functions.environment.lease import extend
from functions.environment.monitor import left_alone, monitor
from functions.environment.observed_request import ObservedRequest
from functions.environment.refusals import blocked, superseded
from functions.environment.sweep import final_sweep, sweep
from functions.environment.takeover import acting_until
from shared import anchor, labels
from shared.anchor import Anchor
from shared.errors import ApiError
from shared.google import executions
from shared.spec import (
    Deploy,
    Extend,
    Fault,
    InvalidRequest,
    Monitor,
    Request,
    Sweep,
    Teardown,
    Verify,
    parse_request,
)
from shared.step.error_outcomes import invalid
from shared.step.message import RawRequest
from shared.step.outcome import Decision
from shared.step.step import Context, Step

if TYPE_CHECKING:
    from shared.google import wire


def observe(context: Context) -> ObservedRequest:
    """Read the request and the anchors, and whether the executions that this request depends on still run.

    For a request with faults no anchor is read: it is refused as it is. A write of the claim is waited for before.
    """
    session, settings = context.session, context.settings
    _wait_for_write(context)
    raw = context.message.request or RawRequest(b"", "0", "1970-01-01T00:00:00Z")
    published = _generation(raw)
    request = _parse(raw, settings.project) if published else InvalidRequest([_never_published(raw)])
    name = _name(request, raw)
    observed = ObservedRequest(
        request,
        name,
        _seniority(request, published),
        context.message.claim.execution,
        anchor.path_of(session, name),
        [] if isinstance(request, InvalidRequest) else anchor.read_all(session),
        frozenset(),
        settings,
        EventFactory.of(context),
        labels.asked_at(published),
        is_accepted_later=context.message.schema > 1,
        only_begins=context.message.mode == "begin" and isinstance(request, Deploy),
    )
    own = _own_if_late(context)
    holders = {each.execution for each in _depended_on(observed)} | own
    before = _taken_over(observed)
    asked = sorted(holders | ({before.execution} if before else set()))
    every = {each: executions.read(session, settings.workflow, each) for each in asked}
    found = {name: every[name] for name in holders}
    return replace(
        observed,
        alive=frozenset(name for name, each in found.items() if executions.is_alive(each)),
        went_on=frozenset(name for name, each in found.items() if _went_on(each)),
        succeeded=frozenset(name for name, each in found.items() if each and each["state"] == "SUCCEEDED"),
        is_over=any(not executions.is_alive(found[each]) for each in own),
        acting_until=acting_until(every[before.execution]) if before else 0.0,
        declined=frozenset(resource for resource, why in context.tried.items() if why),
    )


def decide(observed: ObservedRequest, now: float) -> Decision:
    """Refuse the request, yield, write the claim, or do what needs no claim."""
    if isinstance(observed.request, InvalidRequest):
        return Decision(replace(invalid(observed.request), outputs=observed.outputs()))
    if observed.is_over:
        return superseded(
            observed, f"execution {observed.execution} has ended; this is a copy of its message"
        )
    return stale(observed, now) or _claimed(observed, now)


def _claimed(observed: ObservedRequest, now: float) -> Decision:
    match observed.request:
        case Deploy() as request:
            return deploy(observed, request, now)
        case Teardown() as request:
            return teardown(observed, request, now)
        case Verify() as request:
            return (left_alone(observed) if request.quiet else None) or verify(observed)
        case Extend() as request:
            return extend(observed, request)
        case Sweep() as request:
            return final_sweep(observed, now) if request.final else sweep(observed, now)
        case Monitor():
            return monitor(observed)
    return blocked(
        observed,
        "NOT_YET",
        f"The action {getattr(observed.request, 'action', '')} is not served by this version.",
        'Publish {"action": "deploy", "environment": …}, or update Fleetgate.',
    )


BEFORE_CLAIMED = (
    "begin",
    "claim",
    "check",
    "settle",
)  # modes that are asked while the claim is not done, too
FRESH = 5.0  # seconds after which a message may be a copy: an execution has not ended before its claim is answered
CLAIM = Step("environment", observe, decide, frozenset({"begin", "claim"}), fenced=False)


def _wait_for_write(context: Context) -> None:
    """Let the write end that a message before has begun. One that has failed is seen on the anchor, and made again."""
    if context.message.claim.writing and not context.tried:
        with suppress(ApiError):
            anchor.wait(context.session, context.message.claim.writing)


def _parse(raw: RawRequest, project: str) -> Request | InvalidRequest:
    try:
        return parse_request(raw.data, project=project)
    except InvalidRequest as refused:
        return refused


def _generation(raw: RawRequest) -> str:
    """The request's generation; "" if it was published at no time: an execution was started by hand."""
    try:
        return labels.generation(raw.publish_time, raw.message_id)
    except (ValueError, OverflowError):
        return ""


def _seniority(request: Request | InvalidRequest, published: str) -> str:
    """The generation of a request. A teardown from the sweep is no newer than what the sweep saw of the environment."""
    if isinstance(request, Teardown) and request.generation:
        return labels.unseen(request.generation)
    return published


def _never_published(raw: RawRequest) -> Fault:
    fault = f"{raw.publish_time[:60]!r} is no time"
    return Fault("publishTime", fault, "publish the request; Pub/Sub says when, such as 2026-01-05T08:00:00Z")


def _name(request: Request | InvalidRequest, raw: RawRequest) -> str:
    """The environment's name; for a request with faults the best guess, for the event."""
    if isinstance(request, Deploy):
        return request.environment.name
    if not isinstance(request, InvalidRequest):
        return getattr(request, "name", "")
    try:
        document = json.loads(raw.data)
        name = document.get("name") or document["environment"]["name"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    return name[: labels.NAME_LIMIT] if isinstance(name, str) else ""


def _depended_on(observed: ObservedRequest) -> list[Anchor]:
    """The anchors whose execution must be checked for still running."""
    if isinstance(observed.request, Sweep):
        return [each for each in observed.anchors if each.depends_on_its_execution]
    found, request = observed.anchor, observed.request
    if found is not None and isinstance(request, Verify):
        return [found] if found.is_labelled and not found.is_being_removed else []
    if found is None or found.execution == observed.execution or not isinstance(request, Deploy | Teardown):
        return []
    same = found.generation == observed.generation
    return [found] if same or _may_be_at_work(request, found) else []


def _own_if_late(context: Context) -> set[str]:
    """The execution that sent the message, if the message may be a copy that comes after its end."""
    own = context.message.claim.execution  # none, if the scheduler asks
    is_late = context.session.now - context.message.sent > FRESH
    return {own} if own and is_late else set()


def _taken_over(observed: ObservedRequest) -> Anchor | None:
    """The anchor, if this request would take it over from a claim whose steps have been asked."""
    found = observed.anchor
    if found is None or not found.is_claimed or not isinstance(observed.request, Deploy | Teardown):
        return None
    mine, theirs = labels.age_order(observed.generation), labels.age_order(found.generation)
    return found if theirs <= mine and not observed.holds_anchor else None


def _went_on(execution: wire.Execution | None) -> bool:
    """Whether an execution has ended after its claim: its result accounts for that, or for steps of later phases.

    A check begins before the claim is done, so its steps say nothing.
    """
    told = execution.get("result") if execution else None
    try:
        steps = json.loads(told or "{}").get("steps", [])
        return any(each["mode"] not in BEFORE_CLAIMED or _is_claimed(each) for each in steps)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def _is_claimed(step: Mapping[str, str]) -> bool:
    return (step["mode"], step.get("outcome")) == ("claim", "done")


def _may_be_at_work(request: Deploy | Teardown, found: Anchor) -> bool:
    """Whether a teardown from the sweep must leave the environment alone while its execution runs.

    The sweep asks without a lease's end if an execution has died. Another execution of that request may have gone on.
    Where a deploy is being checked, the lease that has ended is that of the request before it.
    """
    if not isinstance(request, Teardown) or not request.is_conditional:
        return False
    return request.expires is None or found.is_being_removed or not found.is_accepted
