"""The cloud's side of the zygote: order an instance, know its port, kill it, hear of its end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class FailedToStart(Exception):
    """An instance ended before it listened; the text is the end of its log."""


@dataclass
class InstanceProcess:
    """One forked instance. `port` is set once it listens."""

    id: str
    log: Path
    port: asyncio.Future[int]
    pid: int = 0
    wanted_dead: bool = False

    def kill(self) -> None:
        """SIGKILL: no handler of its own runs, as when a container is taken away."""
        self.wanted_dead = True
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


class Zygote:
    """Starts instances. `preload` are modules worth having before the fork."""

    def __init__(self, folder: Path, seed: int, preload: Iterable[str]) -> None:
        self._folder = folder
        self._hash_seed = str(seed % 2**32)
        self._preload = list(preload)
        self._instances: dict[str, InstanceProcess] = {}
        self._ready: asyncio.Future[None] | None = None
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the zygote; instances may be ordered at once."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        # Sets of strings are iterated in an order that depends on this: a seed must fix it.
        environment = {**os.environ, "PYTHONHASHSEED": self._hash_seed}
        module = [sys.executable, "-m", "localcloud.functions.zygote"]
        arguments = [*module, str(theirs.fileno()), json.dumps(self._preload)]
        self._process = subprocess.Popen(arguments, pass_fds=[theirs.fileno()], env=environment)
        theirs.close()
        ours.setblocking(False)
        self._control = ours
        loop = asyncio.get_running_loop()
        self._ready = loop.create_future()
        loop.add_reader(ours, self._hear)

    def order(
        self, id: str, environment: dict[str, str], directory: str, source: str, entry: str
    ) -> InstanceProcess:
        """Fork an instance that serves `entry` of the file `source`."""
        if self._control is None:
            self.start()
        log = self._folder / f"{id}.log"
        instance = InstanceProcess(id, log, asyncio.get_running_loop().create_future())
        self._instances[id] = instance
        order = {
            "id": id,
            "environment": {**environment, "PYTHONHASHSEED": self._hash_seed},
            "directory": directory,
            "source": source,
            "entry_point": entry,
            "log": str(log),
        }
        assert self._control is not None
        self._control.send(json.dumps(order).encode())
        return instance

    async def stop(self) -> None:
        """Kill every instance and the zygote."""
        for instance in self._instances.values():
            instance.kill()
        if self._control is not None and self._process is not None:
            asyncio.get_running_loop().remove_reader(self._control)
            self._process.kill()
            self._process.wait()
            self._control.close()
            self._control = None

    def _hear(self) -> None:
        assert self._control is not None
        with contextlib.suppress(BlockingIOError):
            while data := self._control.recv(1 << 16):
                self._take(json.loads(data))

    def _take(self, news: dict[str, Any]) -> None:
        if "exited" in news:
            self._exited(news["exited"])
        elif "id" in news:
            instance = self._instances[news["id"]]
            if "pid" in news:
                instance.pid = news["pid"]
                if instance.wanted_dead:
                    instance.kill()
            elif not instance.port.done():
                instance.port.set_result(news["port"])

    def _exited(self, pid: int) -> None:
        for instance in self._instances.values():
            if instance.pid == pid and not instance.port.done():
                instance.port.set_exception(FailedToStart(_tail(instance.log)))


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:]) if log.exists() else "(no log)"
