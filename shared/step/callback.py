"""The callback: where an answer goes, and the proof that it goes nowhere else.

The URL travels in a message, and whoever may publish on the topic may write one. A token is only sent to an
endpoint of the execution that the message names, in this project's own workflow. Endpoints carry the
project's number, not its id [documented, Workflows callbacks]:

    https://workflowexecutions.googleapis.com/v1/projects/NUMBER/locations/L/workflows/W/executions/E/callbacks/ID
"""

from __future__ import annotations

import re
from typing import Any

from shared import errors
from shared.google import executions
from shared.google.session import Session
from shared.settings import Settings
from shared.step.message import Message

TRIES = 2  # a broken connection is tried once more: an answer that is lost costs the workflow a whole await

# The execution has ended; it has an answer already; its slot is full [documented; the codes vary]: all the
# same to us.
TOO_LATE = {404, 409, 429}


def check(message: Message, settings: Settings, project_number: str) -> None:
    """Refuse a callback that is not one of this execution's.

    Raises:
        CallbackRefused: naming the URL.
    """
    location, workflow = _place(settings.workflow)
    expected = (
        f"{settings.endpoint('workflowexecutions')}v1/projects/{project_number}/locations/{location}"
        f"/workflows/{workflow}/executions/{message.claim.execution}/callbacks/"
    )
    tail = message.callback.removeprefix(expected)
    if tail == message.callback or not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", tail):
        raise errors.CallbackRefused(f"{message.callback[:200]!r} is no callback of {settings.workflow}")


def _place(workflow: str) -> tuple[str, str]:
    _, _, _, location, _, name = workflow.split("/")
    return location, name


def send(session: Session, message: Message, answer: dict[str, Any]) -> str:
    """Send `answer` to the checked callback of `message`; what came of it, for the log.

    An answer that does not arrive is not an error of the step: the workflow's await ends, and it asks again.
    """
    result = ""
    for _ in range(TRIES):
        try:
            executions.answer_callback(session, message.callback, answer)
            return "sent"
        except errors.ApiError as error:
            result = f"{error.status} {error.reason}".strip()
            if error.status in TOO_LATE or not isinstance(error, errors.Transient):
                return result
    return result
