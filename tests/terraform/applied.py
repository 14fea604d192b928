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
import sys
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
from tests.docs.pages import fences, table
from tests.docs.walk import Line, lines
from tests.support.paths import ROOT

PROJECT, REGION = "shop-tools", "us-central1"
MIRROR = os.environ.get("FLEETGATE_PROVIDERS", "")
REASON = "needs terraform, gcloud, and Google's provider: see tests/terraform/applied.py"
MISSING = not (shutil.which("terraform") and shutil.which("gcloud") and MIRROR)
PATIENCE = 900  # real seconds for one command
UNWANTED = shutil.ignore_patterns(".terraform*", "terraform.tfvars", "*.tfstate*")
HERE = "`tests/terraform/test_apply.py` runs it"
# What the programs are told besides, so that the page's lines run as they stand: nobody is there to answer questions.
UNATTENDED = {
    "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
    "TF_CLI_ARGS_init": f"-input=false -plugin-dir={MIRROR}",
    "TF_CLI_ARGS_apply": "-input=false -auto-approve",
    "TF_CLI_ARGS_destroy": "-input=false -auto-approve",
}
# Beside the page's own file. Grants work sooner where time passes faster.
VARIABLES: Json = {
    "requesters": ["user:asker@example.com"],
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
    settings = Settings(speed=speed, preload=PRELOAD, enforce=True, grpc=True)
    async with LocalCloud(settings) as cloud:
        cloud.create_new_project(PROJECT, APIS_BEFORE_TERRAFORM)
        shell = ShellEnvironment(cloud, PROJECT, REGION, cloud.folder / "user")
        shell.write()
        shutil.copytree(ROOT / "terraform-bootstrap", folder / "terraform-bootstrap", ignore=UNWANTED)
        shutil.copytree(ROOT / "workflows", folder / "workflows")
        (folder / "terraform-bootstrap" / "terraform.tfvars").write_text(_file_of_the_page())
        given = json.dumps(VARIABLES | variables, indent=2)
        (folder / "terraform-bootstrap" / "terraform.tfvars.json").write_text(given)
        yield Operator(cloud, folder, {**_inherited(folder), **shell.variables(), **UNATTENDED})


def _file_of_the_page() -> str:
    """terraform.tfvars, as docs/deploy.md has it."""
    page = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    (file,) = (each for each in fences(page) if each.file.endswith("terraform.tfvars"))
    return "\n".join(file.lines) + "\n"


def _inherited(folder: Path) -> dict[str, str]:
    """The machine's own variables, without anybody's configuration of Terraform and Google."""
    home = folder / "home"
    home.mkdir()
    (home / "terraform.rc").touch()
    apart = ("TF_", "GOOGLE_", "CLOUDSDK_", "FLEETGATE_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(apart)}
    path = os.pathsep.join((str(Path(sys.executable).parent), inherited["PATH"]))
    return {**inherited, "PATH": path, "HOME": str(home), "TF_CLI_CONFIG_FILE": str(home / "terraform.rc")}


async def follow(someone: Operator, step: str) -> None:
    """Run the lines of a step of docs/deploy.md as they stand there, but for those that only Google can serve.

    Those of `fleetgate` run from where it is installed.
    """
    for line in lines_of(step):
        printed = await someone.run("bash", "-c", f"{{ {line.command}; }} 2>&1")
        assert [] == [each for each in line.shown if each not in printed], f"{line.command}: {printed}"


def lines_of(step: str) -> list[Line]:
    """What is run of a step: that which the page's last table leaves out, or says of that it is run here."""
    page = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    elsewhere = {row[0].strip("`") for row in table(page, "line") if not row[-1].startswith(HERE)}
    (section,) = (each for each in page.split("\n## ") if each.startswith(f"{step}. "))
    return [each for each in lines("deploy.md", section) if each.command not in elsewhere]


async def deploy_code(someone: Operator) -> None:
    """What a push does."""
    home = Installation(someone.cloud, PROJECT, project=PROJECT)
    builds = Builds(
        build_of(CHECKING, "check", home, someone.folder), build_of(DEPLOYMENT, "build", home, someone.folder)
    )
    await builds.package()
    await builds.deployment.run("functions", "workflow", "reconcile")
