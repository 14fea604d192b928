"""Puts the lines of an execution together: one answer for each invocation of a function.

An invocation writes one line or several parts (see `shared/step/log.py`). An entry may come twice; a part counts once.
Anybody who may publish on a step's topic can have a function log a line with any execution in its labels, and anybody
who may write to the log can write any line. So nothing here trusts a line to have the right form: other lines are
passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.json_types import Json

# `callback` of a line whose answer was accepted, and how it begins where the function could not know.
SENT, UNKNOWN = "sent", "unknown:"


class _Labels(BaseModel):
    execution: str
    step: str
    mode: str


class _Payload(BaseModel):
    """The fields of a line that say where it belongs; the others are its lists."""

    model_config = ConfigDict(extra="allow")

    attempt: int
    invocation: str
    part: int
    parts: int
    callback: str

    @property
    def lists(self) -> dict[str, list[Any]]:
        return {name: rows for name, rows in (self.model_extra or {}).items() if isinstance(rows, list)}


class _Line(BaseModel):
    """One log entry of a function's canonical line."""

    timestamp: str
    labels: _Labels
    jsonPayload: _Payload  # the API's name


@dataclass(frozen=True)
class LoggedAnswer:
    """What one invocation did, whole.

    `callback` says what came of sending the answer. `at` is when its first part was written, as text that sorts by
    time. `rows` holds its lists (`changes`, `traffic`, …) by name.
    """

    step: str
    mode: str
    attempt: int
    invocation: str
    callback: str
    at: str
    rows: Mapping[str, list[Any]] = field(default_factory=dict)

    @property
    def is_accepted(self) -> bool:
        """Whether the execution's callback accepted it. A forger has no such callback."""
        return self.callback == SENT

    @property
    def is_doubtful(self) -> bool:
        """Whether it may have been accepted, but the connection broke."""
        return self.callback.startswith(UNKNOWN)


def answers(entries: Iterable[Json], execution: str) -> list[LoggedAnswer]:
    """The answers of which every part is there, in the order in which they were given."""
    invocations: dict[tuple[str, str, int, str], dict[int, _Line]] = {}
    for line in _lines(entries, execution):
        about, payload = line.labels, line.jsonPayload
        key = (about.step, about.mode, payload.attempt, payload.invocation)
        invocations.setdefault(key, {}).setdefault(payload.part, line)
    whole = (_answer(parts) for parts in invocations.values() if _is_whole(parts))
    return sorted(whole, key=lambda each: (each.at, each.attempt, each.invocation))


def _lines(entries: Iterable[Json], execution: str) -> Iterator[_Line]:
    for entry in entries:
        try:
            line = _Line.model_validate(entry)
        except ValidationError:
            continue  # a stack, a refusal, or a line of somebody else's
        if line.labels.execution == execution:
            yield line


def _is_whole(parts: Mapping[int, _Line]) -> bool:
    some = next(iter(parts.values())).jsonPayload.parts
    return len(parts) == some and all(1 <= part <= some for part in parts)


def _answer(parts: Mapping[int, _Line]) -> LoggedAnswer:
    rows: dict[str, list[Any]] = {}
    for part in sorted(parts):
        for name, found in parts[part].jsonPayload.lists.items():
            rows.setdefault(name, []).extend(found)
    first = parts[1]
    return LoggedAnswer(
        step=first.labels.step,
        mode=first.labels.mode,
        attempt=first.jsonPayload.attempt,
        invocation=first.jsonPayload.invocation,
        callback=first.jsonPayload.callback,
        at=first.timestamp.removesuffix("Z"),  # with it, a whole second would come after its parts
        rows=rows,
    )
