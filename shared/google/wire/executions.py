"""Executions of a workflow."""

from __future__ import annotations

from typing import Any, Required, TypedDict


class CurrentStep(TypedDict, total=False):
    """What one thread of an execution is at."""

    routine: str
    step: str


class ExecutionStatus(TypedDict, total=False):
    """What an execution is at."""

    currentSteps: list[CurrentStep]


class Execution(TypedDict, total=False):
    """An execution of a workflow. `argument` and `result` are JSON texts."""

    name: Required[str]
    state: str
    argument: str
    result: str
    error: Any
    status: ExecutionStatus
