"""Workflow executions, as far as a claim must know whether another one still runs."""

from __future__ import annotations

from shared import errors
from shared.google.session import Session

# QUEUED executions have not begun and will [documented, Execution.State].
ALIVE = {"ACTIVE", "QUEUED"}


def is_alive(session: Session, workflow: str, execution: str) -> bool:
    """Whether `execution` (an id) of `workflow` (`projects/P/locations/L/workflows/W`) has not ended.

    Raises:
        ApiError: as the tree says; an execution that is not known has ended.
    """
    try:
        found = session.get("workflowexecutions", f"v1/{workflow}/executions/{execution}")
    except errors.NotFound:
        return False
    return found.get("state") in ALIVE
