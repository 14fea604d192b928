"""Executions of a workflow."""

from __future__ import annotations

from typing import Required, TypedDict


class Execution(TypedDict, total=False):
    """An execution of a workflow; `result` is a JSON text."""

    name: Required[str]
    state: str
    result: str
