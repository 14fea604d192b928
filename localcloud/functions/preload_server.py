"""What all local clouds of one Python process have in common: parents of their instances, imported but once.

Google's client libraries take a second to import, and a test session or a proof makes hundreds of clouds. So the
import is done in a process that lives as long as its owner; each cloud gets a fork of it, a fork server of its own,
whose end is the end of that cloud's instances. A few of these processes serve all seeds: sets of strings are
iterated in an order that is fixed when a process starts.

Run as a module with the file descriptor of a stream socket and the modules to import. Each byte that comes brings
two sockets: the fork server's orders, and one that closes when it has ended.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from functools import cache

from localcloud.functions import fork_server

HASH_SEEDS = 3  # orders of iteration that are tried; each costs a process with everything imported


class PreloadServer:
    """One such process, seen by its owner."""

    def __init__(self, hash_seed: int, preload: Sequence[str]) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        arguments = [sys.executable, "-m", "localcloud.functions.preload_server", str(theirs.fileno())]
        # A session of its own: a terminal's interrupt is for the clouds, which end their instances themselves.
        self._process = subprocess.Popen(
            [*arguments, json.dumps(list(preload))],
            pass_fds=[theirs.fileno()],
            env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
            start_new_session=True,
        )
        theirs.close()
        self._control = ours
        atexit.register(self.close)

    def spawn(self) -> tuple[socket.socket, socket.socket] | None:
        """A new fork server: the socket of its orders, and one that closes at its end; None if no more can be made."""
        (orders, its_orders), (life, its_life) = socket.socketpair(), socket.socketpair()
        with its_orders, its_life:
            try:
                socket.send_fds(self._control, [b"+"], [its_orders.fileno(), its_life.fileno()])
            except OSError:
                orders.close()
                life.close()
                return None
        return orders, life

    def close(self) -> None:
        """End the process; its fork servers end with their own clouds."""
        self._control.close()
        self._process.wait()


@cache
def _preload_server(hash_seed: int, preload: tuple[str, ...]) -> PreloadServer:
    return PreloadServer(hash_seed, preload)


def preload_server(hash_seed: int, preload: Sequence[str]) -> PreloadServer:
    """The process that has these modules imported, started if need be; `hash_seed` is below `HASH_SEEDS`."""
    return _preload_server(hash_seed, tuple(preload))


def main() -> None:
    """Fork fork servers until the owner is gone."""
    control = socket.socket(fileno=int(sys.argv[1]))
    gc.disable()  # and frozen before the fork: an instance shares these pages until somebody writes to them
    for name in json.loads(sys.argv[2]):
        importlib.import_module(name)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here
    while True:
        fds = _received(control)
        if not fds:
            return
        orders, life = (socket.socket(fileno=fd) for fd in fds)
        with orders, life:
            if os.fork() == 0:
                control.close()
                fork_server.serve_orders(orders, life)


def _received(control: socket.socket) -> list[int]:
    """The descriptors of one request; none once the owner is gone."""
    with contextlib.suppress(ConnectionResetError):
        return socket.recv_fds(control, 1, 2)[1]
    return []


if __name__ == "__main__":
    main()
