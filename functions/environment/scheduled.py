"""What the scheduler asks for, served without an execution of the workflow.

The scheduler publishes on this function's own topic. Most sweeps find nothing, and an execution around one list would
cost more than everything else does in an idle month. So the function looks, and publishes the requests that are due.
What does not end well is asked for as a request: its execution asks again while the trouble lasts, and tells how it
ended.
"""

from __future__ import annotations

import json

from functions.environment.claim import CLAIM
from shared.errors import FleetgateError
from shared.google import compute
from shared.google.deadline import Deadline
from shared.google.pubsub import Publication, publish
from shared.google.session import Session, shared_session
from shared.settings import Settings
from shared.step.answer import answer
from shared.step.attempt import attempt
from shared.step.log import log_answer, log_error, log_refused
from shared.step.message import Claim, Message, RawRequest
from shared.step.outcome import Done

TIME = 50.0  # seconds since the message; the function has 60


def serve(request: RawRequest) -> None:
    """Do what a scheduled request asks for, or publish it as a request."""
    settings = Settings.from_env()
    try:
        message = _message(request)
    except ValueError as error:
        log_refused(error)
        return
    session = shared_session(settings)
    session.begin(message.sent, Deadline(message.sent, message.deadline))
    outcome, changes = attempt(CLAIM, message, session)
    if not isinstance(outcome, Done):
        _ask_instead(message, session)
    log_answer(message, answer(message, outcome, changes, session.calls.wire()), "none")


def _message(request: RawRequest) -> Message:
    """The message that an execution would send; it has no execution and no callback."""
    sent = compute.unix(request.publish_time)
    return Message(
        step=CLAIM.name,
        mode="claim",
        attempt=1,
        nonce="",
        callback="",
        deadline=sent + TIME,
        claim=Claim("", "", ""),
        sent=sent,
        began=sent,
        request=request,
    )


def _ask_instead(message: Message, session: Session) -> None:
    """Publish the request. If that fails too, the next one comes by schedule."""
    assert message.request is not None
    try:
        publish(session, Publication(session.settings.requests_topic, json.loads(message.request.data)))
    except FleetgateError as error:
        log_error(message, error)
