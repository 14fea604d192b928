"""HTTP on which a request and its whole answer have a time limit.

A timeout of `requests` is for the pause between two bytes. A backend that sends a byte now and then keeps within it for
ever, in its headers as in its body, and the function would be ended without having answered. So every read of the
socket has only the time that is left of the whole.
"""

from __future__ import annotations

import socket
import time
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

CONNECT = 5.0  # seconds to connect
LIMIT = 10.0  # seconds for a request and its whole answer


def plain_session() -> requests.Session:
    """A session for `http` alone that follows no redirect and sends no credentials; a late answer is a Timeout."""
    session = _Session()
    session.mount("http://", _Adapter())
    session.cookies.set_policy(
        DefaultCookiePolicy(allowed_domains=[])
    )  # a cookie may bind a client to a backend
    return session


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None, so that nothing is followed: the library would read the redirect's whole body first."""


class _Socket(socket.socket):
    """A socket from which is read until `until`, by the monotonic clock."""

    until = 0.0

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """Read what there is, within the time that is left.

        Raises:
            TimeoutError: none is left.
        """
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self.settimeout(left)
        return super().recv_into(*args, **kwargs)


class _Connection(HTTPConnection):
    """A connection that may be used again: the time limit begins anew with each request."""

    _until = 0.0

    def connect(self) -> None:
        """Connect, and put the limit on what is read."""
        super().connect()
        self.sock = _Socket(fileno=self.sock.detach())
        self.sock.until = self._until

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        """Begin a request, and its time."""
        self._until = time.monotonic() + LIMIT
        if isinstance(self.sock, _Socket):
            self.sock.until = self._until
        super().putrequest(*args, **kwargs)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool}

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> PoolManager:
        """Make the pools of connections through a proxy."""
        manager: PoolManager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool}
        return manager
