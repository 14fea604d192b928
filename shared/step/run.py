"""The runner: from the event to the answer. Every function's entry point is one call of `run`.

observe → fence → decide → act → answer. In mode `check` it stops after decide, with the same code, so that a
plan cannot lie. Whatever goes wrong on the way becomes an outcome; only an event that is not ours goes
unanswered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared import errors
from shared.google.metadata import project_number
from shared.google.pubsub import publish
from shared.google.session import Session, shared_session
from shared.settings import Settings
from shared.step import callback, fence
from shared.step.answer import answer
from shared.step.log import log_answer, log_refused, log_trouble
from shared.step.message import Message, parse
from shared.step.outcome import Change, Decision, Done, Outcome, Stopped, Superseded, Waiting
from shared.step.step import Context, Step
from shared.step.troubles import outcome_of

if TYPE_CHECKING:
    from shared.spec import Environment

ROUNDS = 3  # of looking, deciding and acting within one call, for what takes effect at once


def run(event: object, *steps: Step[Any]) -> None:
    """Serve one event (a Pub/Sub CloudEvent's data) with the step of `steps` whose name and mode it asks for.

    Returns when the answer is sent, which acknowledges the event. It never raises for what an API says:
    Eventarc does not deliver again, and the workflow asks again by itself.
    """
    settings = Settings.from_env()
    try:
        message = parse(event)
        step = _chosen(steps, message)
        callback.check(message, settings, project_number())
    except (errors.BadMessage, errors.CallbackRefused) as error:
        log_refused(error)
        return
    session = shared_session(settings)
    session.begin(message.sent or None)
    outcome, changes = perform(step, message, session)
    told = answer(message, outcome, changes, session.calls.wire())
    log_answer(message, told, callback.send(session, message, told))


def _chosen(steps: tuple[Step[Any], ...], message: Message) -> Step[Any]:
    for step in steps:
        if step.name == message.step and message.mode in step.modes:
            return step
    raise errors.BadMessage(f"step {message.step!r} in mode {message.mode!r} is not served here")


def perform(step: Step[Any], message: Message, session: Session) -> tuple[Outcome, list[Change]]:
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


def _converge(step: Step[Any], context: Context, changes: list[Change]) -> Outcome:
    for _ in range(ROUNDS):
        decision = _look(step, context)
        if context.message.mode == "check":
            return _planned(decision, changes)
        clean = _act(step, context, decision.changes, changes)
        if clean and decision.outcome is not None:
            for publication in decision.publications:
                publish(context.session, publication)
            return decision.outcome
    return Waiting(reason="Changed", message="what was changed is not to be seen yet", retry_after=2.0)


def _look(step: Step[Any], context: Context) -> Decision:
    observed = step.observe(context)
    if step.fenced:
        fence.pass_through(context.session, context.message)
    else:
        fence.before_deadline(context.session, context.message)
    wanted = None if context.message.mode == "destroy" else context.environment
    return step.decide(wanted, observed, context.session.now)


def _planned(decision: Decision, changes: list[Change]) -> Outcome:
    """What a check answers: waiting for what does not exist yet is no fault of the request."""
    changes.extend((*decision.changes, *decision.later))
    if isinstance(decision.outcome, Stopped | Superseded):
        return decision.outcome
    return Done(outputs=decision.outcome.outputs if decision.outcome else {})


def _act(step: Step[Any], context: Context, wanted: Any, made: list[Change]) -> bool:
    """Begin the changes one by one; whether none of them found the world changed since it was observed.

    What is busy or in use does not keep the changes after it from being begun.

    Raises:
        Busy, InUse: the first of these refusals, once all changes have been tried.
    """
    clean, held = True, list[errors.ApiError]()
    for change in wanted:
        fence.before_deadline(context.session, context.message)
        try:
            step.act(context, change)
            made.append(change)
        except (errors.AlreadyExists, errors.Conflict, errors.NotFound, errors.Declined):
            clean = False
        except (errors.Busy, errors.InUse) as error:
            held.append(error)
    if held:
        raise held[0]
    return clean
