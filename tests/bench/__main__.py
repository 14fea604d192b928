"""Measures everything, shows it, and says by the exit status whether it is within budget."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from fleetgate.local.installation import ROOT
from tests.bench import cold_starts, main_job, sizes

OUT = ROOT / "out" / "bench.json"


def main() -> int:
    """The exit status: 0 if everything is within budget and every request ended well."""
    with tempfile.TemporaryDirectory() as folder:
        least, starts = cold_starts.cold_starts(Path(folder))
    show(cold_starts.lines(least, starts))
    runs = asyncio.run(main_job.measured())
    show(main_job.lines(runs))
    grown = asyncio.run(sizes.measured())
    show(sizes.lines(grown))
    good = (
        all(each.within for each in starts)
        and all(run["outcome"] == "done" for run in runs)
        and all(each.within for each in grown)
    )
    told = {
        "within": good,
        "least": asdict(least),
        "coldStarts": [asdict(each) for each in starts],
        "runs": runs,
        "sizes": [asdict(each) for each in grown],
    }
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(told, indent=2) + "\n")
    return 0 if good else 1


def show(lines: Iterable[str]) -> None:
    """A table, and an empty line."""
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
