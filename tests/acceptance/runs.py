"""Runs of the main job: what acceptance tests and `make prove` both start from."""

from __future__ import annotations

import asyncio
import copy
import shutil
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from fleetgate.local.installation import ROOT
from fleetgate.local.run import LocalRun
from fleetgate.report import Report
from localcloud.pubsub.broker import Delivery
from localcloud.records.call_log import LoggedCall
from tests.support.local_cloud import let_pass

EXAMPLES = ROOT / "examples"
UNKIND = Delivery(copies=2, late=1.5, shuffle=1.0)  # every message twice, side by side and out of order
RESOURCE_APIS = ("compute", "container", "gkehub", "kubernetes", "cloudresourcemanager", "serviceusage")


def document(name: str) -> dict[str, Any]:
    """An example's document."""
    loaded: dict[str, Any] = yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text("utf-8"))
    return loaded


STORE = document("store")


def store(**changes: Any) -> dict[str, Any]:
    """The tutorial's environment with other values at its top."""
    return {**copy.deepcopy(STORE), **changes}


@dataclass
class Outcome:
    """What is left of a run when its cloud is gone."""

    reports: list[Report]
    calls: list[LoggedCall]
    dump: dict[str, Any]
    events: list[dict[str, Any]]
    before: dict[str, Any]
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def report(self) -> Report:
        """The last report."""
        return self.reports[-1]

    def mutations(self) -> list[LoggedCall]:
        """Accepted changes of resources: publishes and callbacks move messages, they are not among them."""
        return [c for c in self.calls if c.mutation and c.status < 400 and c.service in RESOURCE_APIS]

    def sequence(self) -> list[tuple[float, str, str, str, int]]:
        """Who called what, when, with what result."""
        return [(c.when, c.caller.instance or "", c.method, c.resource, c.status) for c in self.calls]


Visit = Callable[[LocalRun, Outcome], Coroutine[Any, Any, None]]


def run(
    *documents: dict[str, Any],
    prepare: Callable[[LocalRun], None] = lambda _: None,
    visit: Visit | None = None,
    **settings: Any,
) -> Outcome:
    """Deploy each document in turn on a fresh cloud; `visit` is called at the end, while it stands.

    `calls` and `events` are those of the last deploy alone.
    """
    return asyncio.run(_run(documents, prepare, visit, settings))


async def _run(
    documents: tuple[dict[str, Any], ...],
    prepare: Callable[[LocalRun], None],
    visit: Visit | None,
    settings: dict[str, Any],
) -> Outcome:
    async with LocalRun(**settings) as local:
        prepare(local)
        outcome = Outcome([], [], {}, [], local.cloud.dump())
        events: list[dict[str, Any]] = []
        local.cloud.broker.listen(local.installation.topic("events"), events.append)
        for each in documents:
            local.cloud.log.calls.clear()
            events.clear()
            outcome.reports.append(await local.deploy(each))
        await settle(local, events)
        outcome.calls = list(local.cloud.log.calls)
        outcome.dump = local.cloud.dump()
        outcome.events = list(events)
        if visit is not None:
            await visit(local, outcome)
        return outcome


async def settle(local: LocalRun, events: list[dict[str, Any]]) -> None:
    """Let what is still on its way (the ending's event, late copies of messages) arrive and be dealt with."""
    await let_pass(local.cloud, 60.0, to_the_end=True)


@dataclass(frozen=True)
class Mutant:
    """A change of the product that tests must find: in each file, a text and what it becomes."""

    changes: tuple[tuple[str, str, str], ...]

    def build(self, folder: Path) -> Path:
        """A copy of the product in `folder`, with the changes made.

        Raises:
            AssertionError: a text is not there once, so that this would be no mutant.
        """
        for part in ("functions", "shared", "workflows"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        for file, old, new in self.changes:
            path = folder / file
            text = path.read_text("utf-8")
            assert text.count(old) == 1, f"{file} has {text.count(old)} places that read {old!r}"
            path.write_text(text.replace(old, new), "utf-8")
        return folder
