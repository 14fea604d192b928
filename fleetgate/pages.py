"""The report as files: `report.json` for programs, `report.html` for people. Each is one self-contained file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from fleetgate.report import Report
from shared.visible import visible


def write_reports(reports: Sequence[Report], folder: Path) -> None:
    """Write both files into `folder`, and create it if necessary.

    Raises:
        OSError: they cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    values = [report.wire() for report in reports]
    text = json.dumps(values if len(values) > 1 else values[0], indent=2)
    (folder / "report.json").write_text(text + "\n", "utf-8")
    (folder / "report.html").write_text(html_of(reports), "utf-8")


def html_of(reports: Sequence[Report]) -> str:
    """One page with every report on it."""
    pages = Environment(loader=PackageLoader("fleetgate"), autoescape=True, finalize=_shown)
    return pages.get_template("report.html.j2").render(reports=reports, spans=_spans)


def _shown(value: object) -> object:
    """Every value of a page passes here, before it is escaped: marks of direction work in a browser, too."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _spans(report: Report) -> list[tuple[str, float, float, str]]:
    """(name, left %, width %, text) of each piece of platform work, for the time line."""
    whole = max([report.simulated_seconds or 0, *(each.end for each in report.operations)]) or 1
    return [
        (
            f"{each.kind} {each.resource.rsplit('/', 1)[-1]}",
            100 * each.start / whole,
            max(0.3, 100 * (each.end - each.start) / whole),
            f"{each.end - each.start:.0f} s",
        )
        for each in report.operations
    ]
