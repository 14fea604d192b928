"""Makes the report from an execution's result and its log: the same on Google Cloud and on a local one.

The result has the outcome and its reasons, counts, addresses, and the worst rows of the other lists. The log has the
changes of every step, the traffic, and the rows that the result left out.

Whatever a function answered is in the result. So of its answers' fields nothing is taken for granted: a report with a
gap, and the exit status of the outcome, are worth more than none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from fleetgate.log.accounts import StepCount, StepLog
from fleetgate.log.gaps import gap_of
from fleetgate.log.waiting import LogReading
from fleetgate.report import (
    Address,
    ApiCalls,
    Change,
    Diagnosis,
    Outcome,
    Report,
    ReportedFault,
    Step,
    Traffic,
    Wait,
    Warned,
)

Row = TypeVar("Row", bound=BaseModel)
LEAKED = "LEAKED"  # the code of an audit that found something left


@dataclass(frozen=True)
class Ended:
    """How an execution ended.

    `result` is the JSON text that it returned; `error` is what it ended with otherwise. `began` is when the request
    was published (unix seconds), `wall_seconds` the time since then by the client's clock.
    """

    state: str
    result: str | None
    error: Any
    began: float
    wall_seconds: float

    @cached_property
    def content(self) -> dict[str, Any]:
        """The result, read; empty if there is none. An execution whose ending could not be told has it in its error."""
        content: dict[str, Any] = json.loads(self.result) if self.result else _result_in(self.error)
        return content

    @property
    def counts(self) -> list[StepCount]:
        """What the result counts of each step."""
        return [StepCount.of_row(row) for row in self.content.get("steps", [])]


def _result_in(error: Any) -> dict[str, Any]:
    """The result in the error with which the workflow failed by itself; empty for any other error.

    The error is its payload, or has it [documented: Execution.Error].
    """
    try:
        found = json.loads(error["payload"] if isinstance(error, dict) else error)["result"]
    except (TypeError, LookupError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def report_of_result(ended: Ended, request: Mapping[str, Any], log: LogReading) -> Report:
    """The report of one ended execution, whose `log` was read.

    Times in it are seconds from when the request was published.
    """
    result = ended.content
    return Report(
        environment=result.get("environment") or request.get("name") or _name(request),
        action=result.get("action") or request.get("action", ""),
        outcome=_outcome(result),
        wall_seconds=round(ended.wall_seconds, 3),
        invocations=invocations_of(result),
        api_calls=calls_of(result),
        steps=[
            _step(row, logged, ended.began)
            for row, logged in zip(result.get("steps", []), log.steps, strict=True)
        ],
        addresses=list(_valid(Address, _rows(result, "addresses"))),
        traffic=list(_valid(Traffic, _whole("traffic", result, log.steps))),
        leaks=_whole("leaks", result, log.steps),
        foreign=[row for name in ("shared", "foreign") for row in _whole(name, result, log.steps)],
        diagnoses=list(_diagnoses(result, ended)),
        warnings=list(_valid(Warned, _rows(result, "warnings"))),
        incomplete=gap_of(log),
    )


def invocations_of(result: Mapping[str, Any]) -> int:
    """How many messages were published: those that were attempts of a step, and those that only woke a function."""
    attempts: int = sum(row["attempts"] for row in result.get("steps", []))
    return int(result.get("woken", 0)) + attempts


def calls_of(result: Mapping[str, Any]) -> ApiCalls:
    """The calls of all steps."""
    each = [ApiCalls.model_validate(row.get("calls", {})) for row in result.get("steps", [])]
    services = sorted({name for calls in each for name in calls.by_service})
    return ApiCalls(
        total=sum(calls.total for calls in each),
        mutations=sum(calls.mutations for calls in each),
        by_service={name: sum(calls.by_service.get(name, 0) for calls in each) for name in services},
    )


def _whole(name: str, result: Mapping[str, Any], steps: Iterable[StepLog]) -> list[Any]:
    """A list of the result, with the rows that its answer left out: as it was logged, if it was logged.

    The result may have the list of a later answer, which left nothing out and logged nothing.
    """
    told = _rows(result, name)
    is_cut = any(name in _fields(row, "omitted") for row in result.get("steps", []))
    logged = [list(each.last[name]) for each in steps if name in each.last]
    fits = bool(logged) and bool(told or is_cut) and all(row in logged[-1] for row in told)
    return logged[-1] if fits else told


def _rows(told: Mapping[str, Any], name: str) -> list[Any]:
    """A list of what was told; empty if it is none."""
    rows = told.get(name)
    return rows if isinstance(rows, list) else []


def _fields(told: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A map of what was told; empty if it is none."""
    fields = told.get(name)
    return fields if isinstance(fields, dict) else {}


def _valid(kind: type[Row], rows: Iterable[Any]) -> Iterator[Row]:
    """The rows that have the form of `kind`: whoever answers, or may write to the log, can write others."""
    for row in rows:
        with suppress(ValidationError):
            yield kind.model_validate(row)


def _name(request: Mapping[str, Any]) -> str:
    environment = request.get("environment")
    return str(environment.get("name", "")) if isinstance(environment, dict) else ""


def _outcome(result: Mapping[str, Any]) -> Outcome:
    """The outcome in the result; `leaked` if the audit found leaks, and `failed` if it is none that a report has."""
    if result.get("code") == LEAKED:
        return "leaked"
    outcome: Outcome = result["outcome"] if result.get("outcome") in get_args(Outcome) else "failed"
    return outcome


def _step(row: Mapping[str, Any], logged: StepLog, began: float) -> Step:
    return Step(
        name=row["name"],
        mode=row["mode"],
        outcome=row.get("outcome", ""),
        start=round(row["start"] - began, 3),
        end=round(row["end"] - began, 3),
        attempts=row["attempts"],
        answered=logged.count.answered,
        logged=logged.found,
        waits=[Wait(reason=w["reason"], seconds=round(w["seconds"], 3)) for w in row["waits"]],
        changes=list(_valid(Change, logged.changes)),
        unheard=list(_valid(Change, logged.unheard)),
    )


def _diagnoses(result: dict[str, Any], ended: Ended) -> Iterable[Diagnosis]:
    """What the diagnosis found, then the reason of every step, or else the reason of the execution."""
    reasons = [each for each in _rows(result, "reasons") if isinstance(each, dict)]
    step = reasons[0].get("step") if reasons else None
    found = [each for each in _rows(result, "diagnoses") if isinstance(each, dict)]
    yield from _valid(Diagnosis, ({"step": step, **each} for each in found))
    told = {(_text(each, "code"), _text(each, "cause")) for each in found}
    if not reasons and result.get("code"):
        reasons = [result]
    for reason in reasons:
        if (_text(reason, "code"), _text(reason, "cause")) in told:
            continue  # with evidence, above
        yield Diagnosis(
            code=_text(reason, "code"),
            cause=_text(reason, "cause"),
            fix=_text(reason, "fix"),
            step=_text(reason, "step") if "step" in reason else None,
            faults=list(_valid(ReportedFault, _rows(reason, "faults"))),
        )
    if not result:
        yield Diagnosis(
            code="EXECUTION_FAILED",
            cause=f"the execution ended {ended.state} without a result: {ended.error}",
            fix="Read the execution's error; this is a bug in Fleetgate.",
        )


def _text(told: Mapping[str, Any], name: str) -> str:
    text = told.get(name, "")
    return text if isinstance(text, str) else json.dumps(text)
