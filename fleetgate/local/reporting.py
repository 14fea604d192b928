"""Makes the report of a local run: the execution's result and log, and what only the local cloud knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fleetgate.log.waiting import LogReading
from fleetgate.report import Operation, Report, WorkflowSteps
from fleetgate.results import Ended, report_of_result
from localcloud.time.ledger import Work
from localcloud.workflows.executions import Execution


@dataclass(frozen=True)
class LocalFacts:
    """What only the local cloud knows: the seed, the publish time of the request, the work of the platform since.

    `critical` is the critical path in seconds, or None if no cluster was created.
    """

    seed: int
    began: float
    wall_seconds: float
    works: Sequence[Work]
    critical: float | None


def ending_of(execution: Execution, facts: LocalFacts) -> Ended:
    """How it ended, as a client learns it."""
    run = execution.run
    return Ended(run.state.value, run.result, run.error, facts.began, facts.wall_seconds)


def report_of(execution: Execution, request: dict[str, Any], facts: LocalFacts, log: LogReading) -> Report:
    """The report of one ended execution; its times are seconds since the request was published."""
    began, run = facts.began, execution.run
    ended = execution.ended if execution.ended is not None else began
    simulated = {
        "seed": facts.seed,
        "simulated_seconds": round(ended - began, 3),
        "critical_path_seconds": round(facts.critical, 3) if facts.critical is not None else None,
        "workflow_steps": WorkflowSteps(internal=run.billed.internal, external=run.billed.external),
        "operations": [_operation(work, began) for work in facts.works if not work.cancelled],
    }
    return report_of_result(ending_of(execution, facts), request, log).model_copy(update=simulated)


def _operation(work: Work, began: float) -> Operation:
    start, end = round(work.start - began, 3), round(work.end - began, 3)
    return Operation(
        id=work.id, resource=work.resource, kind=work.kind, start=start, end=end, after=list(work.after)
    )
