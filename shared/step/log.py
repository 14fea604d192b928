"""The structured log: one canonical JSON line a call, on stdout, as Cloud Logging reads it.

It never holds a spec, a token or a callback's secret part; what a line needs to be found by is in its labels.
"""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any

from shared.step.message import Message

# Outcome → severity [documented, Cloud Logging LogSeverity].
_SEVERITY = {"blocked": "WARNING", "failed": "ERROR"}
LONGEST = 300  # characters of what is said of a message that is not ours
_CHANGED = ("verb", "resource", "field")
_ENDING = ("action", "outcome", "code")
_TOLD = ("outcome", "reason", "message", "code", "cause", "retryAfter", "calls", "changes", "omitted")


def log_answer(message: Message, answer: dict[str, Any], sent: str) -> None:
    """The line of a call that was answered; `sent` is what became of the answer.

    A settlement is as grave as the ending that it settles: alerts look for its line.
    """
    told = {name: answer[name] for name in _TOLD if name in answer}
    if "changes" in told:  # not from what to what: that is the spec's
        told["changes"] = [{k: v for k, v in each.items() if k in _CHANGED} for each in told["changes"]]
    if "faults" in answer:  # the cause quotes them, and they quote the spec
        told["cause"] = f"{len(answer['faults'])} faults"
    if "traffic" in answer.get("outputs", {}):  # the message quotes a request, and that is the spec's
        told.pop("message", None)
    ending = (
        {name: message.ending[name] for name in _ENDING if name in message.ending} if message.ending else {}
    )
    gravest = ending if ending and answer["outcome"] == "done" else answer
    severity = _SEVERITY.get(gravest.get("outcome", ""), "INFO")
    line = {"answer": told, **({"ending": ending} if ending else {})}
    _write(severity, f"{message.step} {answer['outcome']}", message, **line, callback=sent)


def log_trouble(message: Message, error: BaseException) -> None:
    """Where in the code an error came from that stops the step."""
    frames = traceback.format_tb(error.__traceback__)
    _write("ERROR", f"{message.step}: {type(error).__name__}", message, stack="".join(frames))


def log_refused(error: Exception) -> None:
    """An event that is not answered."""
    _line({"severity": "ERROR", "message": f"{type(error).__name__}: {error}"[:LONGEST]})


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
