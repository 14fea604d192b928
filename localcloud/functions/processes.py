"""The cloud's side of a fork server: order an instance, know its port, kill it, hear of its end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.functions.preload_server import HASH_SEEDS, preload_server
from localcloud.functions.resolver import Domains

GRACE = 10.0  # real seconds that the fork server may take to end its instances and itself


class FailedToStart(Exception):
    """An instance ended before it listened; the text is the end of its log."""


@dataclass(eq=False)
class InstanceProcess:
    """One forked instance. What it prints to stdout is in `log`, to stderr in `errors`.

    `port` is set once it listens, or fails if it never will; `pid` is 0 unless it lives.
    """

    id: str
    log: Path
    errors: Path
    port: asyncio.Future[int]
    pid: int = 0
    wanted_dead: bool = False

    def kill(self) -> None:
        """SIGKILL: no handler of its own runs, as when a container is taken away."""
        self.wanted_dead = True
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def ended(self, last_words: str) -> None:
        """It is no more; who waits for its port hears why."""
        self.pid = 0
        if not self.port.done():
            self.port.set_exception(FailedToStart(last_words))
            self.port.exception()  # nobody may be waiting, which is no fault


class ForkServer:
    """Starts instances. `preload` are modules worth having before the fork, `folder` is where logs go.

    `domains` are led to addresses of this machine in every instance.
    """

    def __init__(self, folder: Path, seed: int, preload: Iterable[str], domains: Domains) -> None:
        self._folder = folder
        self._hash_seed = seed % HASH_SEEDS
        self._preload = list(preload)
        self._domains = dict(domains)
        self._instances: dict[str, InstanceProcess] = {}
        self._control: socket.socket | None = None
        self._life: socket.socket | None = None
        self._unsent = b""
        self._heard = b""
        self._ordered = False

    def start(self) -> None:
        """Start the fork server; instances may be ordered at once."""
        if sockets := preload_server(self._hash_seed, self._preload).spawn():
            self._control, self._life = sockets
            self._control.setblocking(False)
            asyncio.get_running_loop().add_reader(self._control, self._hear)

    def order(
        self, id: str, environment: dict[str, str], directory: str, source: str, entry: str, clock: str = ""
    ) -> InstanceProcess:
        """Fork an instance that serves `entry` of the file `source`.

        Its monotonic clock is that of the page in the file `clock` (`instance_clock`), or the machine's.
        """
        log, errors = self._folder / f"{id}.log", self._folder / f"{id}.err"
        instance = InstanceProcess(id, log, errors, asyncio.get_running_loop().create_future())
        if self._control is None:
            instance.ended("the parent of the instances has ended")
            return instance
        self._instances[id] = instance
        order = {
            "id": id,
            "environment": {**environment, "PYTHONHASHSEED": str(self._hash_seed)},
            "domains": self._domains,
            "directory": directory,
            "source": source,
            "entry_point": entry,
            "clock": clock,
            "log": str(log),
            "errors": str(errors),
        }
        self._ordered = True
        self._unsent += json.dumps(order).encode() + b"\n"
        self._send()
        return instance

    async def stop(self) -> None:
        """Kill every instance and the fork server."""
        self._hang_up()
        if self._life is None:
            return
        with self._life as life:
            if self._ordered:  # otherwise it has no instance to kill, and ends in its own time
                await asyncio.to_thread(_see_ended, life)

    def _send(self) -> None:
        """Send what can be sent without waiting; the rest when there is room."""
        if self._control is None:
            return
        loop = asyncio.get_running_loop()
        try:
            sent = self._control.send(self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._hang_up()
            return
        self._unsent = self._unsent[sent:]
        if self._unsent:
            loop.add_writer(self._control, self._send)
        else:
            loop.remove_writer(self._control)

    def _hear(self) -> None:
        assert self._control is not None
        try:
            data = self._control.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._hang_up()
            return
        *lines, self._heard = (self._heard + data).split(b"\n")
        for line in lines:
            self._take(json.loads(line))

    def _hang_up(self) -> None:
        """Close our end, which ends the fork server and its instances; or it has died, and they are left to us."""
        if self._control is None:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._control)
        loop.remove_writer(self._control)
        self._control.close()
        self._control = None
        for instance in self._instances.values():
            instance.kill()
            instance.ended("the parent of the instances has ended")
        self._instances.clear()

    def _take(self, news: dict[str, Any]) -> None:
        if "exited" in news:
            self._exited(news["exited"])
        elif "pid" in news:
            instance = self._instances[news["id"]]
            instance.pid = news["pid"]
            if instance.wanted_dead:
                instance.kill()
        else:
            port = self._instances[news["id"]].port
            if not port.done():
                port.set_result(news["port"])

    def _exited(self, pid: int) -> None:
        for instance in [each for each in self._instances.values() if each.pid == pid]:
            del self._instances[instance.id]
            instance.ended(_tail(instance))


def _see_ended(life: socket.socket) -> None:
    """Wait until a fork server has ended: then nobody holds the other end of `life` any more."""
    life.settimeout(GRACE)
    pid = b""
    try:
        while data := life.recv(64):
            pid += data
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError, ValueError):
            os.kill(int(pid), signal.SIGKILL)


def _tail(instance: InstanceProcess, lines: int = 15) -> str:
    """Its last words: what it printed to stderr, or else to stdout."""
    for file in (instance.errors, instance.log):
        if file.exists() and (text := file.read_text("utf-8", "replace").strip()):
            return "\n".join(text.splitlines()[-lines:])
    return "(no log)"
