"""A local cloud with Fleetgate in it, for a person to work against until they end it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fleetgate.local.installation import HOME_PROJECT, PRELOAD, Installation
from fleetgate.local.surroundings import Surroundings
from localcloud.cloud import LocalCloud, Settings

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Up:
    """How it stands. `project` is where environments go; port 0 is any free one; `speed` is times real time."""

    project: str = HOME_PROJECT
    network: str = "auto"
    port: int = 0
    speed: float = 60.0
    seed: int = 0
    env_file: Path | None = None


@dataclass(frozen=True)
class Standing:
    """What there is to say of a cloud that stands: the lines to export, and the file that holds them."""

    base_url: str
    exports: str
    env_file: Path


async def stay_up(up: Up, announce: Callable[[Standing], None]) -> None:
    """Let the cloud stand until an interrupt or a request to end; `announce` is called once it does.

    Raises:
        OSError: the port is taken, or the file of variables cannot be written.
    """
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for ending in ENDINGS:
        loop.add_signal_handler(ending, over.set)
    settings = Settings(seed=up.seed, speed=up.speed, preload=PRELOAD, port=up.port, enforce=True)
    async with LocalCloud(settings) as cloud:
        installation = Installation(cloud, up.project)
        installation.install(up.network, sweep=True)
        surroundings = Surroundings(cloud, installation, cloud.folder / "user")
        env_file = surroundings.write(up.env_file)
        announce(Standing(cloud.world.base_url, surroundings.exports(), env_file))
        try:
            await cloud.run_until_set(over)
        finally:
            if up.env_file is not None:
                env_file.unlink(missing_ok=True)
