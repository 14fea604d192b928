"""Runs Fleetgate on a laptop: starts a local cloud, installs Fleetgate, publishes requests, makes reports.

The functions, the workflow and their libraries are the same as on Google Cloud; only endpoints and credentials
differ. Time is simulated and jumps, so a deploy of a quarter of an hour takes seconds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fleetgate.local.critical_path import critical_path_seconds
from fleetgate.local.installation import DEFAULT, HOME_PROJECT, PRELOAD, ROOT, Installation
from fleetgate.local.progress import Progress, Silent, StepEvent
from fleetgate.local.reporting import LocalFacts, ending_of, report_of
from fleetgate.local.roles import Role
from fleetgate.local.user_calls import UserCalls
from fleetgate.log.entries import LogSource
from fleetgate.log.waiting import LIMIT as LOG_LIMIT
from fleetgate.log.waiting import LogReading
from fleetgate.report import Report
from localcloud.cloud import LocalCloud, Settings
from localcloud.contested import Contested
from localcloud.functions.logs import LogEntry
from localcloud.pubsub.broker import Delivery
from localcloud.time.jump_schedule import Stalled
from localcloud.time.ledger import Work
from localcloud.wire.messages import Json
from localcloud.workflows.dialect import Dialect
from localcloud.workflows.executions import Execution
from shared.spec import parse_environment

LIMIT = (
    6 * 3600.0
)  # simulated seconds after which a request is given up: far beyond every budget of the workflow


class NeverEnded(Exception):
    """A request's execution did not end within `LIMIT` simulated seconds, or nothing is scheduled any more."""


@dataclass
class LocalRun:
    """A context manager: a local cloud with Fleetgate in it. `act` publishes a request and follows it to its end.

    Environments are created in `project`, `network_name` and `subnetwork`; `network` is the mode of the default
    network. With `sweep` the scheduler runs. For `root`, `archives`, `roles` and `node_accounts` see `Installation`,
    for `dialect`, `contested` and `grpc` the local cloud's `Settings`. Lines of the log are waited for `log_limit`
    simulated seconds at most.
    """

    project: str = HOME_PROJECT
    seed: int = 0
    network: str = "auto"
    delivery: Delivery = field(default_factory=Delivery)
    progress: Progress = field(default_factory=Silent)
    root: Path = ROOT
    preload: Sequence[str] = PRELOAD
    sweep: bool = False
    network_name: str = DEFAULT
    subnetwork: str = DEFAULT
    archives: Path | None = None
    roles: tuple[Role, ...] | None = None
    node_accounts: tuple[str, ...] = ()
    dialect: Dialect = field(default_factory=Dialect)
    contested: Contested = field(default_factory=Contested)
    grpc: bool = False
    log_limit: float = LOG_LIMIT

    async def __aenter__(self) -> LocalRun:
        self.cloud = LocalCloud(
            Settings(
                seed=self.seed,
                delivery=self.delivery,
                preload=self.preload,
                enforce=True,
                dialect=self.dialect,
                contested=self.contested,
                grpc=self.grpc,
            )
        )
        async with AsyncExitStack() as opened:
            await opened.enter_async_context(self.cloud)
            self._install()
            self._opened = opened.pop_all()
        return self

    def _install(self) -> None:
        self._began = self.cloud.world.clock.now
        self.installation = Installation(
            self.cloud,
            self.project,
            self.root,
            network_name=self.network_name,
            subnetwork=self.subnetwork,
            archives=self.archives,
            roles=self.roles,
            node_accounts=self.node_accounts,
        )
        self.installation.install(self.network, self.sweep)
        self.cloud.functions.logs.listeners.append(self._tell)

    async def __aexit__(self, *error: Any) -> None:
        await self._opened.aclose()

    async def deploy(self, document: Any) -> Report:
        """Deploy the environment of a spec's document."""
        return await self.act({"action": "deploy", "environment": document})

    async def teardown(self, name: str, **more: Any) -> Report:
        """Tear an environment down."""
        return await self.act({"action": "teardown", "name": name, **more})

    async def act(self, request: Json) -> Report:
        """Publish one request and follow it to its end.

        Raises:
            NeverEnded: it did not end.
        """
        wall, before = time.monotonic(), len(self.cloud.world.ledger.works)
        self._began = self.cloud.world.clock.now
        message = self.installation.publish(json.dumps(request).encode())
        execution = await self._ended(message)
        works = self.cloud.world.ledger.works[before:]
        passed = time.monotonic() - wall
        facts = LocalFacts(self.seed, self._began, passed, works, self._critical(request, works))
        return report_of(execution, request, facts, await self._log(execution, facts))

    async def _log(self, execution: Execution, facts: LocalFacts) -> LogReading:
        """What its functions logged; simulated time passes while lines are waited for, after the execution's end."""
        source = LogSource(self.installation.project, execution.id, facts.began)
        counts = ending_of(execution, facts).counts
        reading = LogReading(UserCalls(self.cloud), source, counts, self.log_limit)
        for pause in reading.pauses():
            await self._pass(pause)
        return reading

    async def _pass(self, seconds: float) -> None:
        clock = self.cloud.world.clock
        until = clock.now + seconds
        clock.at(until, lambda: None)
        await self.cloud.run_until(lambda: clock.now >= until)

    def _critical(self, request: Json, works: list[Work]) -> float | None:
        """The critical path of creating the environment; None for a run that creates no clusters."""
        if not any(work.kind == "container.clusters.create" for work in works):
            return None
        environment = parse_environment(request["environment"], project=self.installation.project)
        number = self.cloud.world.projects.get(environment.project).number
        return critical_path_seconds(environment, number, self.cloud.world.timing)

    async def _ended(self, message: str) -> Execution:
        """The ended execution that this message started, once no function works for it any more.

        A message that comes twice starts two executions; the one that yielded to the other does not count.
        """
        executions, workflow = self.cloud.executions, self.installation.workflow
        deadline = self._began + LIMIT

        def done() -> bool:
            if self.cloud.world.clock.now > deadline:
                raise NeverEnded(f"message {message} has no result after {LIMIT:.0f} simulated seconds")
            started = executions.of_event(workflow, message)
            return (
                bool(started) and all(execution.ended for execution in started) and self.cloud.schedule.idle
            )

        try:
            await self.cloud.run_until(done)
        except Stalled as stalled:
            raise NeverEnded(f"message {message}: {stalled}") from stalled
        started = executions.of_event(workflow, message)
        return next((each for each in started if not _yielded(each)), started[0])

    def _tell(self, entry: LogEntry) -> None:
        if event := StepEvent.of_log(entry.when - self._began, entry.payload):
            self.progress.tell(event)


def _node_accounts(document: Any) -> tuple[str, ...]:
    """The service accounts that a spec sets for nodes; the spec may be invalid otherwise."""
    clusters = document.get("clusters") if isinstance(document, dict) else None
    listed = clusters if isinstance(clusters, list) else []
    accounts = [each.get("nodeServiceAccount") for each in listed if isinstance(each, dict)]
    return tuple(sorted({each for each in accounts if isinstance(each, str) and "@" in each}))


def _yielded(execution: Execution) -> bool:
    result = json.loads(execution.run.result) if execution.run.result else {}
    return bool(result.get("outcome") == "superseded")


async def run_local(
    run: LocalRun,
    document: Any,
    *,
    again: bool = False,
    teardown: bool = False,
    each: Callable[[Report], None] = lambda _: None,
) -> list[Report]:
    """Deploy, optionally again, and tear down; stop at the first failure. `each` is called with every report."""
    deploy = {"action": "deploy", "environment": document}
    requests = [deploy] * (2 if again else 1)
    if teardown:
        requests.append({"action": "teardown", "name": document["name"]})
    reports: list[Report] = []
    run.node_accounts += _node_accounts(document)
    async with run:
        for request in requests:
            reports.append(await run.act(request))
            each(reports[-1])
            if reports[-1].outcome != "done":
                break
    return reports
