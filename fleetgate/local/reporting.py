"""From an execution's result, and what the local cloud alone knows, to the report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from fleetgate.report import (
    Address,
    ApiCalls,
    Change,
    Diagnosis,
    Fault,
    Operation,
    Report,
    Step,
    Traffic,
    Wait,
    WorkflowSteps,
)
from localcloud.ledger import Work
from localcloud.workflows.executions import Execution


@dataclass(frozen=True)
class Observed:
    """What only the local cloud can tell: its seed, when the request was published, what the platform did since.

    `critical` is the critical path in seconds, or None where nothing was made.
    """

    seed: int
    began: float
    wall_seconds: float
    works: Sequence[Work]
    critical: float | None


def report_of(
    execution: Execution,
    request: dict[str, Any],
    observed: Observed,
) -> Report:
    """The report of one ended execution; times in it are seconds from when the request was published."""
    began = observed.began
    result = json.loads(execution.run.result) if execution.run.result else {}
    billed = execution.run.billed
    ended = execution.ended if execution.ended is not None else began
    return Report(
        environment=result.get("environment") or request.get("name") or _name(request),
        action=result.get("action") or request.get("action", ""),
        outcome=result.get("outcome", "failed"),
        seed=observed.seed,
        simulated_seconds=round(ended - began, 3),
        critical_path_seconds=round(observed.critical, 3) if observed.critical is not None else None,
        wall_seconds=round(observed.wall_seconds, 3),
        invocations=result.get("invocations", 0),
        workflow_steps=WorkflowSteps(internal=billed.internal, external=billed.external),
        api_calls=ApiCalls.model_validate(result.get("calls", {})),
        operations=[_operation(work, began) for work in observed.works if not work.cancelled],
        steps=[_step(row, began) for row in result.get("steps", [])],
        addresses=[Address.model_validate(row) for row in result.get("addresses") or []],
        traffic=[Traffic.model_validate(row) for row in result.get("traffic") or []],
        diagnoses=list(_diagnoses(result, execution)),
    )


def _name(request: dict[str, Any]) -> str:
    environment = request.get("environment")
    return str(environment.get("name", "")) if isinstance(environment, dict) else ""


def _operation(work: Work, began: float) -> Operation:
    start, end = round(work.start - began, 3), round(work.end - began, 3)
    return Operation(
        id=work.id, resource=work.resource, kind=work.kind, start=start, end=end, after=list(work.after)
    )


def _step(row: dict[str, Any], began: float) -> Step:
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


def _diagnoses(result: dict[str, Any], execution: Execution) -> Iterable[Diagnosis]:
    """Every step's reason; where no step gave one, the execution's own."""
    reasons = result.get("reasons") or []
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
            cause=f"the execution ended {execution.run.state} without a result: {execution.run.error}",
            fix="Look at the execution's error; this is a fault of Fleetgate's own.",
        )
