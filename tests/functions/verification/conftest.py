"""What tests of verification share: a way into a VPC."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

Reply = tuple[int, dict[str, str], str]


class Vpc:
    """A forward proxy into a VPC: what it was asked, and a function from VIP and path to its reply.

    `raw` makes the bytes of every reply instead.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.reply: Callable[[str, str], Reply | None] = serve
        self.raw: Callable[[], Iterator[bytes]] | None = None


def serve(vip: str, path: str) -> Reply:
    """The sample app: /west and /east lead to their cluster, all else to the VIP's own."""
    west = path == "/west" or (path == "/" and vip == "10.138.0.5")
    name, zone = ("gke-west-1", "us-west1-a") if west else ("gke-east-1", "us-east1-c")
    return 200, {}, json.dumps({"cluster_name": name, "zone": zone})


@pytest.fixture
def vpc(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vpc]:
    """A VPC whose proxy the environment names."""
    inside = Vpc()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            inside.asked.append((self.command, self.path, self.headers["Host"]))
            if inside.raw is not None:
                with suppress(OSError):  # the client has had enough
                    for piece in inside.raw():
                        self.wfile.write(piece)
                return
            vip, _, path = self.path.removeprefix("http://").partition("/")
            reply = inside.reply(vip, f"/{path}")
            if reply is None:
                return
            self.send_response_only(reply[0])
            for name, value in {**reply[1], "Content-Length": str(len(reply[2]))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply[2].encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
    yield inside
    server.shutdown()
    server.server_close()
    thread.join()
