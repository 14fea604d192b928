"""A person with Terraform, its real provider, and an empty local cloud.

The provider is Google's. It comes from a mirror, which anybody can make who reaches its registry:

    terraform -chdir=terraform-bootstrap providers mirror FOLDER
    export FLEETGATE_PROVIDERS=FOLDER
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleetgate.local.installation import PRELOAD, Installation
from fleetgate.local.shell_environment import ShellEnvironment
from fleetgate.local.up import APIS_BEFORE_TERRAFORM
from localcloud.cloud import LocalCloud, Settings
from localcloud.wire.messages import Json
from tests.cloudbuild.build import CHECKING, DEPLOYMENT, Builds, build_of
from tests.support.paths import ROOT

PROJECT, REGION = "shop-tools", "us-central1"
MIRROR = os.environ.get("FLEETGATE_PROVIDERS", "")
REASON = "needs terraform, gcloud, and Google's provider: see tests/terraform/applied.py"
MISSING = not (shutil.which("terraform") and shutil.which("gcloud") and MIRROR)
PATIENCE = 900  # real seconds for one command
UNWANTED = shutil.ignore_patterns(".terraform*", "terraform.tfvars", "*.tfstate*")
REPOSITORY = f"projects/{PROJECT}/locations/{REGION}/connections/github/repositories/platform"
# The person's file. Grants work sooner where time passes faster.
VARIABLES: Json = {
    "project_id": PROJECT,
    "requesters": ["user:asker@example.com"],
    "alert_email": "platform@example.com",
    "repository": {"name": REPOSITORY},
    "waits": {"apis": "2s", "grants": "5s"},
}


@dataclass(frozen=True)
class Operator:
    """Who owns the project: a folder with the bootstrap, and the variables that the local cloud prints."""

    cloud: LocalCloud
    folder: Path
    variables: Mapping[str, str]

    async def run(self, *command: str, status: int = 0, where: str = ".") -> str:
        """What a command prints, once it has ended with `status`."""
        done = await asyncio.to_thread(
            subprocess.run,
            command,
            cwd=self.folder / where,
            env=dict(self.variables),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert status == done.returncode, f"{' '.join(command)}: {done.stdout[-8000:]}{done.stderr[-8000:]}"
        return done.stdout

    async def terraform(self, verb: str, *words: str, status: int = 0) -> str:
        """What a command of Terraform's prints for the bootstrap."""
        command = ("terraform", verb, "-no-color", *words)
        return await self.run(*command, status=status, where="terraform-bootstrap")

    async def plan_is_empty(self) -> None:
        """Terraform would change nothing: its exit status tells that from a change and from a fault."""
        await self.terraform("plan", "-detailed-exitcode", "-input=false")

    async def resources(self) -> list[str]:
        """The addresses of what is in Terraform's state; data sources left out."""
        listed = (await self.run("terraform", "state", "list", where="terraform-bootstrap")).split()
        return [each for each in listed if not each.startswith("data.") and ".data." not in each]


@asynccontextmanager
async def operator(folder: Path, speed: float = 60.0, **variables: Any) -> AsyncIterator[Operator]:
    """An empty cloud, and somebody who has a copy of the bootstrap beside it and is about to initialise it."""
    settings = Settings(speed=speed, preload=PRELOAD, enforce=True)
    async with LocalCloud(settings) as cloud:
        cloud.create_new_project(PROJECT, APIS_BEFORE_TERRAFORM)
        shell = ShellEnvironment(cloud, PROJECT, REGION, cloud.folder / "user")
        shell.write()
        shutil.copytree(ROOT / "terraform-bootstrap", folder / "terraform-bootstrap", ignore=UNWANTED)
        shutil.copytree(ROOT / "workflows", folder / "workflows")
        given = json.dumps(VARIABLES | variables, indent=2)
        (folder / "terraform-bootstrap" / "terraform.tfvars.json").write_text(given)
        yield Operator(cloud, folder, {**_inherited(folder), **shell.variables()})


def _inherited(folder: Path) -> dict[str, str]:
    """The machine's own variables, without anybody's configuration of Terraform and Google."""
    home = folder / "home"
    home.mkdir()
    (home / "terraform.rc").touch()
    apart = ("TF_", "GOOGLE_", "CLOUDSDK_", "FLEETGATE_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(apart)}
    return {**inherited, "HOME": str(home), "TF_CLI_CONFIG_FILE": str(home / "terraform.rc")}


async def initialise(someone: Operator) -> None:
    """docs/deploy.md, steps 2 and 4: a bucket for the state, and `terraform init`."""
    bucket = f"gs://{PROJECT}-fleetgate-state"
    flags = (f"--location={REGION}", "--uniform-bucket-level-access", "--public-access-prevention")
    await someone.run("gcloud", "storage", "buckets", "create", bucket, *flags)
    await someone.run("gcloud", "storage", "buckets", "update", bucket, "--versioning")
    backend = f"-backend-config=bucket={PROJECT}-fleetgate-state"
    await someone.terraform("init", "-input=false", f"-plugin-dir={MIRROR}", backend)


async def deploy_code(someone: Operator) -> None:
    """What a push does."""
    home = Installation(someone.cloud, PROJECT, project=PROJECT)
    builds = Builds(
        build_of(CHECKING, "check", home, someone.folder), build_of(DEPLOYMENT, "build", home, someone.folder)
    )
    await builds.package()
    await builds.deployment.run("functions", "workflow", "reconcile")
