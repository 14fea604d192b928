"""The runner: from the event to the answer. Every function's entry point is one call of `run`.

Only an event that is not ours gets no answer: every error in an attempt becomes an outcome.
"""

from __future__ import annotations

from shared import errors
from shared.google.deadline import Deadline
from shared.google.metadata import project_number
from shared.google.session import shared_session
from shared.settings import Settings
from shared.step import callback
from shared.step.answer import answer
from shared.step.attempt import attempt
from shared.step.log import log_answer, log_refused
from shared.step.message import Message, is_wake, parse
from shared.step.step import AnyStep


def run(event: object, *steps: AnyStep) -> None:
    """Serve one event (the data of a Pub/Sub CloudEvent) with the step that has its name and mode.

    Returns when the answer is sent, which acknowledges the event. A message that only wakes has none. It never raises
    an API's error: Eventarc does not deliver again, and the workflow asks again by itself.
    """
    if is_wake(event):
        from shared import spec  # noqa: F401  # slow to import, so it is done while nobody waits

        return
    settings = Settings.from_env()
    try:
        message = parse(event)
        deadline = Deadline(message.sent, message.deadline)
        step = _chosen(steps, message)
        callback.check(message, settings, project_number())
    except (errors.BadMessage, errors.CallbackRefused) as error:
        log_refused(error)
        return
    session = shared_session(settings)
    session.begin(message.sent, deadline)
    outcome, changes = attempt(step, message, session)
    told = answer(message, outcome, changes, session.calls.wire())
    log_answer(message, told, callback.send(session, message, told.content))


def _chosen(steps: tuple[AnyStep, ...], message: Message) -> AnyStep:
    for step in steps:
        if step.name == message.step and message.mode in step.modes:
            return step
    raise errors.BadMessage(f"step {message.step!r} in mode {message.mode!r} is not served here")
