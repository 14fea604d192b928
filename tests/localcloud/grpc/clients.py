"""A local cloud that speaks gRPC, and Google's client libraries that call it from threads of their own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import grpc

from localcloud.cloud import LocalCloud, Settings
from localcloud.wire.messages import Caller

APIS = ("pubsub.googleapis.com", "workflows.googleapis.com", "workflowexecutions.googleapis.com")
OWNER = "user@example.com"


@dataclass
class Cloud:
    """A cloud with the project `shop`, whose owner is `OWNER`."""

    cloud: LocalCloud

    def token(self, who: str = OWNER) -> str:
        """An access token of somebody's."""
        return self.cloud.identities.issue(Caller(who))

    def channel(self) -> grpc.Channel:
        """A channel over TLS, which trusts the cloud's authority."""
        trust = grpc.ssl_channel_credentials(self.cloud.edge.public_authority.pem.encode())
        return grpc.secure_channel(self.cloud.grpc_endpoint, trust)

    def client(self, kind: Any, who: str = OWNER) -> Any:
        """A client of a library's. A program trusts by `GRPC_DEFAULT_SSL_ROOTS_FILE_PATH`, which gRPC reads once in a
        process; here one process has many clouds."""
        credentials = grpc.composite_channel_credentials(
            grpc.ssl_channel_credentials(self.cloud.edge.public_authority.pem.encode()),
            grpc.access_token_call_credentials(self.token(who)),
        )
        channel = grpc.secure_channel(self.cloud.grpc_endpoint, credentials)
        return kind(transport=kind.get_transport_class("grpc")(channel=channel))

    def statuses(self, method: str) -> list[int]:
        """How calls of a method ended, as the log of calls has them."""
        return [call.status for call in self.cloud.log.calls if call.method == method]


@asynccontextmanager
async def cloud_with_grpc(**settings: Any) -> AsyncIterator[Cloud]:
    """A cloud that enforces IAM and ends with the block."""
    async with LocalCloud(Settings(grpc=True, enforce=True, **settings)) as cloud:
        cloud.create_project("shop", APIS)
        yield Cloud(cloud)


@contextmanager
def cloud_in_thread(**settings: Any) -> Iterator[Cloud]:
    """A cloud whose loop runs in a thread, for tests that are plain functions."""
    ready: Future[tuple[Cloud, asyncio.AbstractEventLoop]] = Future()
    over = asyncio.Event()

    async def run() -> None:
        async with cloud_with_grpc(**settings) as cloud:
            ready.set_result((cloud, asyncio.get_running_loop()))
            await over.wait()

    def in_thread() -> None:
        try:
            asyncio.run(run())
        except Exception as fault:
            if ready.done():
                raise
            ready.set_exception(fault)

    thread = threading.Thread(target=in_thread)
    thread.start()
    cloud, loop = ready.result(60)
    try:
        yield cloud
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(30)
        assert not thread.is_alive(), "the cloud has not stopped"


def play(scene: Callable[[Cloud], None], **settings: Any) -> None:
    """Play a scene with a cloud of its own, in a thread: the libraries block, and the cloud has the loop."""

    async def run() -> None:
        async with cloud_with_grpc(**settings) as cloud:
            await asyncio.to_thread(scene, cloud)

    asyncio.run(run())
