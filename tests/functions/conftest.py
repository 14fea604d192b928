"""What the tests of the steps ask Google by."""

from __future__ import annotations

from tests.support.messages import (
    _server,
    accept,
    anchored,
    claim,
    event,
    google,
    message,
    session,
    settle,
    store,
)

__all__ = [
    "_server",
    "accept",
    "anchored",
    "claim",
    "event",
    "google",
    "message",
    "session",
    "settle",
    "store",
]
