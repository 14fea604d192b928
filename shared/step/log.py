"""The structured log: one canonical JSON line a call, on stdout, as Cloud Logging reads it.

A line never contains a spec, a token or the secret part of a callback. Its labels say which request it belongs to.
"""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any

from shared.step.message import Message

# Outcome → severity [documented, Cloud Logging LogSeverity].
_SEVERITY = {"blocked": "WARNING", "failed": "ERROR"}
MAX_REFUSAL = 300  # characters of the error about a message that is not ours: its sender chose the content
_CHANGED = ("verb", "resource", "field")
_ENDING = ("action", "outcome", "code")
_LOGGED = ("outcome", "reason", "message", "code", "cause", "retryAfter", "calls", "changes", "omitted")


def log_answer(message: Message, answer: dict[str, Any], sent: str) -> None:
    """Log an answered call; `sent` is the result of sending the answer.

    The line of mode settle has the severity of the request's ending: alerts filter for it.
    """
    logged = {name: answer[name] for name in _LOGGED if name in answer}
    if "changes" in logged:  # without before and after: they quote the spec
        logged["changes"] = [{k: v for k, v in each.items() if k in _CHANGED} for each in logged["changes"]]
    if "faults" in answer:  # the cause quotes the faults, which quote the spec
        logged["cause"] = f"{len(answer['faults'])} faults"
    if "traffic" in answer.get("outputs", {}):  # the message quotes a request, which quotes the spec
        logged.pop("message", None)
    ending = (
        {name: message.ending[name] for name in _ENDING if name in message.ending} if message.ending else {}
    )
    decisive = ending if ending and answer["outcome"] == "done" else answer
    severity = _SEVERITY.get(decisive.get("outcome", ""), "INFO")
    line = {"answer": logged, **({"ending": ending} if ending else {})}
    _write(severity, f"{message.step} {answer['outcome']}", message, **line, callback=sent)


def log_error(message: Message, error: BaseException) -> None:
    """Log the stack of an error that stops the step."""
    frames = traceback.format_tb(error.__traceback__)
    _write("ERROR", f"{message.step}: {type(error).__name__}", message, stack="".join(frames))


def log_refused(error: Exception) -> None:
    """Log an event that is not answered."""
    _line({"severity": "ERROR", "message": f"{type(error).__name__}: {error}"[:MAX_REFUSAL]})


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
    sys.stdout.write(json.dumps(entry) + "\n")
    sys.stdout.flush()
