"""What the main job asks of the platform: time, calls, invocations; and how many calls are the fence's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fleetgate.local.run import LocalRun
from fleetgate.report import Report
from localcloud.records.call_log import LoggedCall
from tests.acceptance.runs import STORE

NAMES = ("deploy", "deploy again", "verify", "teardown")


async def main_job() -> list[tuple[Report, int]]:
    """A deploy, the same again, a verification and a teardown of the tutorial's environment; reads of each's fence."""
    name = STORE["name"]
    deploy = {"action": "deploy", "environment": STORE}
    requests = [deploy, deploy, {"action": "verify", "name": name}, {"action": "teardown", "name": name}]
    told = list[tuple[Report, int]]()
    async with LocalRun() as local:
        for request in requests:
            local.cloud.log.calls.clear()
            report = await local.act(request)
            told.append((report, sum(_is_of_fence(call) for call in local.cloud.log.calls)))
    return told


def _is_of_fence(call: LoggedCall) -> bool:
    """Whether a step reads the anchor, which nothing but the fence does there. A claim reads all anchors of its own."""
    is_anchor = call.method == "compute.addresses.get" and call.resource.endswith(
        f"/fleetgate-{STORE['name']}"
    )
    return is_anchor and not (call.caller.instance or "").startswith("fleetgate-environment-")


def row(report: Report, fence_reads: int, name: str) -> dict[str, Any]:
    """The figures of one request."""
    return {
        "request": name,
        "outcome": report.outcome,
        "simulatedSeconds": report.simulated_seconds,
        "criticalPathSeconds": report.critical_path_seconds,
        "apiCalls": report.api_calls.total,
        "fenceReads": fence_reads,
        "mutations": report.api_calls.mutations,
        "invocations": report.invocations,
        "wallSeconds": report.wall_seconds,
    }


async def measured() -> list[dict[str, Any]]:
    """The figures of every request."""
    return [row(*each, name) for each, name in zip(await main_job(), NAMES, strict=True)]


def lines(runs: list[dict[str, Any]]) -> Iterator[str]:
    """The table."""
    heads = f"{'API calls':>11}{'of the fence':>14}{'changes':>9}{'invocations':>13}"
    yield f"{'':16}{'simulated s':>12}{'critical path':>15}{heads}"
    for run in runs:
        path = run["criticalPathSeconds"]
        critical = f"{path:15.0f}" if path is not None else f"{'-':>15}"
        counts = f"{run['apiCalls']:11}{run['fenceReads']:14}{run['mutations']:9}{run['invocations']:13}"
        yield f"{run['request']:16}{run['simulatedSeconds']:12.0f}{critical}{counts}  {run['outcome']}"
