"""The parent of all function instances: a process that has imported what is slow to import, and forks.

It is a fork itself, of the preload server, which did the importing. Each line that comes on its socket is a JSON order:
fork an instance with this environment, led to these domains, serving this entry point. The instance answers with its
port when it listens, the fork server with its process id at birth and its exit status at its end. When the other end
closes, however its owner died, every instance is killed. What reads the environment when imported is imported anew
in the child.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from localcloud.functions import instance_clock, pauses, resolver

# Modules that look at the environment while they are being imported.
ENVIRONMENT_READERS = ("google.auth.compute_engine._metadata", "google.auth.compute_engine._mtls")


def serve_orders(control: socket.socket, life: socket.socket) -> None:
    """Serve orders until the other end of `control` closes, and end; `life`, which closes then, first says who it is.

    Never returns.
    """
    children: set[int] = set()
    try:
        life.sendall(b"%d\n" % os.getpid())
        for line in _lines_or_wake(control, _waker()):
            if line:
                _fork((control, life), json.loads(line), children)
            _reap(control, children)
    except BrokenPipeError:
        pass  # the cloud ended before we began
    finally:
        for pid in children:
            os.kill(pid, signal.SIGKILL)  # a child that has ended is there until it is waited for
        for pid in children:
            os.waitpid(pid, 0)
        os._exit(0)


def _waker() -> int:
    """A descriptor that becomes readable when a child has ended: all work is done in one place, none in a handler."""
    woken, wake = os.pipe()
    for end in (woken, wake):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return woken


def _lines_or_wake(control: socket.socket, woken: int) -> Iterator[bytes]:
    """Each line of the socket as it comes, and an empty one when a child may have ended; ends with the socket."""
    rest = b""
    while True:
        readable, _, _ = select.select([control.fileno(), woken], [], [])
        if woken in readable:
            os.read(woken, 1 << 12)
            yield b""
        if control.fileno() in readable:
            data = _received(control)
            if not data:
                return
            *whole, rest = (rest + data).split(b"\n")
            yield from whole


def _received(control: socket.socket) -> bytes:
    """Nothing at the end; an owner that ends without having read all of our news resets the connection."""
    try:
        return control.recv(1 << 16)
    except ConnectionResetError:
        return b""


def _say(control: socket.socket, news: dict[str, Any]) -> None:
    """One line, in one piece: instances write to the same socket."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        control.sendall(json.dumps(news).encode() + b"\n")


def _fork(sockets: tuple[socket.socket, socket.socket], order: dict[str, Any], children: set[int]) -> None:
    control, life = sockets
    if (pid := os.fork()) == 0:
        life.close()
        _become_instance(control, order)
    children.add(pid)
    _say(control, {"id": order["id"], "pid": pid})


def _reap(control: socket.socket, children: set[int]) -> None:
    for pid in sorted(children):
        if os.waitpid(pid, os.WNOHANG)[0]:
            children.discard(pid)
            _say(control, {"exited": pid})


def _become_instance(control: socket.socket, order: dict[str, Any]) -> None:
    """Never returns."""
    status = 1
    try:
        gc.enable()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _take_on(order)
        _serve(control, order)
        status = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _take_on(order: dict[str, Any]) -> None:
    """Make this process the ordered one: its log, its environment and nothing of ours, its folder."""
    for stream, file in ((1, order["log"]), (2, order["errors"])):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), stream)
    # A killed instance leaves what it had printed: Google's Python images set PYTHONUNBUFFERED [documented].
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    os.environ.clear()
    os.environ.update(order["environment"])
    resolver.install(order["domains"])
    if order["clock"]:
        instance_clock.install(Path(order["clock"]))
    if host := order["environment"].get("GCE_METADATA_HOST"):
        pauses.install(host)
    os.chdir(order["directory"])
    sys.path[:0] = [order["directory"]]
    _forget_others(order["directory"])
    for name in ENVIRONMENT_READERS:
        if name in sys.modules:
            importlib.reload(sys.modules[name])


def _forget_others(directory: str) -> None:
    """What was imported from elsewhere, and is in the function's own folder too, is the function's own to import."""
    own = {name.removesuffix(".py") for name in os.listdir(directory)}
    for name, module in list(sys.modules.items()):
        origin = getattr(module, "__file__", None)
        if name.partition(".")[0] in own and origin and not origin.startswith(directory + os.sep):
            del sys.modules[name]


def _serve(control: socket.socket, order: dict[str, Any]) -> None:
    import functions_framework
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        disable_nagle_algorithm = True  # an answer in two small packets would wait 40 ms for an ACK

        def log(self, *_: Any, **__: Any) -> None:
            """Requests are logged by the cloud."""

    app = functions_framework.create_app(order["entry_point"], order["source"], "cloudevent")
    server = make_server("127.0.0.1", 0, app, request_handler=Quiet)
    _say(control, {"id": order["id"], "port": server.port})
    control.close()  # so that its end tells the cloud that the fork server has ended, whoever lives on
    server.serve_forever()
