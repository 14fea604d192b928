"""The structured log: JSON lines on stdout, as Cloud Logging reads them.

An attempt writes one line or more, when its answer has been sent. The first says what was answered. Rows (changes,
requests that were sent, and what else the answer could not hold) follow in as many lines as they need: reports are made
of them. A reader knows by `part` and `parts` whether it has all lines of an attempt, and by `invocation` which lines
belong together: a message that was delivered twice is answered, and logged, twice.

A line never contains a token or the secret part of a callback. Of a spec, only rows say more than names. The labels say
which request a line belongs to.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.json_types import Json
from shared.step.answer import Answer
from shared.step.message import Message
from shared.visible import visible_value

# Outcome → severity [documented, Cloud Logging LogSeverity].
_SEVERITY = {"blocked": "WARNING", "stale": "WARNING", "failed": "ERROR"}
MAX_REFUSAL = 300  # characters of the error about a message that is not ours: its sender chose the content
LINE_LIMIT = 100_000  # bytes of a line; a log entry has at most 256 KB [documented, Cloud Logging quotas]
ROWS_LIMIT = LINE_LIMIT - 20_000  # bytes of the rows in one line; the rest of a line is an answer at most
VALUE_LIMIT = 10_000  # bytes of one value in a row
_ENDING = ("action", "outcome", "code")
_LOGGED = ("outcome", "reason", "message", "code", "cause", "retryAfter", "calls")


def log_answer(message: Message, answer: Answer, sent: str) -> None:
    """Log an answered call; `sent` is the result of sending the answer.

    The first line of mode settle has the severity of the request's ending: alerts filter for it.
    """
    content = answer.content
    ending = (
        {name: message.ending[name] for name in _ENDING if name in message.ending} if message.ending else {}
    )
    decisive = ending if ending and content["outcome"] == "done" else content
    severity = _SEVERITY.get(decisive.get("outcome", ""), "INFO")
    first = {"answer": _without_quotes(answer), **({"ending": ending} if ending else {})}
    text = f"{message.step} {content['outcome']}"
    numbers = {"invocation": os.urandom(4).hex(), "parts": 0, "callback": sent}
    parts = list(_parts(answer.rows))
    for number, rows in enumerate(parts, 1):
        numbers |= {"part": number, "parts": len(parts)}
        if number == 1:
            _write(severity, text, message, **numbers, **first, **rows)
        else:  # an alert counts an attempt once
            _write("INFO", f"{text} ({number} of {len(parts)})", message, **numbers, **rows)


def log_error(message: Message, error: BaseException) -> None:
    """Log the stack of an error that stops the step."""
    frames = traceback.format_tb(error.__traceback__)
    _write("ERROR", f"{message.step}: {type(error).__name__}", message, stack="".join(frames))


def log_refused(error: Exception) -> None:
    """Log an event that is not answered."""
    _line({"severity": "ERROR", "message": f"{type(error).__name__}: {error}"[:MAX_REFUSAL]})


def _without_quotes(answer: Answer) -> Json:
    """What was answered, with counts in place of rows, and without texts that quote the spec."""
    whole = answer.whole
    logged = {name: whole[name] for name in _LOGGED if name in whole} | answer.counts
    if answer.omitted:
        logged["omitted"] = dict(answer.omitted)
    if "faults" in whole:  # the cause quotes the faults, which quote the spec
        logged["cause"] = f"{len(whole['faults'])} faults"
    if "traffic" in answer.rows:  # the message quotes a request
        logged.pop("message", None)
    return logged


def _parts(rows: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, list[Any]]]:
    """The rows of each line, in order: at least one line, and none over the limit."""
    part: dict[str, list[Any]] = {}
    size = 0
    for name, row in ((name, _cut(row)) for name, every in rows.items() for row in every):
        more = _size(row) + len(name)
        if part and size + more > ROWS_LIMIT:
            yield part
            part, size = {}, 0
        part.setdefault(name, []).append(row)
        size += more
    yield part


def _cut(row: Any) -> Any:
    """A row that fits into a line: of a value that is too long, its size is told instead."""
    if not isinstance(row, dict):
        return _shown(row, VALUE_LIMIT)
    limit = min(VALUE_LIMIT, ROWS_LIMIT // max(1, len(row)))
    return {name: _shown(value, limit) for name, value in row.items()}


def _shown(value: Any, limit: int) -> Any:
    size = _size(value)
    return value if size <= limit else f"({size} bytes)"


def _size(value: Any) -> int:
    return len(json.dumps(value))


def _write(severity: str, text: str, message: Message, **fields: Any) -> None:
    claim = message.claim
    labels = {"environment": claim.name, "generation": claim.generation, "execution": claim.execution}
    _line(
        {
            "severity": severity,
            "message": text,
            "logging.googleapis.com/labels": {**labels, "step": message.step, "mode": message.mode},
            "attempt": message.attempt,
            **fields,
        }
    )


def _line(entry: dict[str, Any]) -> None:
    stack = {"stack": entry["stack"]} if "stack" in entry else {}  # lines of our own code
    sys.stdout.write(json.dumps(visible_value(entry) | stack) + "\n")
    sys.stdout.flush()
