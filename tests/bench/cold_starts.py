"""What a cold start of each function costs.

A function's cold start is the CPU time that a fresh interpreter takes to import its archive, in an environment
with its requirements alone, held against that of the least such a function could import, measured in turn with
it: the machine's speed, and whatever else keeps it busy, is in both. What a first message loads beyond that
(a client library whose turn comes late) is told beside it, so that nothing is merely moved.
"""

from __future__ import annotations

import compileall
import statistics
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fleetgate.local.installation import ROOT
from fleetgate.packaging.archive import Archive, archive_of, steps
from fleetgate.packaging.closure import closure_of
from tests.fleetgate.packaging.environments import linked, unpacked

ROUNDS = 9
LEAST = (
    "import functions_framework",
    "from google.auth.transport.requests import AuthorizedSession",
    "from pydantic import BaseModel",
)
SLOW = ("google.cloud.container_v1", "google.cloud.gkehub_v1", "kubernetes.client")
BUDGETS = {
    "environment": 1.3,
    "subnets": 1.3,
    "verification": 1.3,
    "clusters": 2.0,
    "fleet": 2.0,
    "service_export": 2.4,
    "gateway": 2.4,
}
MEGABYTES = 96.0
PROBE = """
import time
before = time.process_time()
{imports}
after = time.process_time()
with open("/proc/self/status") as status:
    (peak,) = (line.split()[1] for line in status if line.startswith("VmHWM"))
print(after - before, int(peak) / 1024)
"""


@dataclass(frozen=True)
class Cost:
    """CPU seconds, and resident megabytes at the peak."""

    seconds: float
    megabytes: float


@dataclass(frozen=True)
class ColdStart:
    """What importing one archive costs; `ratio` is times the least, `whole` is with every library it may load."""

    step: str
    seconds: float
    ratio: float
    budget: float
    megabytes: float
    whole_ratio: float
    whole_megabytes: float

    @property
    def within(self) -> bool:
        """Whether it keeps to its budgets, the one of memory with everything loaded."""
        return self.ratio <= self.budget and self.whole_megabytes <= MEGABYTES


@dataclass(frozen=True)
class Probe:
    """Something to import: where, with which interpreter."""

    folder: Path
    python: Path
    imports: tuple[str, ...]

    def once(self) -> Cost:
        """In a fresh interpreter, with no environment of ours."""
        code = PROBE.format(imports="\n".join(self.imports))
        told = subprocess.run(
            [str(self.python), "-c", code],
            cwd=self.folder,
            env={},
            capture_output=True,
            text=True,
            check=True,
        )
        seconds, megabytes = told.stdout.split()
        return Cost(float(seconds), float(megabytes))


def median(costs: list[Cost]) -> Cost:
    """Of each figure its median."""
    return Cost(
        statistics.median(cost.seconds for cost in costs), statistics.median(cost.megabytes for cost in costs)
    )


def measured(probes: dict[str, Probe], rounds: int = ROUNDS) -> dict[str, Cost]:
    """The median cost of each, taken in turns."""
    taken: dict[str, list[Cost]] = {name: [] for name in probes}
    for _ in range(rounds):
        for name, probe in probes.items():
            taken[name].append(probe.once())
    return {name: median(costs) for name, costs in taken.items()}


def probes(folder: Path) -> dict[str, Probe]:
    """The least, and for each step its archive, alone and (`+step`) with what it may load later."""
    found = {}
    for step in steps(ROOT):
        archive = archive_of(ROOT, step)
        code = unpacked(archive.content, folder / step)
        compileall.compile_dir(code, quiet=1)  # as the buildpack does
        python = linked(archive.requirements, folder).python
        found[step] = Probe(code, python, ("import main",))
        found[f"+{step}"] = Probe(code, python, ("import main", *_later(archive)))
    least = Probe(folder, found["environment"].python, LEAST)
    return {"least": least, **found}


def _later(archive: Archive) -> list[str]:
    """Imports of the spec, and of the client libraries that the archive's code names anywhere."""
    names = closure_of(ROOT, f"functions.{archive.step}.main").imports
    named = (slow for slow in SLOW if any(name.startswith(slow) for name in names))
    return [f"import {slow}" for slow in ("shared.spec", *named)]


def cold_starts(folder: Path) -> tuple[Cost, list[ColdStart]]:
    """The least, and every function's."""
    costs = measured(probes(folder))
    least = costs.pop("least")
    found = []
    for step, budget in BUDGETS.items():
        one, whole = costs[step], costs[f"+{step}"]
        found.append(
            ColdStart(
                step=step,
                seconds=round(one.seconds, 4),
                ratio=round(one.seconds / least.seconds, 3),
                budget=budget,
                megabytes=round(one.megabytes, 1),
                whole_ratio=round(whole.seconds / least.seconds, 3),
                whole_megabytes=round(whole.megabytes, 1),
            )
        )
    return least, found


def lines(least: Cost, starts: list[ColdStart]) -> Iterator[str]:
    """The table."""
    yield f"Cold start: CPU time of importing an archive; the least is {least.seconds:.3f} s, {least.megabytes:.0f} MB"
    yield f"{'':16}{'CPU s':>7}{'times':>7}{'budget':>8}{'MB':>7}{'all loaded: times':>19}{'MB':>7}"
    for each in starts:
        figures = f"{each.seconds:7.3f}{each.ratio:7.2f}{each.budget:8.1f}{each.megabytes:7.0f}"
        later = f"{each.whole_ratio:19.2f}{each.whole_megabytes:7.0f}"
        yield f"{each.step:16}{figures}{later}{'' if each.within else '  over budget'}"
