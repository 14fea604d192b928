"""The port for gRPC: TLS, a certificate of the local authority, one handler for every RPC of every service.

It is a front of the edge and shares its event loop: an RPC is authenticated, admitted and answered as the call of REST
that it means. What is sent is of a stranger until its token says whose it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import grpc
from grpc import aio

from localcloud.grpc import sizes
from localcloud.grpc.methods import HOSTS, Rpc, rpcs
from localcloud.grpc.statuses import Failure
from localcloud.grpc.transcoding import rest_request, rpc_answer
from localcloud.wire.errors import Refused, Style, not_implemented
from localcloud.wire.identities import Identities
from localcloud.wire.messages import Abort, Request, Response
from localcloud.wire.tls import Authority

OPTIONS = (
    ("grpc.max_receive_message_length", sizes.LARGEST_READ),
    (
        "grpc.max_concurrent_streams",
        100,
    ),  # of a connection [documented: gRPC performance, Google's front ends]
    ("grpc.max_connection_idle_ms", 300_000),
    ("grpc.so_reuseport", 0),  # the port is ours alone
)


class _Handler(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpc is untyped
    """Finds what answers an RPC by its path."""

    def __init__(self, answer: Callable[..., Any], refuse: Callable[..., Any]) -> None:
        self._rpcs = rpcs()
        self._answer = answer
        self._refuse = refuse

    def service(self, details: Any) -> Any:
        """What answers; of an RPC that no library has, nobody knows whether it is a stream."""
        rpc = self._rpcs.get(details.method)
        if rpc is None or rpc.streams:
            return grpc.stream_stream_rpc_method_handler(
                partial(self._refuse, _unserved(details.method, rpc))
            )
        return grpc.unary_unary_rpc_method_handler(partial(self._answer, rpc))


def _unserved(path: str, rpc: Rpc | None) -> Refused:
    name = path.strip("/").replace("/", ".")
    if rpc is None:
        return not_implemented(f"{name} over gRPC")
    return not_implemented(f"{name}, which is a stream: that is not modelled yet")


class GrpcServer:
    """Answers RPCs by `handle`, which takes requests of REST; `identities` knows who calls."""

    def __init__(self, identities: Identities, handle: Callable[[Request], Awaitable[Response]]) -> None:
        self._identities = identities
        self.handle = handle
        self._server: aio.Server | None = None

    async def open(self, authority: Authority, port: int = 0) -> str:
        """Listen on loopback, with a certificate for it and for the hosts of the services; returns `host:port`.

        Raises:
            OSError: the port is taken.
        """
        server = aio.server(options=OPTIONS)
        server.add_generic_rpc_handlers((_Handler(self._answer, self._refuse),))
        identity = authority.key_pair("gRPC", *HOSTS)
        tls = grpc.ssl_server_credentials([(identity.key.encode(), identity.certificate.encode())])
        try:
            bound = server.add_secure_port(f"127.0.0.1:{port}", tls)
        except RuntimeError as fault:
            raise OSError(f"127.0.0.1:{port} cannot be listened on for gRPC: {fault}") from None
        await server.start()
        self._server = server
        return f"127.0.0.1:{bound}"

    async def stop(self) -> None:
        """Listen no more, and cancel every RPC that is under way."""
        if self._server is not None:
            await self._server.stop(None)

    async def _answer(self, rpc: Rpc, data: bytes, context: Any) -> bytes:
        """The answer, serialized."""
        try:
            headers = self._authenticated(context)
            response = await self.handle(rest_request(rpc, data, headers))
        except Refused as refused:
            response = refused.response(Style.NEWER)
        except Abort:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "Connection reset by peer")
        if response.length is not None:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "Stream removed")
        if response.status >= 300:
            await _fail(context, response)
        return rpc_answer(rpc, response)

    async def _refuse(self, refusal: Refused, _: Any, context: Any) -> None:
        """Refuse an RPC, of which nothing is read; who has no token is told that alone."""
        try:
            self._authenticated(context)
        except Refused as stranger:
            refusal = stranger
        await _fail(context, refusal.response(Style.NEWER))

    def _authenticated(self, context: Any) -> dict[str, str]:
        """The metadata, as headers, of somebody who is known.

        Raises:
            Refused: UNAUTHENTICATED.
        """
        headers = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
        self._identities.caller(headers.get("authorization", ""))
        return headers


async def _fail(context: Any, response: Response) -> None:
    failure = Failure.of(response)
    await context.abort(failure.code, failure.message, failure.trailers)
