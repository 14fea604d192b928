"""The main job on a laptop: a local cloud, Fleetgate installed in it, requests published, reports made.

The functions, the workflow and the libraries under them are the ones that run on Google Cloud; what differs is
endpoints and credentials. Time is simulated and jumps, so a deploy of a quarter of an hour takes seconds.
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
from fleetgate.local.progress import Progress, Silent, StepNews
from fleetgate.local.reporting import Observed, report_of
from fleetgate.local.roles import Role
from fleetgate.report import Report
from localcloud.cloud import LocalCloud, Settings
from localcloud.functions.logs import LogEntry
from localcloud.pubsub.broker import Delivery
from localcloud.time.jump_schedule import Stalled
from localcloud.time.ledger import Work
from localcloud.wire.messages import Json
from localcloud.workflows.executions import Execution
from shared.spec import parse_environment

LIMIT = 6 * 3600.0  # simulated seconds after which a request that has not ended is given up


class NeverEnded(Exception):
    """A request's execution did not come to an end: not in `LIMIT` simulated seconds, or nothing is due any more."""


@dataclass
class LocalRun:
    """A cloud with Fleetgate in it, while it is entered; `act` publishes a request and sees it through.

    `project`, `network_name` and `subnetwork` are where environments go, `network` is the mode of the default one;
    `root` is where `functions/` and `workflows/` are, `archives` where functions are served from instead; with
    `sweep` the scheduler runs. `roles` are what the identities may do, if not what the role files say;
    `node_accounts` those whom clusters' nodes may run as, besides the bootstrap's own.
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

    async def __aenter__(self) -> LocalRun:
        settings = Settings(seed=self.seed, delivery=self.delivery, preload=self.preload, enforce=True)
        self.cloud = LocalCloud(settings)
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
        """Deploy what the spec's document says."""
        return await self.act({"action": "deploy", "environment": document})

    async def teardown(self, name: str, **more: Any) -> Report:
        """Tear an environment down."""
        return await self.act({"action": "teardown", "name": name, **more})

    async def act(self, request: Json) -> Report:
        """Publish one request and follow it to its end.

        Raises:
            NeverEnded: it has none.
        """
        wall, before = time.monotonic(), len(self.cloud.world.ledger.works)
        self._began = self.cloud.world.clock.now
        message = self.installation.publish(json.dumps(request).encode())
        execution = await self._ended(message)
        works = self.cloud.world.ledger.works[before:]
        passed = time.monotonic() - wall
        return report_of(
            execution,
            request,
            Observed(self.seed, self._began, passed, works, self._critical(request, works)),
        )

    def _critical(self, request: Json, works: list[Work]) -> float | None:
        """The critical path of making the environment; a run that makes no clusters has none."""
        if not any(work.kind == "container.clusters.create" for work in works):
            return None
        environment = parse_environment(request["environment"], project=self.installation.project)
        number = self.cloud.world.projects.get(environment.project).number
        return critical_path_seconds(environment, number, self.cloud.world.timing)

    async def _ended(self, message: str) -> Execution:
        """The ended execution that this message started, once nothing computes on its behalf any more.

        A message that comes twice starts two; the one that made way for the other is not what came of it.
        """
        executions, workflow = self.cloud.executions, self.installation.workflow
        deadline = self._began + LIMIT

        def done() -> bool:
            if self.cloud.world.clock.now > deadline:
                raise NeverEnded(f"nothing came of message {message} in {LIMIT:.0f} simulated seconds")
            started = executions.of_event(workflow, message)
            return (
                bool(started) and all(execution.ended for execution in started) and self.cloud.schedule.idle
            )

        try:
            await self.cloud.run_until(done)
        except Stalled as stalled:
            raise NeverEnded(f"message {message}: {stalled}") from stalled
        started = executions.of_event(workflow, message)
        return next((each for each in started if not _made_way(each)), started[0])

    def _tell(self, entry: LogEntry) -> None:
        if news := StepNews.of_log(entry.when - self._began, entry.payload):
            self.progress.tell(news)


def _node_accounts(document: Any) -> tuple[str, ...]:
    """Whom the nodes of a spec's clusters are to run as, where it says so; whatever else may be wrong with it."""
    clusters = document.get("clusters") if isinstance(document, dict) else None
    listed = clusters if isinstance(clusters, list) else []
    accounts = [each.get("nodeServiceAccount") for each in listed if isinstance(each, dict)]
    return tuple(sorted({each for each in accounts if isinstance(each, str) and "@" in each}))


def _made_way(execution: Execution) -> bool:
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
    """Deploy, and if asked deploy again and tear down, while all is well; `each` gets every report as it comes."""
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
