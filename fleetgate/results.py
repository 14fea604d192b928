"""From what an execution returned to the report: the same on Google Cloud and on a local one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fleetgate.report import Address, ApiCalls, Change, Diagnosis, Fault, Outcome, Report, Step, Traffic, Wait

LEAKED = "LEAKED"  # the code of an audit that found something left


@dataclass(frozen=True)
class Ended:
    """How an execution ended.

    `result` is the JSON text that it returned, if it returned; `error` is what it ended with otherwise. `began`
    is when the request was published (unix seconds); `wall_seconds` is how long that has been by the watch of
    who asked.
    """

    state: str
    result: str | None
    error: Any
    began: float
    wall_seconds: float


def report_of_result(ended: Ended, request: Mapping[str, Any]) -> Report:
    """The report of one ended execution; times in it are seconds from when the request was published."""
    result = json.loads(ended.result) if ended.result else {}
    return Report(
        environment=result.get("environment") or request.get("name") or _name(request),
        action=result.get("action") or request.get("action", ""),
        outcome=_outcome(result),
        wall_seconds=round(ended.wall_seconds, 3),
        invocations=result.get("invocations", 0),
        api_calls=ApiCalls.model_validate(result.get("calls", {})),
        steps=[_step(row, ended.began) for row in result.get("steps", [])],
        addresses=[Address.model_validate(row) for row in result.get("addresses") or []],
        traffic=[Traffic.model_validate(row) for row in result.get("traffic") or []],
        leaks=result.get("leaks") or [],
        foreign=result.get("foreign") or [],
        diagnoses=list(_diagnoses(result, ended)),
    )


def _name(request: Mapping[str, Any]) -> str:
    environment = request.get("environment")
    return str(environment.get("name", "")) if isinstance(environment, dict) else ""


def _outcome(result: Mapping[str, Any]) -> Outcome:
    """The execution's own word; an audit that failed because something was left is `leaked`."""
    if result.get("code") == LEAKED:
        return "leaked"
    outcome: Outcome = result.get("outcome", "failed")
    return outcome


def _step(row: Mapping[str, Any], began: float) -> Step:
    return Step(
        name=row["name"],
        mode=row["mode"],
        outcome=row.get("outcome", ""),
        start=round(row["start"] - began, 3),
        end=round(row["end"] - began, 3),
        attempts=row["attempts"],
        waits=[Wait(reason=w["reason"], seconds=round(w["seconds"], 3)) for w in row["waits"]],
        changes=[Change.model_validate(change) for change in row["changes"]],
    )


def _diagnoses(result: dict[str, Any], ended: Ended) -> Iterable[Diagnosis]:
    """What was found out when time was up, then every step's reason; where no step gave one, the execution's own."""
    reasons = result.get("reasons") or []
    for found in result.get("diagnoses") or []:
        yield Diagnosis.model_validate({"step": reasons[0].get("step") if reasons else None, **found})
    if not reasons and result.get("code"):
        reasons = [result]
    for reason in reasons:
        faults = [Fault.model_validate(fault) for fault in reason.get("faults") or []]
        yield Diagnosis(
            code=reason["code"],
            cause=reason["cause"],
            fix=reason["fix"],
            step=reason.get("step"),
            faults=faults,
        )
    if not result:
        yield Diagnosis(
            code="EXECUTION_FAILED",
            cause=f"the execution ended {ended.state} without a result: {ended.error}",
            fix="Look at the execution's error; this is a fault of Fleetgate's own.",
        )
