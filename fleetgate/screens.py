"""What a person reads at the end of a run: the addresses, who answered, the time, the calls, what to try next."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from fleetgate.report import Report, Traffic


def show(report: Report, console: Console) -> None:
    """Print one report."""
    console.print()
    _headline(report, console)
    for diagnosis in report.diagnoses:
        where = f" ({diagnosis.step})" if diagnosis.step else ""
        console.print(f"[red]{diagnosis.code}[/red]{where}: {diagnosis.cause}", highlight=False)
        for fault in diagnosis.faults:
            console.print(
                f"  {fault.path}: {fault.fault}\n    fix: {fault.fix}", highlight=False, markup=False
            )
        if diagnosis.fix:
            console.print(f"  fix: {diagnosis.fix}", highlight=False, markup=False)
    if report.traffic:
        _addresses(report, console)
        console.print(_matrix(report.traffic))
    _figures(report, console)


def _headline(report: Report, console: Console) -> None:
    good = report.outcome == "done"
    mark = "[green]✓[/green]" if good else "[red]✗[/red]"
    words = {"deploy": "verified", "teardown": "removed"}
    word = words.get(report.action, "done") if good else report.outcome
    console.print(f"{mark} [bold]{report.environment}[/bold] {report.action}: {word}", highlight=False)


def _addresses(report: Report, console: Console) -> None:
    for address in report.addresses:
        console.print(f"  VIP in {address.region:<14} {address.address} ({address.kind})", highlight=False)
    console.print()


def _matrix(rows: list[Traffic]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2))
    for title in ("", "VIP", "in", "host", "rule", "request", "answered by", "zone", "wanted"):
        table.add_column(title, no_wrap=title not in ("host", "rule"))
    for row in rows:
        mark = "[green]✓[/green]" if row.ok else "[red]✗[/red]"
        served = row.served_by or (f"HTTP {row.status}" if row.status else "no answer")
        wanted = ", ".join(row.preferred or row.expected)
        request = f"{row.method} {row.path}"
        table.add_row(
            mark, row.vip, row.region, row.hostname, row.rule, request, served, row.zone or "", wanted
        )
    return table


def _figures(report: Report, console: Console) -> None:
    lines = []
    if report.simulated_seconds is not None and report.critical_path_seconds:
        ratio = report.simulated_seconds / report.critical_path_seconds
        lines.append(
            f"{report.simulated_seconds:.0f} s simulated; the platform's critical path is "
            f"{report.critical_path_seconds:.0f} s (ratio {ratio:.3f}); {report.wall_seconds:.1f} s on this machine"
        )
    elif report.simulated_seconds is not None:
        lines.append(
            f"{report.simulated_seconds:.0f} s simulated; {report.wall_seconds:.1f} s on this machine"
        )
    by_service = ", ".join(f"{name} {count}" for name, count in report.api_calls.by_service.items())
    lines.append(
        f"{report.invocations} invocations; {report.api_calls.total} API calls, "
        f"{report.api_calls.mutations} of them changes{': ' + by_service if by_service else ''}"
    )
    console.print()
    for line in lines:
        console.print(f"  {line}", highlight=False, soft_wrap=True)


def hint(report: Report, spec: Path, console: Console) -> None:
    """What to try next."""
    if report.outcome != "done":
        return
    console.print()
    for line in (
        f"fleetgate local run {spec} --again          # deploy twice: the second changes nothing",
        f"fleetgate local run {spec} --seed 7         # another day at Google: other durations",
        f"fleetgate local run {spec} --report out     # report.json and report.html",
    ):
        console.print(f"  try: {line}", highlight=False, markup=False, soft_wrap=True)
