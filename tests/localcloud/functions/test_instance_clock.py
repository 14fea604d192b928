"""An instance's monotonic clock and the time limits of its sockets are in simulated seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.faults.call_faults import Fault, Matcher, Slow
from tests.localcloud.functions.clouds import SOURCE, Shop
from tests.localcloud.functions.conftest import Play

MAKE = Matcher(method="pubsub.projects.topics.create")
# With a time limit, as Google's libraries have one; without, urllib waits for ever.
LIMITED = SOURCE.replace("method=verb))", "method=verb), timeout=5)").replace(
    "import base64, json, os, sys", "import base64, json, os, sys, time"
)
PUT = """
began = time.monotonic()
try:
    topics("PUT", "/%s")
    how = "answered"
except OSError as error:
    how = type(error).__name__
print(json.dumps({"how": how, "seconds": time.monotonic() - began}))
"""


@pytest.mark.parametrize("late", [False, True], ids=["at once", "late"])
def test_a_call_is_given_up_when_its_time_limit_ends(play: Play, tmp_path: Path, late: bool) -> None:
    """At that moment, not when the answer comes; and what was sent takes effect all the same."""
    name = f"limited-{'late' if late else 'soon'}"

    async def scene(shop: Shop) -> None:
        shop.deploy(name, tmp_path, LIMITED)
        topics, topic = shop.cloud.world.store["pubsub.topics"], shop.topic(f"by-{name}")
        shop.cloud.faults.plan(Fault(MAKE, Slow(14.0, late)))
        said = await shop.said(name, PUT % f"by-{name}")

        assert ("TimeoutError", pytest.approx(5.0)) == (said["how"], said["seconds"])
        assert late is not (topic in topics)
        await shop.passed(10.0)
        assert topic in topics

    play(scene)


def test_a_server_that_is_told_a_time_limit_works_no_longer(play: Play, tmp_path: Path) -> None:
    """What is late takes effect within it, and not when the answer would have come."""

    async def scene(shop: Shop) -> None:
        source = LIMITED.replace('{"Authorization"', '{"X-Server-Timeout": "6", "Authorization"')
        shop.deploy("told", tmp_path, source)
        topics, topic = shop.cloud.world.store["pubsub.topics"], shop.topic("by-told")
        shop.cloud.faults.plan(Fault(MAKE, Slow(400.0, late=True)))
        said = await shop.said("told", PUT % "by-told")

        assert ("TimeoutError", False) == (said["how"], topic in topics)
        await shop.passed(1.1)
        assert topic in topics

    play(scene)


def test_an_answer_within_the_time_limit_is_read(play: Play, tmp_path: Path) -> None:
    """After as many seconds of the instance's clock as of the cloud's."""

    async def scene(shop: Shop) -> None:
        shop.deploy("patient", tmp_path, LIMITED)
        shop.cloud.faults.plan(Fault(MAKE, Slow(4.0)))
        said = await shop.said("patient", PUT % "by-patient")

        assert "answered" == said["how"]
        assert 4.0 < said["seconds"] < 5.0

    play(scene)


def test_no_time_passes_while_an_instance_computes(play: Play, tmp_path: Path) -> None:
    """However long the machine takes for it."""

    async def scene(shop: Shop) -> None:
        shop.deploy("busy", tmp_path, LIMITED)
        code = "began = time.monotonic(); sum(range(1_000_000)); print(json.dumps({'s': time.monotonic() - began}))"
        assert {"s": 0.0} == await shop.said("busy", code)

    play(scene)
