"""Servers that a token must not reach, and clusters that answer whatever they like."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.auth.credentials import Credentials

from localcloud.wire.tls import Authority
from shared.google.cluster_endpoint import Endpoint
from shared.google.container import Cluster
from shared.google.session import Session
from shared.settings import ENDPOINTS, Settings

TOKEN = "canary-token"
PATH = "projects/shop-prod/locations/us-west1-a/clusters/gke-west-1"
Answer = tuple[int, dict[str, str], bytes | Iterable[bytes]]


class HostileServer:
    """Answers every request as `answer` says, and keeps what it was told: `seen` holds path and headers.

    With `authority` it speaks TLS under it. An iterable body is sent piece by piece, until the client has enough.
    """

    def __init__(self, authority: Authority | None = None) -> None:
        outer = self
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.answer: Callable[[str], Answer] = lambda path: (200, {}, b"{}")

        class Handler(BaseHTTPRequestHandler):
            def handle_one(self) -> None:
                self.rfile.read(int(self.headers.get("content-length") or 0))
                outer.seen.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
                status, headers, body = outer.answer(self.path)
                self.send_response_only(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    for piece in [body] if isinstance(body, bytes) else body:
                        self.wfile.write(piece)
                except OSError:
                    outer.hung_up.set()  # the client has had enough

            do_GET = do_POST = do_PATCH = do_DELETE = handle_one

            def log_message(self, *_: object) -> None:
                pass

        self.hung_up = threading.Event()
        self._http = _Quiet(("127.0.0.1", 0), Handler)
        if authority is not None:
            context = authority.server_context("cluster")
            self._http.socket = context.wrap_socket(
                self._http.socket, server_side=True, do_handshake_on_connect=False
            )
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._http.shutdown()
        self._http.server_close()

    @property
    def host(self) -> str:
        """host:port."""
        return f"127.0.0.1:{self._http.server_address[1]}"

    @property
    def tokens(self) -> list[str]:
        """The tokens that it was sent."""
        return [headers["authorization"] for _, headers in self.seen if "authorization" in headers]


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what these tests are about."""


class _Token(Credentials):
    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN

    def refresh(self, request: object) -> None:
        """It is still the same."""


def session() -> Session:
    """A function's session, with a token that must not be seen elsewhere."""
    settings = Settings("hub", "us-west1", "", "", "", {}, dict(ENDPOINTS))
    return Session(settings, _Token())


def cluster_at(host: str, authority: Authority | None) -> Cluster:
    """A cluster whose endpoint is `host`: without an authority, the DNS endpoint."""
    ca = base64.b64encode(authority.pem.encode()).decode() if authority else ""
    return Cluster("gke-west-1", PATH, "us-west1-a", "RUNNING", endpoint=Endpoint(host, ca))


def endless(piece: bytes) -> Iterable[bytes]:
    """A body without end."""
    while True:
        yield piece
