"""Walking a page: its commands, one after the other, against a local cloud with Fleetgate in it.

Time stands while a person thinks, and passes as a command needs it: what follows a request sees it through, what only
publishes one leaves it under way. A page lists by itself the lines that no local cloud can serve.
"""

from __future__ import annotations

import asyncio
import re
import shlex
import subprocess
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

from typer.testing import CliRunner

from fleetgate.cli import app
from fleetgate.local.installation import Installation
from localcloud.cloud import LocalCloud
from localcloud.workflows.run import State
from tests.docs.pages import ROOT, fences, table
from tests.support.local_cloud import cloud_with_fleetgate, shell_variables
from tests.support.projects import TOOLS_PROJECT as PROJECT

PATIENCE = 120  # real seconds
SHELL = {
    "export",
    "cp",
    "git",
    "curl",
    "gcloud",
    "kubectl",
}  # what a page's lines may begin with, besides fleetgate
BEFORE = {"gcloud workflows executions cancel": "fleetgate deploy environments/store.yaml --no-wait"}
QUICK = re.compile(
    "gcloud workflows executions|.*--no-wait"
)  # waits for nothing: what is under way stays where it is
FOLDERS = ("examples", "workflows", "terraform-bootstrap")


@dataclass(frozen=True)
class Line:
    """A command of a page, and what the page shows of its output; `instead` is for one that cannot be run."""

    page: str
    command: str
    shown: tuple[str, ...] = ()
    listed: bool = False
    instead: str = ""

    @property
    def is_gcloud(self) -> bool:
        """Whether it needs gcloud."""
        return self.command.startswith("gcloud ")


Done = tuple[int, str, str]  # exit status, stdout, stderr


def lines(name: str, text: str) -> Iterator[Line]:
    """Every command of a page, in order."""
    unserved = {row[0].strip("`"): row[-1].strip("`") for row in table(text, "line")}
    for fence in fences(text):
        if fence.language not in ("console", "bash"):
            continue
        commands = list(fence.commands())
        shown = _shown(fence.lines)
        assert len(commands) == len(shown), f"{name}: a block has lines that are no command's"
        for command, output in zip(commands, shown, strict=True):
            runs = command in unserved and unserved[command].startswith(("fleetgate ", "gcloud "))
            yield Line(name, command, output, command in unserved, unserved[command] if runs else "")


def _shown(block: tuple[str, ...]) -> list[tuple[str, ...]]:
    """What is printed under each command of a block."""
    found: list[list[str]] = []
    command = ""
    for line in block:
        if line.startswith("$ "):
            found.append([])
        elif not command.endswith("\\"):
            found[-1].append(line)
        command = line
    return [tuple(each) for each in found]


@dataclass
class Walk:
    """A person at a shell, in a repository, before a cloud."""

    cloud: LocalCloud
    installation: Installation
    workspace: Path
    variables: dict[str, str]

    async def take(self, line: Line) -> Done:
        """Run a line, or what stands for it."""
        command = line.instead if line.listed else line.command
        if line.listed and not command:
            return 0, "", ""
        for begins, first in BEFORE.items():
            if command.startswith(begins):
                await self._with_time(asyncio.to_thread(self._fleetgate, first), first)
        command = command.replace("EXECUTION", self._newest())
        program = command.partition(" ")[0]
        assert program == "fleetgate" or program in SHELL, f"{line.page}: neither run nor listed: {command}"
        run = self._fleetgate if program == "fleetgate" else self._shell
        return await self._with_time(asyncio.to_thread(run, command), command)

    def _newest(self) -> str:
        """The id of the newest execution: what a person fills in."""
        found = self.cloud.executions.of(self.installation.workflow)
        return found[0].id if found else "EXECUTION"

    def at_work(self) -> list[str]:
        """The executions that have not ended."""
        found = self.cloud.executions.of(self.installation.workflow)
        return [each.name for each in found if each.run.state is State.ACTIVE]

    async def see_through(self) -> None:
        """Let time pass until nothing is under way."""
        await self._pass(2.0)
        await self.cloud.run_until(lambda: not self.at_work() and self.cloud.schedule.idle)

    async def _with_time(self, running: Awaitable[Done], command: str) -> Done:
        if command.startswith("fleetgate wait"):
            await self.see_through()
        task = asyncio.ensure_future(running)
        follows = (
            re.match("fleetgate (deploy|verify|extend|teardown|sweep)", command)
            and "--no-wait" not in command
        )
        seconds = 0.0 if QUICK.match(command) else 1.0
        while not task.done():
            await self._pass(seconds)
            if follows and self.at_work():
                await self.see_through()
            await asyncio.sleep(0.01)
        await self._pass(2.0)
        return await task

    async def _pass(self, seconds: float) -> None:
        """Let some simulated seconds pass."""
        until = self.cloud.world.clock.now + seconds
        self.cloud.world.clock.at(until, lambda: None)
        await self.cloud.run_until(lambda: self.cloud.world.clock.now >= until)

    def _fleetgate(self, command: str) -> Done:
        words = shlex.split(Template(command).safe_substitute(self.variables))[1:]
        words = [str(self.workspace / word) if (self.workspace / word).exists() else word for word in words]
        words += (
            ["--timeout", "20"] if words[0] == "wait" else []
        )  # real seconds: what it waits for has come already
        done = CliRunner().invoke(app, words, env=self.variables, catch_exceptions=False)
        return done.exit_code, done.stdout, done.stderr

    def _shell(self, command: str) -> Done:
        if command.startswith("export "):
            told = self._bash(f"{command}; env -0").stdout.split("\0")
            self.variables.update(
                (name, value) for name, _, value in (each.partition("=") for each in told) if name
            )
            return 0, "", ""
        given = {"http_proxy": self.variables["VPC_PROXY"], "NO_PROXY": ""} if command[:5] == "curl " else {}
        done = self._bash(command, **given)
        return done.returncode, done.stdout, done.stderr

    def _bash(self, script: str, **given: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", script], cwd=self.workspace, env={**self.variables, **given},
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip


@asynccontextmanager
async def walking(folder: Path) -> AsyncIterator[Walk]:
    """A cloud with Fleetgate in project `shop-tools`, and a repository beside it."""
    async with cloud_with_fleetgate(project=PROJECT, seed=0, enforce=True, grpc=True) as installation:
        variables = {**shell_variables(installation, folder), **_AUTHOR, **_YES}
        workspace = folder / "platform"
        (workspace / "environments").mkdir(parents=True)
        for name in FOLDERS:
            (workspace / name).symlink_to(ROOT / name)
        walk = Walk(installation.cloud, installation, workspace, variables)
        walk._shell("git init --quiet")
        yield walk


_YES = {"CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}  # what a person says to gcloud's questions
_AUTHOR = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "A Person"), ("EMAIL", "person@example.com"))
}
