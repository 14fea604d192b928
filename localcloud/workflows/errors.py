"""Errors of the language: what a deployment is refused for, and what a run raises.

An error at run time is a value: a string, or a map with `tags` and `message`, and for HTTP `code`, `headers`
and `body` [documented: error-types]. Messages of system errors begin with the first tag [observed].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TraceLine:
    """One line of a stack trace: the step at work in a routine, and where it stands in the source."""

    step: str
    routine: str
    line: int
    column: int


class WorkflowError(Exception):
    """An error raised by a step. `value` is what `except` binds; `trace` grows as it leaves routines."""

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.value = value
        self.trace: list[TraceLine] = []


class LimitError(WorkflowError):
    """A limit of the service is reached: nothing catches this, and the execution fails at once.

    "When raised internally, this type of error cannot be caught" [documented: error-types, ResourceLimitError].
    """


def error_map(tag: str, message: str, **details: Any) -> dict[str, Any]:
    """The map of a system error: `tag`, a message that begins with it, and more keys."""
    return {"tags": [tag], "message": f"{tag}: {message}", **details}


def fail(tag: str, message: str, **details: Any) -> WorkflowError:
    """The system error `tag`, ready to be raised."""
    return of_system(error_map(tag, message, **details))


def of_system(value: Any) -> WorkflowError:
    """An error that the service itself raises, ready to be raised; a document may raise one of the same tags."""
    tags = value.get("tags", ()) if isinstance(value, dict) else ()
    return LimitError(value) if "ResourceLimitError" in tags else WorkflowError(value)


def told(fault: WorkflowError | RecursionError | UnicodeError) -> WorkflowError:
    """What a value raised as an error of the language: also one too deep, or a string that is no Unicode [inferred]."""
    if isinstance(fault, RecursionError):
        return fail("RecursionError", "a value or an expression is nested too deeply")
    if isinstance(fault, UnicodeError):
        return fail("ValueError", "a string is not valid Unicode")
    return fault


def http_error(code: int, headers: dict[str, str], body: Any) -> dict[str, Any]:
    """The map raised for an HTTP answer outside 2xx [documented: its keys; observed: its message]."""
    message = f"HTTP server responded with error code {code}"
    return {"tags": ["HttpError"], "message": message, "code": code, "headers": headers, "body": body}


@dataclass(frozen=True)
class DeployFault:
    """One reason to refuse a deployment. `step` is empty when no step is to blame."""

    message: str
    step: str = ""
    routine: str = ""
    line: int = 0

    def __str__(self) -> str:
        """The fault as a deployment words it [documented: troubleshooting]."""
        return f"error in step {self.step}: {self.message}" if self.step else self.message


class DeployError(Exception):
    """A source that cannot be deployed, with every fault that was found.

    Google reports the first alone; its text stands first here, the others follow on lines of their own.
    """

    def __init__(self, faults: list[DeployFault]) -> None:
        super().__init__("failed to build: " + "\n".join(str(fault) for fault in faults))
        self.faults = faults
