"""The sockets: one plain port for all services, a TLS port a cluster and one for the DNS endpoints of all, a metadata
port an instance, the VPC proxy.

A web page can have a name of its own lead to this machine (DNS rebinding), and then read what a browser gets from a
port here. So ports without TLS, of which some give tokens, answer to the names of this machine alone.

Requests are read whole, up to a limit that each API has, given a caller, admitted by the schedule, and answered by
plain functions.
"""

from __future__ import annotations

import asyncio
import base64
import math
import socket
import ssl
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from aiohttp import web

from localcloud.container import endpoints
from localcloud.container.endpoints import ClusterEndpoints
from localcloud.endpoints import path_here
from localcloud.forward_proxy import on_loopback
from localcloud.time.clock import http_date
from localcloud.wire.bodies import GOOGLE, KUBERNETES, LARGEST, BodyLimit
from localcloud.wire.errors import Refused, Style, not_implemented
from localcloud.wire.identities import Identities
from localcloud.wire.messages import Abort, Caller, Request, Response
from localcloud.wire.time_limits import time_limit
from localcloud.wire.tls import Authority
from localcloud.world import World

MISDIRECTED = 421  # the server is not the one of that name [documented: RFC 9110, 15.5.20]
Answer = Callable[[Request], Response]
Handler = Callable[[Request], Awaitable[Response]]


class Schedule(Protocol):
    """Says when a call is answered."""

    async def admit(
        self,
        actor: str | None,
        kind: str,
        answer: Callable[[], Response],
        limit: float = math.inf,
        port: int = 0,
    ) -> Response:
        """The answer, when its turn has come. Who waits no longer has the call take effect within `limit` seconds.

        `port` is where it came from: an instance may have several calls unanswered.
        """
        ...


@dataclass
class Edge:
    """Everything that listens. `services` answers calls of Google's APIs, of which some need no caller; `vpc` answers
    what comes by the VPC proxy."""

    world: World
    identities: Identities
    schedule: Schedule
    services: Answer
    vpc: Answer
    largest_body: Callable[[str], int] = lambda path: LARGEST  # of a call of a service, by its path
    is_anonymous: Callable[[Request], bool] = lambda request: False
    public_authority: Authority = field(default_factory=lambda: Authority("Local public roots"))
    _listeners: dict[str, asyncio.Task[web.ServerRunner]] = field(default_factory=dict)
    _dns: dict[str, Handler] = field(default_factory=dict)
    _hosts: dict[str, str] = field(default_factory=dict)
    _closing: set[asyncio.Task[None]] = field(default_factory=set)

    def open(
        self,
        name: str,
        handler: Handler,
        tls: ssl.SSLContext | None = None,
        port: int = 0,
        limit: BodyLimit = GOOGLE,
        for_other_hosts: bool = False,
    ) -> str:
        """Listen on loopback; `host:port` is known at once, though answering begins a moment later.

        A proxy is asked for other hosts. Whoever speaks TLS has been shown a certificate, or sees to the name itself.

        Raises:
            OSError: the port is taken.
        """
        assert name not in self._listeners, f"{name} is open already"
        listener = socket.create_server(("127.0.0.1", port), backlog=128)
        listener.setblocking(False)

        async def serve(incoming: web.BaseRequest) -> web.StreamResponse:
            if not (tls or for_other_hosts or on_loopback(incoming.headers.get("Host", ""))):
                return web.Response(
                    status=MISDIRECTED, text="This port answers to 127.0.0.1 and localhost.\n"
                )
            return await self._serve(incoming, handler, limit)

        async def start() -> web.ServerRunner:
            # A watch whose client has left must not wait for an event that may never come.
            # A body is unpacked here, within its limit: aiohttp unpacks all of it, also what nobody reads any more.
            server = web.Server(serve, handler_cancellation=True, access_log=None, auto_decompress=False)
            runner = web.ServerRunner(server, shutdown_timeout=0.1)
            await runner.setup()
            await web.SockSite(runner, listener, ssl_context=tls).start()
            return runner

        self._listeners[name] = asyncio.get_running_loop().create_task(start())
        return f"127.0.0.1:{listener.getsockname()[1]}"

    def close(self, name: str) -> None:
        """Stop listening there; nothing happens if nobody listens."""
        if starting := self._listeners.pop(name, None):
            task = asyncio.get_running_loop().create_task(_shut(starting))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def stop(self) -> None:
        """Close every port."""
        for name in list(self._listeners):
            self.close(name)
        await asyncio.gather(*self._closing)

    def open_services(self, port: int) -> str:
        """Listen for calls of Google's APIs; each service says how large their bodies may be."""
        limit = BodyLimit(self.largest_body, GOOGLE.refusal)
        return self.open("services", self.handle_service, port=port, limit=limit)

    def open_hosts(self) -> str:
        """Listen, by TLS, for calls that a forward proxy has brought here instead of to their host."""
        limit = BodyLimit(self.largest_body, GOOGLE.refusal)
        return self.open("hosts", self.handle_host, self.public_authority.any_host_context(), limit=limit)

    async def handle_service(self, request: Request) -> Response:
        """A call of a Google API."""
        if self.is_anonymous(request):
            return await self._admit(request, Caller(""), "wire.call", self.services)
        caller, refusal = self._authenticated(request, Style.NEWER)
        return refusal or await self._admit(request, caller, "wire.call", self.services)

    async def handle_host(self, request: Request) -> Response:
        """A request for a host of Google's that came by the forward proxy; every other host is refused."""
        host = request.headers.get("host", "").partition(":")[0]
        path = path_here(host, request.path)
        if path is None:
            what = f"{request.method} {request.path} of {host}: nothing that is asked for here leaves this machine"
            return not_implemented(what).response(Style.NEWER)
        return await self.handle_service(replace(request, path=path))

    async def handle_vpc(self, request: Request) -> Response:
        """A request that leaves into the VPC; whose it is, the proxy's user name says."""
        if "://" not in request.path:
            return Response(400, b"This is an HTTP forward proxy: it wants an absolute http:// address.\n")
        user = _basic_user(request.headers.get("proxy-authorization", ""))
        return await self._admit(request, Caller(user or "person", user or None), "wire.request", self.vpc)

    def open_dns(self) -> str:
        """Listen for the DNS endpoints of all clusters: the name that a client asks for says which is meant."""
        tls = self.public_authority.any_host_context()
        return self.open("dns", self._handle_dns, tls, limit=KUBERNETES)

    async def _handle_dns(self, request: Request) -> Response:
        """A request to a cluster by name; nobody answers for one that is gone."""
        if handle := self._dns.get(request.headers.get("host", "").lower()):
            return await handle(request)
        raise Abort

    def open_cluster(self, name: str, host: str, answer: Answer) -> ClusterEndpoints:
        """Let `answer` answer what comes by either endpoint of a cluster, `host` being the name of the DNS one."""
        own = Authority(f"{name.rsplit('/', 1)[-1]} cluster CA")

        async def handle(endpoint: str, request: Request) -> Response:
            caller, refusal = self._authenticated(request, Style.KUBERNETES)
            if closed := endpoints.refusal(self.world, name, endpoint, caller):
                return closed
            return refusal or await self._admit(request, caller, "wire.call", answer)

        public = self.open(
            f"{name}#public",
            partial(handle, endpoints.PUBLIC),
            own.server_context(name.rsplit("/", 1)[-1]),
            limit=KUBERNETES,
        )
        self._dns[host], self._hosts[name] = partial(handle, endpoints.DNS), host
        return ClusterEndpoints(public, own.pem)

    def close_cluster(self, name: str) -> None:
        """The cluster is gone."""
        self.close(f"{name}#public")
        self._dns.pop(self._hosts.pop(name, ""), None)

    def _authenticated(self, request: Request, style: Style) -> tuple[Caller, Response | None]:
        """Who calls, or nobody and the refusal."""
        try:
            return self.identities.caller(request.headers.get("authorization", "")), None
        except Refused as refusal:
            return Caller(""), refusal.response(style)

    async def _admit(self, request: Request, caller: Caller, kind: str, answer: Answer) -> Response:
        known, limit = replace(request, caller=caller), time_limit(request)
        return await self.schedule.admit(caller.instance, kind, lambda: answer(known), limit, request.port)

    async def _serve(
        self, incoming: web.BaseRequest, handler: Handler, limit: BodyLimit
    ) -> web.StreamResponse:
        largest = limit.largest(incoming.path)
        try:
            body = await _body(incoming, largest)
        except zlib.error:
            return web.Response(status=400, text="The body is not packed as its Content-Encoding says.\n")
        if body is None:
            response = limit.refusal(largest)
            return web.Response(status=response.status, body=response.body, headers=response.headers)
        query: dict[str, list[str]] = {}
        for key, value in incoming.url.query.items():
            query.setdefault(key, []).append(value)
        headers = {key.lower(): value for key, value in incoming.headers.items()}
        absolute = not incoming.raw_path.startswith("/")  # as a forward proxy is asked
        target = str(incoming.url) if absolute else incoming.path
        nobody, port = Caller(""), _port_of(incoming)
        try:
            response = await handler(Request(incoming.method, target, query, headers, body, nobody, port))
        except Abort:
            if incoming.transport is not None:
                incoming.transport.abort()
            return web.Response()
        response.headers.setdefault("Date", http_date(self.world.clock.now))
        if response.length is not None:
            return await _misframed(incoming, response, response.length)
        if response.stream is None:
            reason = response.reason or None
            return web.Response(
                status=response.status, reason=reason, body=response.body, headers=response.headers
            )
        return await self._stream(incoming, response)

    @staticmethod
    async def _stream(incoming: web.BaseRequest, response: Response) -> web.StreamResponse:
        assert response.stream is not None
        stream = web.StreamResponse(status=response.status, headers=response.headers)
        await stream.prepare(incoming)
        try:
            async for chunk in response.stream:
                await stream.write(chunk)
        finally:
            await response.stream.aclose()
        await stream.write_eof()
        return stream


def _port_of(incoming: web.BaseRequest) -> int:
    """Where a request came from; 0 once that has left."""
    peer = incoming.transport.get_extra_info("peername") if incoming.transport else None
    return int(peer[1]) if peer else 0


async def _misframed(incoming: web.BaseRequest, response: Response, length: int) -> web.StreamResponse:
    """Send an answer whose Content-Length is wrong, and end the connection."""
    headers = {**response.headers, "Content-Length": str(length), "Connection": "close"}
    stream = web.StreamResponse(status=response.status, headers=headers)
    await stream.prepare(incoming)
    await stream.write(response.body)
    if incoming.transport is not None:
        incoming.transport.abort()  # with TLS, to close would wait until the client says farewell
    return stream


async def _body(incoming: web.BaseRequest, largest: int) -> bytes | None:
    """The whole body; None if it is larger, of which no more is read."""
    if (incoming.content_length or 0) > largest:
        return None
    unpack = _unpacking(incoming.headers.get("Content-Encoding", ""))
    body = bytearray()
    async for piece in incoming.content.iter_any():
        body += unpack(piece, largest + 1 - len(body))
        if len(body) > largest:
            return None
    return bytes(body)


def _unpacking(encoding: str) -> Callable[[bytes, int], bytes]:
    """What makes at most so many bytes of a piece of a body; one that is not packed so stays as it is."""
    if encoding.lower() not in ("gzip", "deflate"):
        return lambda piece, most: piece
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # by its head: gzip or zlib
    return unpacker.decompress


async def _shut(starting: asyncio.Task[web.ServerRunner]) -> None:
    await (await starting).cleanup()


def _basic_user(authorization: str) -> str:
    """The user's name in a `Basic` authorization; what cannot be read names nobody."""
    scheme, _, value = authorization.partition(" ")
    try:
        text = base64.b64decode(value).decode() if scheme.lower() == "basic" else ""
    except ValueError:
        return ""
    return text.partition(":")[0]
