"""The callback: checks where an answer goes, and sends it.

The URL comes in a message, and anybody who may publish on the topic can write one. A token is only sent to an endpoint
of the execution that the message names, in this project's own workflow:

    https://workflowexecutions.googleapis.com/v1/projects/PROJECT/locations/L/workflows/W/executions/E/callbacks/ID

No page says whether PROJECT is the project's number or its id: the API's reference has `projects/*` [documented,
workflowexecutions v1: sendHttpCallback], and other names of executions contain the number. So both are taken. They
cannot be mixed up with another project's: an id begins with a letter [documented, Resource Manager: projectId].
"""

from __future__ import annotations

import re
from typing import Any

from shared import errors
from shared.google import executions
from shared.google.session import Session
from shared.settings import Settings
from shared.step.message import Message

UNKNOWN = "unknown: "
EXPIRED = "expired"  # the workflow listens no more, so nothing was sent
TRIES = 2  # a lost answer costs the workflow its whole wait, so a broken connection is tried once more

# The execution has ended, or has an answer already, or its slot is full [documented; the codes vary]: not tried again.
TOO_LATE = {404, 409, 429}

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


def check(message: Message, settings: Settings, project_number: str) -> None:
    """Refuse a callback that does not belong to this execution.

    Raises:
        CallbackRefused: naming the URL.
    """
    _, project_id, *place = settings.workflow.split("/")
    for project in (project_number, project_id):
        execution = "/".join(["projects", project, *place, "executions", message.claim.execution])
        own = f"{settings.endpoint('workflowexecutions')}v1/{execution}/callbacks/"
        if message.callback.startswith(own) and _ID.fullmatch(message.callback, len(own)):
            return
    raise errors.CallbackRefused(f"{message.callback[:200]!r} is not a callback of {settings.workflow}")


def send(session: Session, message: Message, answer: dict[str, Any]) -> str:
    """Send `answer` to the checked callback of `message`. Returns the result, for the log.

    That is "sent", "expired", the refusal, or "unknown: …" if a try ended without a clear answer: the workflow may have
    heard it. An answer that does not arrive is no error of the step: the workflow's wait times out, and it asks again.
    """
    doubt = refusal = ""
    for _ in range(TRIES):
        try:
            executions.answer_callback(session, message.callback, answer)
            return "sent"
        except errors.DeadlinePassed:
            refusal = refusal or EXPIRED
            break
        except errors.ApiError as error:
            refusal = f"{error.status} {error.reason}".strip()
            if error.status in TOO_LATE or not isinstance(error, errors.Transient):
                break
            doubt = UNKNOWN
    return doubt + refusal
