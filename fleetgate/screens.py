"""The summary at the end of a run: the addresses, who answered, the time, the calls, what to try next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fleetgate.report import Address, Diagnosis, Incomplete, Report, Traffic


def show(report: Report, console: Console) -> None:
    """Print one report."""
    console.print()
    _headline(report, console)
    for diagnosis in report.diagnoses:
        _diagnosis(diagnosis, console)
    for leak in report.leaks:
        _leak(leak, console)
    for row in report.foreign:
        console.print(Text(f"  not ours: {row['resource']}: {row['why']}"), soft_wrap=True)
    for address in report.addresses:
        _address(address, [row for row in report.traffic if row.vip == address.address], console)
    _figures(report, console)
    if report.incomplete:
        _incomplete(report.incomplete, console)


def _headline(report: Report, console: Console) -> None:
    good = report.outcome == "done"
    mark = ("✓", "green") if good else ("✗", "red")
    words = {"deploy": "verified", "teardown": "removed"}
    word = words.get(report.action, "done") if good else report.outcome
    line = Text.assemble(mark, " ", (report.environment, "bold"), f" {report.action}: {word}")
    console.print(line, soft_wrap=True)


def _diagnosis(diagnosis: Diagnosis, console: Console) -> None:
    """Print a diagnosis as plain text: its parts are quoted, and may look like markup."""
    where = f" ({diagnosis.step})" if diagnosis.step else ""
    head = Text.assemble((diagnosis.code, "red"), f"{where}: {diagnosis.cause}")
    faults = [f"  {fault.path}: {fault.fault}\n    fix: {fault.fix}" for fault in diagnosis.faults]
    fix = [f"  fix: {diagnosis.fix}"] if diagnosis.fix else []
    for line in (head, *map(Text, (*faults, *fix))):
        console.print(line, soft_wrap=True)


def _leak(leak: dict[str, Any], console: Console) -> None:
    """A leak, why it is the environment's, and how to remove it."""
    for line in (f"  left: {leak['resource']}: {leak['why']}", f"    fix: {leak['fix']}"):
        console.print(Text(line), soft_wrap=True)


def _address(address: Address, rows: list[Traffic], console: Console) -> None:
    """A VIP and who answers there, one line a request."""
    console.print()
    console.print(Text(f"  {address.address} in {address.region} ({address.kind})"), soft_wrap=True)
    if rows:
        console.print(_matrix(rows))


def _matrix(rows: list[Traffic]) -> Table:
    """Narrow terminals fold cells and never cut them."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for title in ("  ", "request", "answered by"):
        table.add_column(title, overflow="fold", no_wrap=not title.strip())
    for row in rows:
        mark = Text.assemble("  ", ("✓", "green") if row.ok else ("✗", "red"))
        table.add_row(mark, *(Text(words) for words in (_request(row), _answer(row))))
    return table


def _request(row: Traffic) -> str:
    headers = "".join(f" with {name}: {value}" for name, value in row.headers.items())
    return f"{row.method} {row.hostname}{row.path}{headers}"


def _answer(row: Traffic) -> str:
    """Who answered, where; if that was wrong, who should have answered, by which rule."""
    served = row.served_by or (f"HTTP {row.status}" if row.status else "no answer")
    place = f" in {row.zone}" if row.zone else ""
    wanted = " or ".join(row.preferred or row.expected)
    return f"{served}{place}" + ("" if row.ok else f", not {wanted} as {row.rule} says")


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
        console.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)


def _incomplete(gap: Incomplete, console: Console) -> None:
    """What the log lacks; changes and rows of traffic may be missing above."""
    console.print()
    head = Text.assemble("  ", ("incomplete", "yellow"), f": {gap.have} of {gap.of} answers are in the log")
    for line in (head, Text(f"    {gap.reason}"), Text(f"    fix: {gap.fix}")):
        console.print(line, soft_wrap=True)


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
