"""How much the workflow holds at once: it does not grow with the environment.

An execution holds 512 KB, and nothing catches it when that is too little. The answers here are as large as the
functions make them; the local cloud counts what they take as Google's pages say (`localcloud/workflows/variables.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.workflows.functions import EVENT, SOURCE, VARIABLES, Functions, Message
from tests.workflows.sizes import script_of

LIMIT = 200_000  # bytes
SIZES = [(clusters, services) for clusters in (2, 10, 25, 50) for services in (1, 9)]
Peak = Callable[[int, int, str], int]


@pytest.fixture
def peak(host: Any, execute: Any) -> Peak:
    """The most that an execution held of a story that was told to its end."""

    def run(clusters: int, services: int, story: str) -> int:
        host.answer, host.variables = Functions(host, script_of(clusters, services, story)), VARIABLES
        ended = execute(SOURCE, EVENT)
        assert ended.state == "SUCCEEDED", ended.error
        return int(ended.memory.peak)

    return run


@pytest.mark.parametrize(("clusters", "services"), SIZES)
@pytest.mark.parametrize("story", ["deploy", "teardown", "refused"])
def test_no_story_takes_half_of_what_there_is(peak: Peak, story: str, clusters: int, services: int) -> None:
    """Waiting with long messages, hundreds of changes, endings with leaks, five refusals at once."""
    assert peak(clusters, services, story) < LIMIT


@pytest.mark.parametrize("story", ["deploy", "teardown", "refused"])
def test_fifty_clusters_take_little_more_than_two(peak: Peak, story: str) -> None:
    """What is packed grows a little; what is counted does not."""
    assert peak(50, 9, story) - peak(2, 1, story) < LIMIT / 4


def test_a_hundred_attempts_take_no_more_than_one(host: Any, execute: Any) -> None:
    """A wait for a reason that is known is added to it."""

    def held(attempts: int) -> int:
        def script(message: Message) -> Any:
            patient = message["mode"] == "apply" and message["attempt"] < attempts
            told = {"outcome": "waiting", "reason": "R", "message": "m", "retryAfter": 1, "changes": 3}
            return told if patient else script_of(2, 1, "deploy")({**message, "attempt": 99})

        host.answer, host.variables = Functions(host, script), VARIABLES
        return int(execute(SOURCE, EVENT).memory.peak)

    assert held(100) == held(2)
