"""Names of Google's as an instance resolves them: some domains are on this machine.

An instance is an ordinary process, whose name service knows nothing of a local cloud. So the platform's side of the
process answers for the domains that it is told of, with an address and a port of loopback; everything that opens
connections in Python asks `socket.getaddrinfo` and connects where that says. Other names are resolved as ever.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

# Domain → `host:port`: where it and every name under it are.
Domains = Mapping[str, str]

_GETADDRINFO = socket.getaddrinfo


def install(domains: Domains) -> None:
    """Lead these domains to their addresses in this process, whatever port is asked for."""
    socket.getaddrinfo = partial(_resolved, domains)


@contextlib.contextmanager
def installed(domains: Domains) -> Iterator[None]:
    """Lead these domains to their addresses for a while."""
    before = socket.getaddrinfo
    install(domains)
    try:
        yield
    finally:
        socket.getaddrinfo = before


def _resolved(domains: Domains, host: Any, port: Any, *how: Any, **options: Any) -> Any:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    for domain, address in domains.items():
        if f".{name.lower().rstrip('.')}".endswith(f".{domain}"):
            there, _, number = address.rpartition(":")
            return _GETADDRINFO(there, int(number), *how, **options)
    return _GETADDRINFO(host, port, *how, **options)
