"""An error that nobody caught, as the executions API shows it."""

from __future__ import annotations

from typing import Any

from localcloud.workflows.errors import WorkflowError
from localcloud.workflows.values import to_json


def described(error: WorkflowError) -> str:
    """The human text: the error's message, then a line for each routine it left [observed: issue reports]."""
    value = error.value
    head = value.get("message") if isinstance(value, dict) else None
    if not isinstance(head, str):
        head = f"RuntimeError: {to_json(value)}"
    lines = [f'in step "{f.step}", routine "{f.routine}", line: {f.line}' for f in error.trace]
    return "\n".join([head, *lines])


def execution_error(error: WorkflowError) -> dict[str, Any]:
    """`Execution.error`: the payload is JSON, of a raised string too [documented: proto]."""
    elements = [
        {
            "step": frame.step,
            "routine": frame.routine,
            "position": {"line": str(frame.line), "column": str(frame.column), "length": "0"},
        }
        for frame in error.trace
    ]
    return {
        "payload": to_json(error.value),
        "context": described(error),
        "stackTrace": {"elements": elements},
    }
