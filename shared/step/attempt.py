"""One attempt of a step: observe → fence → decide → perform. Every error becomes an outcome.

In mode `check` it stops after decide: a plan runs the same code. It begins before the claim holds the anchor, and needs
no fence, since it changes nothing. Only this module performs changes, so only it sets up
the fence (`shared.step.fence`) that every change passes, and decides what one refused change means for the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from threading import Event
from typing import TYPE_CHECKING

from shared import errors
from shared.google.pubsub import publish_all
from shared.google.session import Session
from shared.google.side_by_side import side_by_side
from shared.step.change import Change
from shared.step.error_outcomes import outcome_of
from shared.step.fence import Fence, yield_to_newer
from shared.step.log import log_error
from shared.step.message import Message
from shared.step.nearby import is_near, pause
from shared.step.outcome import Decision, Done, Outcome, Stopped, Superseded, Waiting
from shared.step.step import AnyStep, Context

if TYPE_CHECKING:
    from shared.spec import Environment

CHECK = "check"  # the mode that plans
STANDS = "_stands"  # ends the name of the output of a check that found all of its step as wanted
ACTED_IN = ("apply", "destroy")  # modes in which `done` says how the world is
# What says that a resource is not as it was observed; and that it cannot be changed now.
CHANGED = (errors.AlreadyExists, errors.Conflict, errors.NotFound, errors.Declined)
HELD = (errors.Busy, errors.InUse)
ROUNDS = 3  # of observe, decide and perform within one call, for changes that take effect at once


def attempt(step: AnyStep, message: Message, session: Session) -> tuple[Outcome, list[Change]]:
    """One attempt of `step`: its outcome, and the changes it made (or, in mode `check`, would make)."""
    changes: list[Change] = []
    outcome = _attempted(step, message, session, changes)
    if message.mode == CHECK and isinstance(outcome, Stopped):
        return _faults_of_the_newest(outcome, message, session), changes
    return outcome, changes


def _attempted(step: AnyStep, message: Message, session: Session, changes: list[Change]) -> Outcome:
    try:
        return _converge(step, _context(message, session), changes)
    except Exception as error:
        denied = isinstance(error, errors.PermissionDenied)
        account = (
            {"account": session.account} if denied else {}
        )  # costs a call, so only if the message needs it
        waited = session.now - message.began
        outcome = outcome_of(error, session.settings, message.attempt, waited=waited, **account)
        if isinstance(outcome, Stopped):
            log_error(message, error)
        return outcome


def _faults_of_the_newest(found: Stopped, message: Message, session: Session) -> Outcome:
    """What a check found, unless a newer request has the environment: then nobody asks for that any more."""
    try:
        yield_to_newer(session, message)
    except errors.Superseded as error:
        return Superseded(message=str(error))
    except errors.FleetgateError:  # whether there is a newer one is not known, and the faults are faults
        return found
    return found


def _context(message: Message, session: Session) -> Context:
    settings = session.settings
    return Context(settings, message, session, _environment(message.environment, settings.project))


def _environment(document: object, project: str) -> Environment | None:
    if not document:
        return None
    from shared.spec import parse_environment  # slow to import, and not needed without an environment

    return parse_environment(document, project=project)


def _converge(step: AnyStep, context: Context, made: list[Change]) -> Outcome:
    changed: list[errors.FleetgateError] = []
    is_check = context.message.mode == CHECK
    fence = Fence(context.session, context.message) if step.fenced and not is_check else None
    if fence is not None:
        context.session.calls.permit = fence.permit
    waited = 0.0
    for _ in range(ROUNDS):
        began = context.session.calls.deadline.now
        decision = _decide(step, context, fence)
        if is_check:
            return _planned(decision, made, step.name)
        changed = _perform(decision.changes, context, made)
        while not changed and is_near(decision, context.session.calls.deadline):
            waited += pause(decision)
            decision = _look_narrowly(step, context, fence, decision)
            changed = _perform(decision.changes, context, made)
        if not changed and decision.outcome is not None:
            if _is_too_early(decision.outcome, context.message, began):
                return _second_look(decision.outcome, context)
            publish_all(context.session, decision.publications)
            return _with_wait(_telling(decision, decision.outcome, context), waited)
    why = f": {changed[0]}" if changed else ""  # told when it lasts until time is up
    return Waiting(reason="Changed", message=f"the changes are not visible yet{why}", retry_after=2.0)


def _is_too_early(outcome: Outcome, message: Message, began: float) -> bool:
    """Whether functions of the claim before could still act when a look began by which all is done."""
    return isinstance(outcome, Done) and message.mode in ACTED_IN and began < message.claim.quiet_from


def _second_look(seen: Outcome, context: Context) -> Waiting:
    left = context.message.claim.quiet_from - context.session.calls.deadline.now
    text = "all is done; it is looked at again when functions of the claim before can no longer act"
    return Waiting(reason="SecondLook", message=text, retry_after=max(left, 0.0), outputs=seen.outputs)


def _telling(decision: Decision, outcome: Outcome, context: Context) -> Outcome:
    """The outcome, with the operation that the change has begun where the decision is to tell it."""
    begun = [context.begun.get(each.describe().resource, "") for each in decision.changes]
    if not decision.telling or not any(begun):
        return outcome
    return replace(outcome, outputs={**outcome.outputs, decision.telling: begun[0]})


def _decide(step: AnyStep, context: Context, fence: Fence | None) -> Decision:
    observed = step.observe(context)
    if fence is not None:
        fence.verify()
    context.session.calls.deadline.time_limit()
    return step.decision(context, observed, context.session.now)


def _look_narrowly(step: AnyStep, context: Context, fence: Fence | None, before: Decision) -> Decision:
    """The decision after a look at what was waited for alone. Each change passes the fence, and so does an end."""
    assert before.near is not None, "only what is near is looked at so"
    observed = before.near(context)
    now = max(context.session.now, context.session.calls.deadline.now)  # perhaps no API was asked
    decision = step.decision(context, observed, now)
    if fence is not None and not isinstance(decision.outcome, Waiting):
        fence.verify()
    context.session.calls.deadline.time_limit()
    return decision


def _with_wait(outcome: Outcome, seconds: float) -> Outcome:
    """The outcome, with the seconds that were waited already."""
    return replace(outcome, waited=seconds) if isinstance(outcome, Waiting) else outcome


def _planned(decision: Decision, made: list[Change], step: str) -> Outcome:
    """The answer of a check. Waiting for resources that do not exist yet is no fault of the request.

    What is as wanted already, with nothing to do or to wait for, is told: if all steps tell it, none is applied.
    """
    made.extend((*decision.changes, *decision.later))
    if isinstance(decision.outcome, Done) and not (made or decision.publications):
        outputs = {**decision.outcome.outputs, f"{step}{STANDS}": True}
        return replace(decision.outcome, outputs=outputs)
    outcome = decision.outcome or Done()
    if isinstance(outcome, Stopped | Superseded):
        return outcome
    return Done(outputs=outcome.outputs, warnings=outcome.warnings)


def _perform(wanted: Sequence[Change], context: Context, made: list[Change]) -> list[errors.FleetgateError]:
    """Begin the changes: one by one, or sequence beside sequence. Returns what says that a resource has changed since
    it was observed.

    A resource that is busy or in use does not stop the changes after it; any other error stops all.

    Raises:
        Busy, InUse: the first of these refusals, after all changes were tried.
    """
    begun, refused = dict[int, Change](), dict[int, errors.FleetgateError]()
    failed = Event()

    def begin(sequence: Sequence[tuple[int, Change]]) -> None:
        for number, change in sequence:
            if failed.is_set():
                return
            try:
                context.session.calls.deadline.time_limit()  # or DeadlinePassed
                _begin(change, context)
                begun[number] = change
            except (*CHANGED, *HELD) as error:
                refused[number] = error
            except BaseException:
                failed.set()
                raise

    try:
        for sequences in _sequences(wanted):
            side_by_side(context.session, sequences, begin)
    finally:
        made.extend(begun[number] for number in sorted(begun))
    told = [refused[number] for number in sorted(refused)]
    if held := [each for each in told if isinstance(each, HELD)]:
        raise held[0]
    return told


def _sequences(wanted: Sequence[Change]) -> Iterator[list[list[tuple[int, Change]]]]:
    """The changes, each with its number, in sequences that may begin side by side; these groups of them in order."""
    for is_apart, those in groupby(enumerate(wanted), lambda each: bool(each[1].sequence)):
        found: dict[str, list[tuple[int, Change]]] = {}
        for number, change in those:
            found.setdefault(change.sequence if is_apart else "", []).append((number, change))
        yield list(found.values())


def _begin(change: Change, context: Context) -> None:
    """Begin one change, and record the result in `context.tried` for the next round of this call.

    Raises:
        Declined: the change was optional and was refused.
    """
    try:
        operation = change.perform(context.session)
    except errors.Declined as declined:
        context.tried[change.describe().resource] = str(declined)
        raise
    resource = change.describe().resource
    context.tried[resource] = ""
    if operation:
        context.begun[resource] = operation
