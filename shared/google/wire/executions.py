"""Executions of a workflow."""

from __future__ import annotations

from typing import Required, TypedDict


class Execution(TypedDict, total=False):
    """An execution of a workflow; `result` is a JSON text, `endTime` RFC 3339, when it has ended."""

    name: Required[str]
    state: str
    result: str
    endTime: str
