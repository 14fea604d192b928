"""A local cloud with Fleetgate in it, as a build sees it: by its commands, from another thread than the cloud's."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from typer.testing import CliRunner

from fleetgate.cli import app
from fleetgate.local.identities import prepare_fleet_project
from fleetgate.local.installation import STEPS
from fleetgate.local.resources import FLEET_APIS
from fleetgate.local.roles import RoleScope, read_roles
from fleetgate.local.run import LocalRun
from localcloud.compute import create_default_network
from localcloud.workflows.run import State
from tests.acceptance.runs import STORE
from tests.support.local_cloud import let_pass, shell_environment

Json = dict[str, Any]


@dataclass
class Repository:
    """A folder of specs beside a cloud, and what was published there since somebody last asked."""

    local: LocalRun
    folder: Path
    variables: dict[str, str]
    heard: list[Json] = field(default_factory=list)

    def keep(self, name: str, **changes: Any) -> None:
        """Write a spec: the tutorial's environment, in a project of its name unless said otherwise."""
        document = {**STORE, "name": name, "project": f"{name}-project", **changes}
        (self.folder / f"{name}.yaml").write_text(yaml.safe_dump(document), "utf-8")

    def drop(self, name: str) -> None:
        """Delete a spec."""
        (self.folder / f"{name}.yaml").unlink()

    async def fleetgate(self, *words: str) -> tuple[int, str, str]:
        """Exit status, stdout and stderr of a command."""
        run = CliRunner().invoke
        done = await asyncio.to_thread(run, app, list(words), env=self.variables, catch_exceptions=False)
        return done.exit_code, done.stdout, done.stderr

    async def reconcile(self, *words: str) -> Json:
        """What `fleetgate reconcile` prints."""
        status, output, errors = await self.fleetgate("reconcile", str(self.folder), "-o", "json", *words)
        assert (0, "") == (status, errors)
        result: Json = json.loads(output)
        return result

    async def published(self) -> list[tuple[str, str, str | None]]:
        """(action, environment, origin) of each request since the last look, once all have been delivered."""
        cloud = self.local.cloud
        await let_pass(cloud, 1.0)
        requests = [json.loads(base64.b64decode(message["data"])) for message in self.heard]
        self.heard.clear()
        return sorted(
            (each["action"], each.get("name") or each["environment"]["name"], each.get("origin"))
            for each in requests
        )

    def anchors(self) -> dict[str, Json]:
        """The labels of each anchor, by environment; one that has none yet is nobody's (decision 17)."""
        found = self.local.cloud.world.store["compute.addresses"].list()
        labels = [each.get("labels", {}) for each in found if each["name"].startswith("fleetgate-")]
        return {each["fleetgate-env"]: each for each in labels if each}

    def actions(self) -> dict[str, str]:
        """What each anchor says is going on."""
        return {name: labels["fleetgate-action"] for name, labels in self.anchors().items()}

    def at_work(self) -> list[str]:
        """The executions that have not ended."""
        found = self.local.cloud.executions.of(self.local.installation.workflow)
        return [each.name for each in found if each.run.state is State.ACTIVE]

    async def until(self, actions: dict[str, str]) -> None:
        """Let time pass until the anchors say so."""
        await self.local.cloud.run_until(lambda: self.actions() == actions)


@asynccontextmanager
async def repository(folder: Path, names: Sequence[str], **settings: Any) -> AsyncIterator[Repository]:
    """A cloud with a project, and a verifier, for each of these environments."""
    async with LocalRun(grpc=True, **settings) as local:
        for name in names:
            local.cloud.create_project(f"{name}-project", FLEET_APIS)
            create_default_network(local.cloud.world, f"{name}-project", "auto")
            fleet = RoleScope(local.installation.project, f"{name}-project", ("verification-default",))
            prepare_fleet_project(local.cloud.world, read_roles(), fleet)
        _verify_in(local, names)
        surroundings = shell_environment(local.installation)
        surroundings.write()
        specs = folder / "environments"
        specs.mkdir(exist_ok=True)
        kept = Repository(local, specs, surroundings.variables())
        local.cloud.broker.listen(local.installation.topic("requests"), kept.heard.append)
        yield kept


def _verify_in(local: LocalRun, names: Sequence[str]) -> None:
    """Let Fleetgate know a verifier for the default network of each project."""
    topic = local.installation.topic("verification-default")
    networks = {f"projects/{name}-project/global/networks/default": topic for name in names}
    functions = local.cloud.functions
    for step in STEPS:
        function = functions._functions[f"fleetgate-{step.replace('_', '-')}"]
        told = {**function.environment, "FLEETGATE_VERIFICATION_NETWORKS": json.dumps(networks)}
        functions.deploy(replace(function, environment=told))
