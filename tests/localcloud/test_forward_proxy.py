"""The way out of the machine leads back into it, whatever is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass

import pytest

from localcloud.forward_proxy import ForwardProxy


@dataclass
class Rig:
    """The proxy's port, a server that stands for elsewhere, one that is nearby, and what they were told."""

    proxy: int
    nearby: int
    heard: dict[str, bytes]

    async def ask(self, words: str) -> bytes:
        """All that the proxy answers until it hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.proxy)
        with closing(writer):
            writer.write(words.encode())
            writer.write_eof()
            return await asyncio.wait_for(reader.read(), 5)


@asynccontextmanager
async def rig() -> AsyncIterator[Rig]:
    """Two servers that note what they are told and name themselves, and a proxy."""
    heard: dict[str, bytes] = {}

    def server(name: str) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heard[name] = await reader.read()
            writer.write(name.encode())
            writer.close()

        return answer

    elsewhere = await asyncio.start_server(server("elsewhere"), "127.0.0.1", 0)
    nearby = await asyncio.start_server(server("nearby"), "127.0.0.1", 0)
    proxy = ForwardProxy(f"127.0.0.1:{port(elsewhere)}")
    address = await proxy.open()
    try:
        yield Rig(int(address.partition(":")[2]), port(nearby), heard)
    finally:
        await proxy.stop()
        elsewhere.close()
        nearby.close()


def port(server: asyncio.Server) -> int:
    """Where it listens."""
    found: int = server.sockets[0].getsockname()[1]
    return found


def run(scene: Callable[[Rig], Awaitable[None]]) -> None:
    """Play a scene with a rig."""

    async def play() -> None:
        async with rig() as made:
            await scene(made)

    asyncio.run(play())


@pytest.mark.parametrize(
    "host", ["run.googleapis.com:443", "10.0.0.1:443", "127.0.0.1.example.com:443", "[::1]:443"]
)
def test_a_tunnel_to_anywhere_ends_at_the_port_that_stands_for_it(host: str) -> None:
    """And carries what is said there, both ways."""

    async def scene(rig: Rig) -> None:
        answer = await rig.ask(f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\nhello")
        assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"\r\n\r\nelsewhere")
        assert {"elsewhere": b"hello"} == rig.heard

    run(scene)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "us-central1-127.0.0.1"])
def test_what_is_on_loopback_is_there(host: str) -> None:
    """By a tunnel or without one; a server is sent the path, and hears that nothing more comes."""

    async def scene(rig: Rig) -> None:
        at = f"{host}:{rig.nearby}"
        assert (await rig.ask(f"CONNECT {at} HTTP/1.1\r\n\r\nhello")).endswith(b"nearby")
        assert {"nearby": b"hello"} == rig.heard
        head = f"POST http://{at}/run/v1?a=b HTTP/1.1\r\nHost: {at}\r\nProxy-Connection: keep-alive\r\n\r\n"
        assert b"nearby" == await rig.ask(head + "body")
        passed = f"POST /run/v1?a=b HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\nbody"
        assert passed.encode() == rig.heard["nearby"]

    run(scene)


def test_what_is_asked_for_without_a_tunnel_elsewhere_is_refused_by_its_name() -> None:
    """At once, and in words."""

    async def scene(rig: Rig) -> None:
        answer = await rig.ask("GET http://metadata.google.internal/x HTTP/1.1\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 405 ")
        assert b"The local cloud has no http://metadata.google.internal/x" in answer
        assert {} == rig.heard

    run(scene)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "GET",
        "\r\n\r\n",
        "CONNECT\r\n\r\n",
        "CONNECT 127.0.0.1:99999999 HTTP/1.1\r\n\r\n",
        "GET http://[ HTTP/1.1\r\n\r\n",
        "x" * 200_000,
    ],
    ids=str.__len__,
)
def test_what_cannot_be_read_ends_its_connection_alone(words: str) -> None:
    """The next one is served."""

    async def scene(rig: Rig) -> None:
        with suppress(ConnectionError):
            await rig.ask(words)
        assert (await rig.ask("CONNECT x:1 HTTP/1.1\r\n\r\n")).endswith(b"elsewhere")

    run(scene)


def test_a_proxy_that_stops_ends_what_is_under_way() -> None:
    """Whoever still waits is hung up on, at either end."""

    async def scene() -> None:
        over = asyncio.Event()

        async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with closing(writer):
                await reader.read()
            over.set()

        server = await asyncio.start_server(wait, "127.0.0.1", 0)
        proxy = ForwardProxy(f"127.0.0.1:{port(server)}")
        reader, writer = await asyncio.open_connection(*(await proxy.open()).split(":"))
        with closing(writer), closing(server):
            writer.write(b"CONNECT x:1 HTTP/1.1\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
            await proxy.stop()
            assert b"" == await asyncio.wait_for(reader.read(), 5)
            await asyncio.wait_for(over.wait(), 5)

    asyncio.run(scene())
