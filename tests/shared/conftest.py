"""What the tests of shared/ ask Google by."""

from __future__ import annotations

from tests.support.messages import _server, anchored, claim, event, google, message, session, settle, store

__all__ = ["_server", "anchored", "claim", "event", "google", "message", "session", "settle", "store"]
