"""Workflow executions: whether one still runs, what the API shows of one, and the answer that one waits for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from shared import errors
from shared.google.lists import items
from shared.google.session import Session
from shared.json_types import Json

if TYPE_CHECKING:
    from shared.google import wire

SERVICE = "workflowexecutions"
# QUEUED executions have not begun and will [documented, Execution.State].
ALIVE = {"ACTIVE", "QUEUED"}
WHOLE = (
    "FULL"  # the view that has argument and result; lists have less unless asked [documented, ExecutionView]
)
PAGE = "20"  # executions: whoever looks for one finds it among the newest


def is_alive(execution: wire.Execution | None) -> bool:
    """Whether an execution has not ended; one that is not known has."""
    return execution is not None and execution.get("state") in ALIVE


def read(session: Session, workflow: str, execution: str) -> wire.Execution | None:
    """`execution` (an id) of `workflow` (`projects/P/locations/L/workflows/W`), whole, or None if it is not known."""
    try:
        found = session.get(SERVICE, f"v1/{workflow}/executions/{execution}", view=WHOLE)
    except errors.NotFound:
        return None
    return cast("wire.Execution", found)


def newest_first(session: Session, workflow: str, since: float | None = None) -> Iterator[wire.Execution]:
    """Executions, whole, those that were created after `since` (unix seconds); no page is read before it is needed.

    Raises:
        NotFound: there is no such workflow.
    """
    query = {"view": WHOLE, "pageSize": PAGE}
    if since is not None:
        moment = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        query["filter"] = f'createTime>"{moment}"'
    return items(session, SERVICE, f"v1/{workflow}/executions", "executions", **query)


def waiters(session: Session, workflow: str, execution: str) -> int:
    """How many awaits of an execution's callbacks are open at this moment."""
    callbacks = items(session, SERVICE, f"v1/{workflow}/executions/{execution}/callbacks", "callbacks")
    return sum(int(each.get("waiters", 0)) for each in callbacks)


def answer_callback(session: Session, callback: str, answer: Json) -> None:
    """Send `answer` to a callback, by its URL, which must have been checked: a token goes there.

    Raises:
        NotFound, Conflict, Transient: nobody waits for it any more; the codes vary [documented].
    """
    session.post(SERVICE, callback.removeprefix(session.settings.endpoint(SERVICE)), answer)
