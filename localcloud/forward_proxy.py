"""A proxy that leads nobody out of the machine: what is asked for elsewhere ends at one port of the local cloud.

So a client whose endpoint is not overridden (gcloud has APIs that it cannot be told of) is answered here as well. A
proxy that refused would not do: gcloud repeats its request for 37 seconds [observed: gcloud 528]. Addresses of loopback
are what they are, and gcloud's names of them: it asks `us-central1-127.0.0.1` for what is in a region [observed].
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

HEAD = 65536  # bytes that the head of a request may have
_LOOPBACK = re.compile(r"localhost|127(\.[0-9]+){3}|[a-z0-9-]+-127\.0\.0\.1")
# What ends a connection: it is broken, its words cannot be read, or they name a port or a host that can be none.
UNREADABLE = (OSError, EOFError, asyncio.LimitOverrunError, ValueError, OverflowError)
_OPEN = b"HTTP/1.1 200 Connection established\r\n\r\n"
_REFUSED = (
    "HTTP/1.1 405 Not implemented by the local cloud\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: {length}\r\nConnection: close\r\n\r\n{words}"
)


class ForwardProxy:
    """Listens on loopback. `elsewhere` is the `host:port` that stands for every other host; it speaks TLS.

    So do those of `domains`, each of which stands for a domain and every name under it.
    """

    def __init__(self, elsewhere: str, domains: Mapping[str, str] | None = None) -> None:
        self._elsewhere = elsewhere
        self._domains = domains or {}
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> str:
        """Listen; returns `host:port`."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=HEAD)
        host, port = self._server.sockets[0].getsockname()
        return f"{host}:{port}"

    async def stop(self) -> None:
        """Listen no more, and end every connection."""
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection; a client that leaves, or whose words cannot be read, ends it."""
        with contextlib.closing(writer), contextlib.suppress(*UNREADABLE):
            head = await reader.readuntil(b"\r\n\r\n")
            verb, target, *_ = [*head.split(b"\r\n")[0].decode("latin-1").split(" "), ""]
            if verb == "CONNECT":
                there = await _connect(on_loopback(target) or self._in_domain(target) or self._elsewhere)
                writer.write(_OPEN)
                await _join((reader, writer), there)
            elif address := on_loopback(urlsplit(target).netloc):
                there = await _connect(address)
                there[1].write(_for_server(head, target))
                await _join((reader, writer), there)
            else:
                writer.write(_refusal(target))
                await writer.drain()

    def _in_domain(self, authority: str) -> str:
        name = f".{authority.partition(':')[0].lower()}"
        return next((at for domain, at in self._domains.items() if name.endswith(f".{domain}")), "")


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def on_loopback(authority: str) -> str:
    """`host:port` of what is on this machine; empty of what is not."""
    host, _, port = authority.lower().partition(":")
    return f"127.0.0.1:{port or '80'}" if _LOOPBACK.fullmatch(host) else ""


async def _connect(address: str) -> Streams:
    host, _, port = address.partition(":")
    return await asyncio.open_connection(host, port)


async def _join(here: Streams, there: Streams) -> None:
    """Pass on what either says until both are silent."""
    with contextlib.closing(there[1]):
        await asyncio.gather(_pump(here[0], there[1]), _pump(there[0], here[1]))


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while chunk := await source.read(HEAD):
        sink.write(chunk)
        await sink.drain()
    if sink.can_write_eof():
        sink.write_eof()


def _for_server(head: bytes, target: str) -> bytes:
    """A proxy's request as a server is sent it, the last one on its connection [documented: RFC 9112, 3.2]."""
    url = urlsplit(target)
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    first, *headers = head.rstrip(b"\r\n").split(b"\r\n")
    kept = [each for each in headers if not each.lower().startswith((b"connection:", b"proxy-"))]
    first = first.replace(target.encode("latin-1"), path.encode("latin-1"), 1)
    return b"\r\n".join([first, *kept, b"Connection: close", b"", b""])


def _refusal(target: str) -> bytes:
    words = f"The local cloud has no {target}: nothing that is asked for here leaves this machine.\n"
    return _REFUSED.format(length=len(words.encode()), words=words).encode()
