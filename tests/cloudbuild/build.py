"""A build as Cloud Build runs it: its steps' commands, in a workspace, with its substitutions as variables."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from fleetgate.local.installation import HOME_PROJECT, ROOT, Installation
from localcloud.cloud import LocalCloud
from localcloud.functions.runtime import Instance
from localcloud.wire.messages import Caller
from tests.support.local_cloud import cloud_with_fleetgate, shell_variables

FILE = ROOT / "cloudbuild.yaml"
BUILD: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
STEPS: dict[str, dict[str, Any]] = {step["id"]: step for step in BUILD["steps"]}
PATIENCE = 120  # real seconds


@dataclass
class Builds:
    """A cloud, and a checkout whose builds deploy to it."""

    cloud: LocalCloud
    installation: Installation
    workspace: Path
    variables: dict[str, str]
    said: dict[str, str] = field(default_factory=dict)

    async def run(self, *steps: str, **substitutions: str) -> None:
        """Run these steps; each must succeed."""
        for step in steps:
            done = await self.outcome(step, **substitutions)
            assert 0 == done.returncode, f"{step}: {done.stdout}{done.stderr}"
            self.said[step] = done.stdout

    async def outcome(self, step: str, **substitutions: str) -> subprocess.CompletedProcess[str]:
        """Run one step."""
        given = {**BUILD["substitutions"], "PROJECT_ID": self.installation.project, **substitutions}
        interpreter, _, script = STEPS[step]["script"].partition("\n")
        command = [*interpreter.removeprefix("#!").split(), "-c", script]
        return await asyncio.to_thread(
            subprocess.run,
            command,
            cwd=self.workspace,
            env={**self.variables, **given},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    def sources(self) -> dict[str, str]:
        """The archive that each function was last deployed from."""
        found = self.cloud.world.store["cloudfunctions.functions"].list()
        sources = {each["name"]: each["buildConfig"].get("source") for each in found}
        return {
            name.rsplit("fleetgate-", 1)[1]: source["storageSource"]["object"]
            for name, source in sources.items()
            if source
        }

    def deploy_all_but(self, step: str) -> None:
        """Let every other function be one that the archives of the workspace were deployed as."""
        functions = self.cloud.world.store["cloudfunctions.functions"]
        for name, found in functions.items():
            entry = found["buildConfig"]["entryPoint"]
            (archive,) = (self.workspace / "out" / "archives").glob(f"{entry}-*.zip")
            source = {"storageSource": {"bucket": "b", "object": archive.name}}
            if entry != step:
                functions.change(name, buildConfig={**found["buildConfig"], "source": source})

    def running(self) -> list[Instance]:
        """The instances of functions that there are."""
        names = {each.instance for each in self.cloud.functions.invocations}
        found = [self.cloud.functions.instance(name) for name in sorted(names)]
        return [each for each in found if each is not None]

    def called(self, method: str) -> list[str]:
        """What the build asked of the cloud by this method: the last words of what each call was about."""
        calls = [each for each in self.cloud.log.calls if each.method.endswith(method)]
        return [
            each.resource.rsplit("/", 1)[-1] for each in calls if "fleetgate-build" in each.caller.identity
        ]


@asynccontextmanager
async def builds(folder: Path, speed: float, **settings: Any) -> AsyncIterator[Builds]:
    """A cloud with Fleetgate in it, whose time passes at this speed, and a workspace of the build's identity."""
    async with cloud_with_fleetgate(project=HOME_PROJECT, speed=speed, **settings) as installation:
        variables = shell_variables(installation, folder)
        account = f"fleetgate-build@{installation.project}.iam.gserviceaccount.com"
        token = installation.cloud.identities.issue(Caller(account))
        Path(variables["CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"]).write_text(token)
        workspace = folder / "workspace"
        workspace.mkdir()
        (workspace / ".venv").symlink_to(sys.prefix)
        (workspace / "workflows").symlink_to(ROOT / "workflows")
        (workspace / "environments").mkdir()
        yield Builds(installation.cloud, installation, workspace, variables)
