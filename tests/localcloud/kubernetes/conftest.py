"""One cluster's API behind a plain HTTP port on loopback, and the programs that talk to it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web

from localcloud.kubernetes import KubernetesApi, catalog
from localcloud.wire.messages import Caller, Json, Request


class Clock:
    """A clock that tests set."""

    now = 1_780_000_000.0
    outlives_faults = False


class Ids:
    """Ids in order."""

    count = 0

    def uid(self) -> str:
        self.count += 1
        return f"00000000-0000-4000-8000-{self.count:012x}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api(clock: Clock) -> KubernetesApi:
    """A cluster with the Gateway API and multi-cluster services installed, and a namespace `shop`."""
    api = KubernetesApi(clock, Ids())
    api.install_bundle(*catalog.GATEWAY_API, *catalog.MULTI_CLUSTER_SERVICES)
    api.create("Namespace", {"metadata": {"name": "shop"}})
    return api


@dataclass
class Reply:
    """A status, its headers and the decoded body."""

    status: int
    headers: dict[str, str]
    body: Any


Call = Callable[..., Reply]
Kubectl = Callable[..., str]


def stored(api: KubernetesApi, kind: str, namespace: str, name: str) -> Json:
    """An object that is there."""
    item = api.get(kind, namespace, name)
    assert item is not None, f"there is no {kind} {namespace}/{name}"
    return item


@pytest.fixture
def call(api: KubernetesApi) -> Call:
    """`call("GET", "/api/v1/…")`: one request through `handle`, no socket."""

    def call(
        method: str, path: str, body: Any = None, content_type: str = "application/json", **headers: str
    ) -> Reply:
        url = urlsplit(path)
        sent = {"content-type": content_type, "user-agent": "probe/1", **headers}
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        request = Request(method, url.path, parse_qs(url.query), sent, data, Caller("tester"))
        response = api.handle(request)
        is_json = response.headers.get("content-type", "").startswith("application/json")
        decoded = json.loads(response.body) if response.body and is_json else response.body
        return Reply(response.status, response.headers, decoded)

    return call


class Served:
    """`api` on a port of 127.0.0.1, in a thread with its own event loop."""

    def __init__(self, api: KubernetesApi) -> None:
        self.api = api
        self.requests: list[str] = []
        self.on_request: Callable[[web.Request], None] = lambda request: None
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._started.wait(5)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._started.set()
        self._loop.run_forever()

    async def _serve(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _handle(self, incoming: web.Request) -> web.StreamResponse:
        query = {name: incoming.query.getall(name) for name in incoming.query}
        headers = {name.lower(): value for name, value in incoming.headers.items()}
        body = await incoming.read()
        self.requests.append(f"{incoming.method} {incoming.path}")
        self.on_request(incoming)
        response = self.api.handle(
            Request(incoming.method, incoming.path, query, headers, body, Caller("tester"))
        )
        if response.stream is None:
            return web.Response(status=response.status, body=response.body, headers=response.headers)
        out = web.StreamResponse(status=response.status, headers=response.headers)
        await out.prepare(incoming)
        try:
            async for line in response.stream:
                await out.write(line)
        finally:
            await response.stream.aclose()
        return out


@pytest.fixture
def served(api: KubernetesApi) -> Iterator[Served]:
    server = Served(api)
    yield server
    server.close()


@pytest.fixture
def kubectl(served: Served, tmp_path: Path) -> Kubectl:
    """Runs kubectl against the served cluster, with a home and caches of its own."""
    program = shutil.which("kubectl")
    if program is None:
        pytest.skip("kubectl is not installed")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "KUBECACHEDIR": str(tmp_path / "cache"),
        "KUBECONFIG": str(tmp_path / "none"),
    }

    def run(*arguments: str, stdin: str | Json | None = None, fails: bool = False) -> str:
        done = subprocess.run(
            [program, "--server", served.url, *arguments],
            input=stdin if stdin is None or isinstance(stdin, str) else json.dumps(stdin),
            env=environment,
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert (done.returncode != 0) == fails, done.stderr + done.stdout
        return done.stderr if fails else done.stdout

    return run
