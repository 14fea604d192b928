"""How a deploy grows with its environment: the workflow's memory, the functions' answers, the time.

Memory is what the local cloud counts, as Workflows does [documented: quotas, 512 KB for all variables]. An answer is
the body that a function sends to its callback.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from unittest.mock import patch

from fleetgate.local.run import LocalRun
from localcloud.workflows.callbacks import CallbackRequest, Callbacks
from tests.support.sizes import sized

CLUSTERS, SERVICES = (2, 10, 25, 50), (1, 9)
MEMORY = 200 * 1024  # bytes that the variables of an execution take at most
ANSWER, PROOF = 2_000, 8_000  # bytes of an answer, and of verification's
POD_RANGE = "/17"  # of 50 clusters, GKE's own /14 would not fit


@dataclass
class Answers:
    """The size of the largest answer of each step, in bytes."""

    largest: dict[str, int] = field(default_factory=dict)

    def note(self, request: CallbackRequest) -> None:
        """Take in one answer."""
        step = json.loads(request.body)["step"]
        self.largest[step] = max(self.largest.get(step, 0), len(request.body))


@dataclass(frozen=True)
class Size:
    """One deploy. `memory` and `answers` are bytes."""

    clusters: int
    services: int
    outcome: str
    ratio: float
    memory: int
    answers: dict[str, int]

    @property
    def within(self) -> bool:
        """Whether it ended well, and kept to its limits."""
        most = {step: PROOF if step == "verification" else ANSWER for step in self.answers}
        small = all(size < most[step] for step, size in self.answers.items())
        return self.outcome == "done" and self.memory < MEMORY and small


async def deployed(clusters: int, services: int) -> Size:
    """A deploy of so many clusters and services on a fresh cloud."""
    answers, send = Answers(), Callbacks.send

    def noted(callbacks: Callbacks, request: CallbackRequest) -> int:
        answers.note(request)
        return send(callbacks, request)

    async with LocalRun() as local:
        with patch.object(Callbacks, "send", noted):
            report = await local.deploy(sized(clusters, services, podRange=POD_RANGE))
        (execution,) = local.cloud.executions.of(local.installation.workflow)
    path = report.critical_path_seconds or 0.0
    ratio = round((report.simulated_seconds or 0.0) / path, 4) if path else 0.0
    return Size(clusters, services, report.outcome, ratio, execution.run.memory.peak, answers.largest)


async def measured() -> list[Size]:
    """Every size."""
    return [await deployed(clusters, services) for services, clusters in product(SERVICES, CLUSTERS)]


def lines(sizes: list[Size]) -> Iterator[str]:
    """The table."""
    yield "Growth: bytes of the workflow's variables at their peak, and of the largest answers"
    yield f"{'clusters':>10}{'services':>10}{'times path':>12}{'variables':>11}{'answer':>8}{'verification':>14}"
    for each in sizes:
        proof = each.answers.get("verification", 0)
        answer = max((size for step, size in each.answers.items() if step != "verification"), default=0)
        counts = f"{each.clusters:10}{each.services:10}{each.ratio:12.3f}{each.memory:11}{answer:8}{proof:14}"
        yield f"{counts}  {each.outcome}{'' if each.within else '  over budget'}"
