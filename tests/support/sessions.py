"""A session for tests whose answers come from elsewhere."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from shared.google.session import Session
from shared.settings import Settings


def silent_session(now: float | None = None) -> Session:
    """One that reaches nobody; the last answer was dated `now`, unix seconds."""
    session = Session(cast(Settings, SimpleNamespace(endpoints={})))
    session.begin(now)
    return session
