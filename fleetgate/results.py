"""Makes the report from an execution's result: the same on Google Cloud and on a local one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

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
)

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
    """The outcome in the result; `leaked` if the audit found leaks."""
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
    """What the diagnosis found, then the reason of every step, or else the reason of the execution."""
    reasons = result.get("reasons") or []
    for found in result.get("diagnoses") or []:
        yield Diagnosis.model_validate({"step": reasons[0].get("step") if reasons else None, **found})
    if not reasons and result.get("code"):
        reasons = [result]
    for reason in reasons:
        faults = [ReportedFault.model_validate(fault) for fault in reason.get("faults") or []]
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
            fix="Read the execution's error; this is a bug in Fleetgate.",
        )
