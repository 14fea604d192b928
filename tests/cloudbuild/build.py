"""Builds as Cloud Build runs them: their steps' commands, in a workspace, with their substitutions as variables.

The check and the deployment are two builds, each in a workspace and under an identity of its own.
"""

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

Document = dict[str, Any]
COMMIT, CHECK = "0123456789abcdef0123456789abcdef01234567", "1f4f0e1a-0000-4000-8000-000000000001"
LABEL = "fleetgate-archive"
PATIENCE = 120  # real seconds


def document_of(name: str) -> Document:
    """A build's document, by its file's name."""
    return dict(yaml.safe_load((ROOT / name).read_text("utf-8")))


def steps_of(document: Document) -> dict[str, Document]:
    """A build's steps, by id and in order."""
    return {step["id"]: step for step in document["steps"]}


DEPLOYMENT, CHECKING = document_of("cloudbuild.yaml"), document_of("cloudbuild-check.yaml")


@dataclass
class Build:
    """One of the builds of a push, in a checkout of its own."""

    document: Document
    installation: Installation
    workspace: Path
    variables: dict[str, str]
    said: dict[str, str] = field(default_factory=dict)

    @property
    def cloud(self) -> LocalCloud:
        """What it deploys to."""
        return self.installation.cloud

    async def run(self, *steps: str, **substitutions: str) -> None:
        """Run these steps; each must succeed."""
        for step in steps:
            done = await self.outcome(step, **substitutions)
            assert 0 == done.returncode, f"{step}: {done.stdout}{done.stderr}"
            self.said[step] = done.stdout

    async def outcome(self, step: str, **substitutions: str) -> subprocess.CompletedProcess[str]:
        """Run one step."""
        script = steps_of(self.document)[step]["script"]
        return await self.shell(script, **substitutions)

    async def shell(self, script: str, **substitutions: str) -> subprocess.CompletedProcess[str]:
        """Run a script as a step would."""
        own = {"PROJECT_ID": self.installation.project, "COMMIT_SHA": COMMIT, "BUILD_ID": CHECK}
        given = {**self.document["substitutions"], **own, **substitutions}
        return await asyncio.to_thread(
            subprocess.run,
            ["bash", "-c", script],
            cwd=self.workspace,
            env={**self.variables, **given},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    def stored(self) -> list[Document]:
        """The objects that there are."""
        return list(self.cloud.world.store["storage.objects"].list())

    def labels(self) -> dict[str, str]:
        """The hash of the archive that each function was last deployed from, as its label says."""
        found = self.cloud.world.store["cloudfunctions.functions"].list()
        return {
            each["name"].rsplit("fleetgate-", 1)[1]: each["labels"][LABEL]
            for each in found
            if LABEL in each.get("labels", {})
        }

    def deploy_all_but(self, step: str) -> None:
        """Let every other function be one that the archives of the workspace were deployed as."""
        functions = self.cloud.world.store["cloudfunctions.functions"]
        for name, found in functions.items():
            entry = found["buildConfig"]["entryPoint"]
            (archive,) = (self.workspace / "out" / "archives").glob(f"{entry}-*.zip")
            sha = archive.stem.rsplit("-", 1)[1]
            if entry != step:
                functions.change(name, labels={**found.get("labels", {}), LABEL: sha})

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


@dataclass
class Builds:
    """A cloud, and what a push to it begins."""

    check: Build
    deployment: Build

    async def package(self) -> None:
        """Check a commit, as far as archives go, and let the deployment fetch them."""
        await self.check.run("package")
        await self.fetch()

    async def fetch(self) -> None:
        """Upload what the check has packaged, and let the deployment fetch it."""
        await self.check.run("upload")
        (self.deployment.workspace / "out").mkdir(exist_ok=True)
        (self.deployment.workspace / "out" / "check").write_text(f"SUCCESS\t{CHECK}\n")
        await self.deployment.run("archives")


@asynccontextmanager
async def builds(folder: Path, speed: float, **settings: Any) -> AsyncIterator[Builds]:
    """A cloud with Fleetgate in it, whose time passes at this speed, and a workspace of the build's identity."""
    async with cloud_with_fleetgate(project=HOME_PROJECT, speed=speed, grpc=True, **settings) as installation:
        yield Builds(
            build_of(CHECKING, "check", installation, folder),
            build_of(DEPLOYMENT, "build", installation, folder),
        )


def build_of(document: Document, name: str, installation: Installation, folder: Path) -> Build:
    """One build, in a workspace of the identity `fleetgate-<name>`."""
    workspace = folder / name
    workspace.mkdir()
    home = workspace / "home"
    home.mkdir()
    variables = shell_variables(installation, home)
    account = f"fleetgate-{name}@{installation.project}.iam.gserviceaccount.com"
    token = installation.cloud.identities.issue(Caller(account))
    (home / "token").write_text(token)
    variables["CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"] = str(home / "token")
    (workspace / ".venv").symlink_to(sys.prefix)
    (workspace / "workflows").symlink_to(ROOT / "workflows")
    (workspace / "environments").mkdir()
    return Build(document, installation, workspace, variables)
