"""A small Google, for what reads it as the command line does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.google_server import GoogleServer


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
