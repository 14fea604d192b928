"""A session with a small Google that has a log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.google.session import Session
from tests.support.google_server import GoogleServer
from tests.support.logged import FakeLog


@pytest.fixture(scope="module")
def server() -> Iterator[GoogleServer]:
    """One server for the tests of a module."""
    google = GoogleServer()
    yield google
    google.close()


@pytest.fixture
def google(server: GoogleServer) -> GoogleServer:
    """The server, with nothing in it."""
    server.reset()
    return server


@pytest.fixture
def session(google: GoogleServer, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Who asks it."""
    monkeypatch.setenv("GCE_METADATA_HOST", google.host)
    return Session(google.settings())


@pytest.fixture
def log(google: GoogleServer) -> FakeLog:
    """An empty log."""
    return FakeLog().at(google)
