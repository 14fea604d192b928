"""What the main job asks of the platform: time, calls, invocations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fleetgate.local.run import LocalRun
from fleetgate.report import Report
from tests.acceptance.runs import STORE

NAMES = ("deploy", "deploy again", "verify", "teardown")


async def main_job() -> list[Report]:
    """A deploy, the same again, a verification and a teardown of the tutorial's environment."""
    name = STORE["name"]
    deploy = {"action": "deploy", "environment": STORE}
    requests = [deploy, deploy, {"action": "verify", "name": name}, {"action": "teardown", "name": name}]
    async with LocalRun() as local:
        return [await local.act(request) for request in requests]


def row(report: Report, name: str) -> dict[str, Any]:
    """The figures of one request."""
    return {
        "request": name,
        "outcome": report.outcome,
        "simulatedSeconds": report.simulated_seconds,
        "criticalPathSeconds": report.critical_path_seconds,
        "apiCalls": report.api_calls.total,
        "mutations": report.api_calls.mutations,
        "invocations": report.invocations,
        "wallSeconds": report.wall_seconds,
    }


async def measured() -> list[dict[str, Any]]:
    """The figures of every request."""
    return [row(report, name) for report, name in zip(await main_job(), NAMES, strict=True)]


def lines(runs: list[dict[str, Any]]) -> Iterator[str]:
    """The table."""
    yield f"{'':16}{'simulated s':>12}{'critical path':>15}{'API calls':>11}{'changes':>9}{'invocations':>13}"
    for run in runs:
        path = run["criticalPathSeconds"]
        critical = f"{path:15.0f}" if path is not None else f"{'-':>15}"
        counts = f"{run['apiCalls']:11}{run['mutations']:9}{run['invocations']:13}"
        yield f"{run['request']:16}{run['simulatedSeconds']:12.0f}{critical}{counts}  {run['outcome']}"
