"""Workflow executions: whether one still runs, what the API shows of one, and the answer that one waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from shared import errors
from shared.google.answers import Form, has
from shared.google.session import Session
from shared.json_types import Json

if TYPE_CHECKING:
    from shared.google import wire

SERVICE = "workflowexecutions"
# QUEUED executions have not begun and will [documented, Execution.State].
ALIVE = {"ACTIVE", "QUEUED"}
# What tells whether one is alive; without it, nothing is known.
EXECUTION: Form = has(name=str, state=str)
WHOLE = "FULL"  # the view that has argument and result [documented, ExecutionView]


def is_alive(execution: wire.Execution | None) -> bool:
    """Whether an execution has not ended; one that is not known has."""
    return execution is not None and execution.get("state") in ALIVE


def read(session: Session, workflow: str, execution: str) -> wire.Execution | None:
    """`execution` (an id) of `workflow` (`projects/P/locations/L/workflows/W`), whole, or None if it is not known."""
    try:
        found = session.get(SERVICE, f"v1/{workflow}/executions/{execution}", EXECUTION, view=WHOLE)
    except errors.NotFound:
        return None
    return cast("wire.Execution", found)


def answer_callback(session: Session, callback: str, answer: Json) -> None:
    """Send `answer` to a callback, by its URL, which must have been checked: a token goes there.

    No page says what a success says, so nothing is read of it.

    Raises:
        NotFound, Conflict, Transient: nobody waits for it any more; the codes vary [documented].
    """
    session.post(SERVICE, callback.removeprefix(session.settings.endpoint(SERVICE)), answer, None)
