"""How much the workflow holds at once: it does not grow with the environment.

An execution holds 512 KB, and nothing catches it when that is too little. The answers here are as large as the
functions make them; the local cloud counts what they take as Google's pages say (`localcloud/workflows/variables.py`).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.environment.claim_to_deploy import SPEC_LIMIT
from tests.workflows.functions import CLAIMED, EVENT, SOURCE, VARIABLES, Functions, Message, answers
from tests.workflows.sizes import script_of

LIMIT = 200_000  # bytes
MESSAGE: Any = EVENT["data"]["message"]
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


def test_the_largest_request_can_be_claimed_while_it_is_checked(host: Any, execute: Any) -> None:
    """With the largest spec that a claim answers: the request is in one message, the spec in five."""
    data = base64.b64encode(b'{"action": "deploy"}' + b" " * 67_400).decode()
    assert 89_000 < len(data) <= 90_000
    outputs = {
        **CLAIMED["outputs"],
        "environment": "x" * SPEC_LIMIT,
        "accept": "never",
        "writing": "operation-1",
    }
    script = answers(begin={"outcome": "done", "outputs": outputs})
    host.answer, host.variables = Functions(host, script), VARIABLES
    event = {"data": {"message": {**MESSAGE, "data": data}, "subscription": "s"}}
    ended = execute(SOURCE, event)

    assert (ended.state, json.loads(ended.result)["outcome"]) == ("SUCCEEDED", "done"), ended.error
    assert ended.memory.peak < 450_000  # of 512 KB
