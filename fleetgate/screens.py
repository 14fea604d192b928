"""The summary at the end of a run: the addresses, who answered, the time, the calls, what to try next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fleetgate.report import Address, Diagnosis, Incomplete, Report, Traffic, Warned
from fleetgate.terminal import Grid, Terminal, grid, words


def show(report: Report, terminal: Terminal) -> None:
    """Print one report."""
    terminal.blank()
    _headline(report, terminal)
    for diagnosis in report.diagnoses:
        _diagnosis(diagnosis, terminal)
    for warning in report.warnings:
        _warning(warning, terminal)
    for leak in report.leaks:
        _leak(leak, terminal)
    for row in report.foreign:
        terminal.tell(f"  not ours: {row['resource']}: {row['why']}")
    for address in report.addresses:
        _address(address, [row for row in report.traffic if row.vip == address.address], terminal)
    _figures(report, terminal)
    if report.incomplete:
        _incomplete(report.incomplete, terminal)


def _headline(report: Report, terminal: Terminal) -> None:
    good = report.outcome == "done"
    mark = ("✓", "green") if good else ("✗", "red")
    words = {"deploy": "verified", "verify": "verified", "teardown": "removed"}
    word = words.get(report.action, "done") if good else report.outcome
    name = (report.environment, "bold"), " "
    terminal.tell(mark, " ", *(name if report.environment else ()), f"{report.action}: {word}")


def _diagnosis(diagnosis: Diagnosis, terminal: Terminal) -> None:
    where = f" ({diagnosis.step})" if diagnosis.step else ""
    terminal.tell((diagnosis.code, "red"), f"{where}: {diagnosis.cause}")
    for fault in diagnosis.faults:
        terminal.tell(f"  {fault.path}: {fault.fault}")
        terminal.tell(f"    fix: {fault.fix}")
    if diagnosis.fix:
        terminal.tell(f"  fix: {diagnosis.fix}")


def _warning(warning: Warned, terminal: Terminal) -> None:
    where = f" ({warning.step})" if warning.step else ""
    terminal.tell("warning ", (warning.code, "yellow"), f"{where}: {warning.cause}")
    terminal.tell(f"  fix: {warning.fix}")


def _leak(leak: dict[str, Any], terminal: Terminal) -> None:
    """A leak, why it is the environment's, and how to remove it."""
    terminal.tell(f"  left: {leak['resource']}: {leak['why']}")
    terminal.tell(f"    fix: {leak['fix']}")


def _address(address: Address, rows: list[Traffic], terminal: Terminal) -> None:
    """A VIP and who answers there, one line a request."""
    terminal.blank()
    terminal.tell(f"  {address.address} in {address.region} ({address.kind})")
    if rows:
        terminal.print(_matrix(rows))


def _matrix(rows: list[Traffic]) -> Grid:
    table = grid(gap=2)
    for title in ("  ", "request", "answered by"):
        table.add_column(title, overflow="fold", no_wrap=not title.strip())
    for row in rows:
        table.row(words("  ", ("✓", "green") if row.ok else ("✗", "red")), _request(row), _answer(row))
    return table


def _request(row: Traffic) -> str:
    headers = "".join(f" with {name}: {value}" for name, value in row.headers.items())
    port = f":{row.port}" if row.port != 80 else ""
    return f"{row.method} {row.hostname}{port}{row.path}{headers}"


def _answer(row: Traffic) -> str:
    """Who answered, where; if that was wrong, who should have answered, by which rule. Of what was not sent, why."""
    if row.verdict == "not sent":
        return f"{row.rule}: {row.note}"
    served = row.served_by or (f"HTTP {row.status}" if row.status else "no answer")
    place = f" in {row.zone}" if row.zone else ""
    wanted = " or ".join(row.preferred or row.expected)
    return f"{served}{place}" + ("" if row.ok else f", not {wanted} as {row.rule} says")


def _figures(report: Report, terminal: Terminal) -> None:
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
    terminal.blank()
    for line in lines:
        terminal.tell(f"  {line}")


def _incomplete(gap: Incomplete, terminal: Terminal) -> None:
    """What the log lacks; changes and rows of traffic may be missing above."""
    terminal.blank()
    terminal.tell("  ", ("incomplete", "yellow"), f": {gap.have} of {gap.of} answers are in the log")
    terminal.tell(f"    {gap.reason}")
    terminal.tell(f"    fix: {gap.fix}")


def hint(report: Report, spec: Path, terminal: Terminal) -> None:
    """What to try next."""
    if report.outcome != "done":
        return
    terminal.blank()
    for line in (
        f"fleetgate local run {spec} --again          # deploy twice: the second changes nothing",
        f"fleetgate local run {spec} --seed 7         # another day at Google: other durations",
        f"fleetgate local run {spec} --report out     # report.json and report.html",
    ):
        terminal.tell(f"  try: {line}")
