"""A session with a small Google that has a log."""

from __future__ import annotations

import pytest

from shared.google.session import Session
from tests.support.google_server import GoogleServer
from tests.support.logged import FakeLog


@pytest.fixture
def session(google: GoogleServer, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Who asks it."""
    monkeypatch.setenv("GCE_METADATA_HOST", google.host)
    return Session(google.settings())


@pytest.fixture
def log(google: GoogleServer) -> FakeLog:
    """An empty log."""
    return FakeLog().at(google)
