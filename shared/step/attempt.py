"""One attempt of a step: observe → fence → decide → perform, and whatever goes wrong becomes an outcome.

In mode `check` it stops after decide, with the same code, so that a plan cannot lie. This is the only place that
performs changes, and so the only one that knows deadlines, and what a refused change means to the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared import errors
from shared.google.pubsub import publish
from shared.google.session import Session
from shared.step import fence
from shared.step.change import Change
from shared.step.error_outcomes import outcome_of
from shared.step.log import log_trouble
from shared.step.message import Message
from shared.step.outcome import Decision, Done, Outcome, Stopped, Superseded, Waiting
from shared.step.step import AnyStep, Context

if TYPE_CHECKING:
    from shared.spec import Environment

ROUNDS = 3  # of looking, deciding and changing within one call, for what takes effect at once


def attempt(step: AnyStep, message: Message, session: Session) -> tuple[Outcome, list[Change]]:
    """One attempt of `step`: its outcome, and the changes it made (or, in mode `check`, would make)."""
    changes: list[Change] = []
    try:
        context = _context(message, session)
        return _converge(step, context, changes), changes
    except Exception as error:
        denied = isinstance(error, errors.PermissionDenied)
        whose = {"account": session.account} if denied else {}  # only then is it worth asking who this is
        outcome = outcome_of(error, session.settings, message.attempt, **whose)
        if isinstance(outcome, Stopped):
            log_trouble(message, error)
        return outcome, changes


def _context(message: Message, session: Session) -> Context:
    settings = session.settings
    return Context(settings, message, session, _environment(message.environment, settings.project))


def _environment(document: object, project: str) -> Environment | None:
    if not document:
        return None
    from shared.spec import parse_environment  # slow to import: not for what comes without an environment

    return parse_environment(document, project=project)


def _converge(step: AnyStep, context: Context, made: list[Change]) -> Outcome:
    for _ in range(ROUNDS):
        decision = _decide(step, context)
        if context.message.mode == "check":
            return _planned(decision, made)
        clean = _perform(decision.changes, context, made)
        if clean and decision.outcome is not None:
            for publication in decision.publications:
                publish(context.session, publication)
            return decision.outcome
    return Waiting(reason="Changed", message="what was changed is not to be seen yet", retry_after=2.0)


def _decide(step: AnyStep, context: Context) -> Decision:
    observed = step.observe(context)
    if step.fenced:
        fence.verify_claim(context.session, context.message)
    else:
        fence.check_deadline(context.session, context.message)
    return step.decision(context, observed, context.session.now)


def _planned(decision: Decision, made: list[Change]) -> Outcome:
    """What a check answers: waiting for what does not exist yet is no fault of the request."""
    made.extend((*decision.changes, *decision.later))
    if isinstance(decision.outcome, Stopped | Superseded):
        return decision.outcome
    return Done(outputs=decision.outcome.outputs if decision.outcome else {})


def _perform(wanted: Sequence[Change], context: Context, made: list[Change]) -> bool:
    """Begin the changes one by one; whether none of them found the world changed since it was observed.

    What is busy or in use does not keep the changes after it from being begun.

    Raises:
        Busy, InUse: the first of these refusals, once all changes have been tried.
    """
    clean, held = True, list[errors.ApiError]()
    for change in wanted:
        fence.check_deadline(context.session, context.message)
        try:
            _begin(change, context)
            made.append(change)
        except (errors.AlreadyExists, errors.Conflict, errors.NotFound, errors.Declined):
            clean = False
        except (errors.Busy, errors.InUse) as error:
            held.append(error)
    if held:
        raise held[0]
    return clean


def _begin(change: Change, context: Context) -> None:
    """Begin one change, and note what came of it for those who look again in this call.

    Raises:
        Declined: it was refused, which is noted and does no harm.
    """
    try:
        change.perform(context.session)
    except errors.Declined as declined:
        context.tried[change.describe().resource] = str(declined)
        raise
    context.tried[change.describe().resource] = ""
