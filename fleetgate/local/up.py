"""Runs a local cloud, with Fleetgate in it or an empty project, until a person stops it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fleetgate.local import env_files
from fleetgate.local.installation import HOME_PROJECT, HOME_REGION, PRELOAD, Installation
from fleetgate.local.shell_environment import ShellEnvironment
from localcloud.cloud import LocalCloud, Settings

# What docs/deploy.md has a person enable before Terraform can begin.
APIS_BEFORE_TERRAFORM = tuple(
    f"{name}.googleapis.com" for name in ("cloudresourcemanager", "compute", "cloudbuild", "secretmanager")
)
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Up:
    """Its options. `project` is that of environments, or the one that is there if `empty`; port 0 means any free
    one; `speed` is a factor of real time."""

    project: str = HOME_PROJECT
    network: str = "auto"
    port: int = 0
    speed: float = 60.0
    seed: int = 0
    env_file: Path | None = None
    empty: bool = False


@dataclass(frozen=True)
class RunningCloud:
    """A cloud that is up: its URL, the lines to export, and the file with them."""

    base_url: str
    exports: str
    env_file: Path


async def stay_up(up: Up, announce: Callable[[RunningCloud], None]) -> None:
    """Run the cloud until SIGINT, SIGTERM or SIGHUP; `announce` is called once it is up.

    Raises:
        OSError: the port is taken, or the file of variables cannot be written, since it is somebody else's, say.
    """
    if up.env_file is not None:
        env_files.check(up.env_file)
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for ending in ENDINGS:
        loop.add_signal_handler(ending, over.set)
    settings = Settings(seed=up.seed, speed=up.speed, preload=PRELOAD, port=up.port, enforce=True, grpc=True)
    async with LocalCloud(settings) as cloud:
        home = _furnish(cloud, up)
        shell = ShellEnvironment(cloud, home, HOME_REGION, cloud.folder / "user")
        env_file = shell.write(up.env_file)
        exports = shell.exports()
        announce(RunningCloud(cloud.world.base_url, exports, env_file))
        try:
            await cloud.run_until_set(over)
        finally:
            if up.env_file is not None:
                env_files.delete(env_file, exports)


def _furnish(cloud: LocalCloud, up: Up) -> str:
    """Put into the cloud what it begins with. Returns the project that a person's commands are about."""
    if up.empty:
        return cloud.create_new_project(up.project, APIS_BEFORE_TERRAFORM).id
    installation = Installation(cloud, up.project)
    installation.install(up.network, sweep=True)
    return installation.project
