"""The report of a local run: what the execution returned, and what the local cloud alone knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fleetgate.report import Operation, Report, WorkflowSteps
from fleetgate.results import Ended, report_of_result
from localcloud.time.ledger import Work
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


def report_of(execution: Execution, request: dict[str, Any], observed: Observed) -> Report:
    """The report of one ended execution; times in it are seconds from when the request was published."""
    began, run = observed.began, execution.run
    ended = execution.ended if execution.ended is not None else began
    how = Ended(run.state.value, run.result, run.error, began, observed.wall_seconds)
    simulated = {
        "seed": observed.seed,
        "simulated_seconds": round(ended - began, 3),
        "critical_path_seconds": round(observed.critical, 3) if observed.critical is not None else None,
        "workflow_steps": WorkflowSteps(internal=run.billed.internal, external=run.billed.external),
        "operations": [_operation(work, began) for work in observed.works if not work.cancelled],
    }
    return report_of_result(how, request).model_copy(update=simulated)


def _operation(work: Work, began: float) -> Operation:
    start, end = round(work.start - began, 3), round(work.end - began, 3)
    return Operation(
        id=work.id, resource=work.resource, kind=work.kind, start=start, end=end, after=list(work.after)
    )
