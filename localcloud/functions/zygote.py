"""The parent of all function instances: a process that has imported what is slow to import, and forks.

Run as a module with the file descriptor of a datagram socket. Each datagram is a JSON order: fork an
instance with this environment, serving this entry point. The instance answers with its port when it
listens, the zygote with the exit status when it ends. What reads the environment when imported is imported
anew in the child.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import sys
from typing import Any

# Modules that look at the environment while they are being imported.
ENVIRONMENT_READERS = ("google.auth.compute_engine._metadata", "google.auth.compute_engine._mtls")


def main() -> None:
    """Serve orders until the other end of the socket closes."""
    control = socket.socket(fileno=int(sys.argv[1]))
    for name in json.loads(sys.argv[2]):
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, lambda *_: _reap(control))
    control.send(json.dumps({"ready": True}).encode())
    while order := _receive(control):
        # An order that arrives while a child is being reaped waits: the fork must not happen in a handler.
        if (pid := os.fork()) == 0:
            _become_instance(control, order)
        control.send(json.dumps({"id": order["id"], "pid": pid}).encode())


def _receive(control: socket.socket) -> dict[str, Any] | None:
    data = control.recv(1 << 20)
    order: dict[str, Any] | None = json.loads(data) if data else None
    return order if order and "id" in order else None


def _reap(control: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        control.send(json.dumps({"exited": pid, "status": status}).encode())


def _become_instance(control: socket.socket, order: dict[str, Any]) -> None:
    """Never returns."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ.clear()
        os.environ.update(order["environment"])
        os.chdir(order["directory"])
        sys.path[:0] = [order["directory"]]
        for name in ENVIRONMENT_READERS:
            if name in sys.modules:
                importlib.reload(sys.modules[name])
        _serve(control, order)
        status = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _serve(control: socket.socket, order: dict[str, Any]) -> None:
    import functions_framework
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        disable_nagle_algorithm = True  # an answer in two small packets would wait 40 ms for an ACK

        def log(self, *_: Any, **__: Any) -> None:
            """Requests are logged by the cloud."""

    app = functions_framework.create_app(order["entry_point"], order["source"], "cloudevent")
    server = make_server("127.0.0.1", 0, app, request_handler=Quiet)
    control.send(json.dumps({"id": order["id"], "port": server.port}).encode())
    server.serve_forever()


if __name__ == "__main__":
    main()
