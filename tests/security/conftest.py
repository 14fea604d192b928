"""Hostile servers, and an authority for each side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.wire.tls import Authority
from shared.google import cluster_reader, cluster_writer
from tests.security.hostile import HostileServer
from tests.support.messages import _server, anchored, event, google, message, session, store

__all__ = ["_server", "anchored", "event", "google", "message", "session", "store"]

OWN = Authority("the cluster's")
OTHER = Authority("somebody's")


@pytest.fixture
def server() -> Iterator[HostileServer]:
    """A cluster under its own authority."""
    made = HostileServer(OWN)
    yield made
    made.close()


@pytest.fixture
def elsewhere() -> Iterator[HostileServer]:
    """Another server, where a redirect leads; it is even trusted."""
    made = HostileServer(OWN)
    yield made
    made.close()


@pytest.fixture
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Public authorities: `OWN` alone."""
    (tmp_path / "roots.pem").write_text(OWN.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "roots.pem"))
    _forget()
    yield
    _forget()


def _forget() -> None:
    """A warm function keeps its connections, and what they were trusted by."""
    cluster_reader._pool.cache_clear()
    cluster_writer._CLIENTS.clear()
