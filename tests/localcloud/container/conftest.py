"""Fixtures of the container API's tests."""

from __future__ import annotations

import pytest

from tests.localcloud.container.wire import Cloud


@pytest.fixture
def cloud() -> Cloud:
    """A world with the project `shop`, its default network, and every API that a fleet needs."""
    return Cloud()
