"""However an instance fails, its invocation has failed and everything else goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.logging.entries import ENTRIES
from tests.localcloud.functions.clouds import Shop
from tests.localcloud.functions.conftest import Play
from tests.support.projects import CLOUD_PROJECT as PROJECT

# It works for so many seconds of its own clock, and leaves a topic in the end.
WORK = """
import time
until = time.monotonic() + {seconds}
while time.monotonic() < until: topics()
topics("PUT", "/{name}")
print("done")
"""


@pytest.mark.parametrize(
    ("name", "code", "outcome", "left"),
    [
        ("exit", "topics(); print('almost'); os._exit(3)", "crashed: ", []),
        ("raise", "topics(); print('almost'); raise ValueError('bad luck')", "500: ", ["raise-000"]),
    ],
)
def test_a_failed_invocation_says_how_and_the_next_event_is_served(
    play: Play, tmp_path: Path, name: str, code: str, outcome: str, left: list[str]
) -> None:
    """A crash ends the instance, an exception does not; what it printed is kept."""

    async def scene(shop: Shop) -> None:
        shop.deploy(name, tmp_path)
        failed = await shop.call(name, code)
        assert failed.outcome.startswith(outcome)
        assert left == shop.instances(name)
        assert {"message": "almost"} in [entry.payload for entry in shop.logged(name)]
        assert "ok" == (await shop.call(name, "topics()")).outcome

    play(scene)


def test_an_exceptions_traceback_is_logged(play: Play, tmp_path: Path) -> None:
    """As functions-framework writes it."""

    async def scene(shop: Shop) -> None:
        shop.deploy("trace", tmp_path)
        await shop.call("trace", "raise ValueError('bad luck')")
        assert "ValueError: bad luck" in [entry.payload["message"] for entry in shop.logged("trace")]

    play(scene)


def test_a_timeout_comes_when_it_is_due(play: Play, tmp_path: Path) -> None:
    """In simulated seconds from when the instance got the event."""

    async def scene(shop: Shop) -> None:
        shop.deploy("due", tmp_path, timeout=5.0)
        event = shop.publish("due", WORK.format(seconds=20, name="by-due"))
        await shop.cloud.run_until(lambda: bool(shop.invocations(event)))
        failed = shop.invocations(event)[0]
        assert "504: timed out after 5 s" == failed.outcome
        assert 5.0 == pytest.approx(shop.cloud.world.clock.now - failed.when, abs=0.001)
        await shop.passed(5.0)
        told = [each.entry for each in shop.cloud.world[ENTRIES].read(PROJECT)]
        (late,) = [
            each
            for each in told
            if each["resource"]["labels"]["service_name"] == "due" and "httpRequest" in each
        ]
        assert "maximum request timeout" in late["textPayload"]

    play(scene)


def test_an_instance_outlives_its_timeout(play: Play, tmp_path: Path) -> None:
    """It goes on with what it has begun; the next event gets another instance until it has finished."""

    async def scene(shop: Shop) -> None:
        shop.deploy("on", tmp_path, timeout=5.0)
        event = shop.publish("on", WORK.format(seconds=20, name="by-on"))
        await shop.cloud.run_until(lambda: bool(shop.invocations(event)))
        assert shop.topic("by-on") not in shop.cloud.world.store["pubsub.topics"]
        other = shop.publish("on", "topics()")
        await shop.passed(30.0)

        assert shop.topic("by-on") in shop.cloud.world.store["pubsub.topics"]
        assert ["504: timed out after 5 s"] == [each.outcome for each in shop.invocations(event)]
        assert "on-001" == shop.invocations(other)[0].instance
        assert {"message": "done"} in [entry.payload for entry in shop.logged("on")]
        assert "on-000" == (await shop.call("on", "topics()")).instance

    play(scene)


@pytest.mark.long
def test_an_instance_that_never_finishes_goes_like_an_idle_one(play: Play, tmp_path: Path) -> None:
    """To Google it is idle since the 504."""

    async def scene(shop: Shop) -> None:
        idle = shop.cloud.world.timing.typical("functions.idle")
        shop.deploy("stuck", tmp_path, timeout=5.0)
        event = shop.publish("stuck", WORK.format(seconds=5000, name="by-stuck"))
        await shop.cloud.run_until(lambda: bool(shop.invocations(event)))
        await shop.passed(idle - 1.0)
        assert ["stuck-000"] == shop.instances("stuck")
        await shop.passed(2.0)
        assert [] == shop.instances("stuck")
        assert shop.topic("by-stuck") not in shop.cloud.world.store["pubsub.topics"]

    play(scene)


@pytest.mark.sigkill
def test_an_instance_can_be_killed_in_the_middle_of_a_call(play: Play, tmp_path: Path) -> None:
    """The call that waits is not made, the process dies, and another event gets a new one."""

    async def scene(shop: Shop) -> None:
        shop.deploy("dead", tmp_path)
        event, functions, log = (
            shop.publish("dead", "topics()\ntopics('PUT', '/never')"),
            shop.cloud.functions,
            shop.cloud.log,
        )

        def made() -> int:
            return sum(each.caller.instance == "dead-000" for each in log.calls)

        await shop.cloud.run_until(lambda: made() > 0 and not shop.cloud.schedule._computing)
        victim = functions.instance("dead-000")
        assert victim is not None and victim.process.pid

        functions.kill(victim)
        functions.kill(victim)

        assert "killed" == shop.invocations(event)[0].outcome
        port = await victim.process.port
        await shop.passed(100)
        assert 1 == made()
        assert (await shop.call("dead", "pass")).outcome == "ok"
        while victim.process.pid:
            await shop.passed(1)
        successor = functions.instance("dead-000")
        assert successor is not None and port != await successor.process.port
        assert 1 == len(shop.invocations(event))

    play(scene)


def test_an_event_for_an_instance_that_died_while_starting_has_failed(play: Play, tmp_path: Path) -> None:
    """And nobody waits for it."""

    async def scene(shop: Shop) -> None:
        shop.deploy("early", tmp_path)
        event, functions = shop.publish("early", "pass"), shop.cloud.functions
        await shop.cloud.run_until(lambda: functions.instance("early-000") is not None)
        starting = functions.instance("early-000")
        assert starting is not None
        functions.kill(starting)
        await shop.cloud.run_until(lambda: bool(shop.invocations(event)))
        assert ["killed"] == [each.outcome for each in shop.invocations(event)]
        assert "ok" == (await shop.call("early", "topics()")).outcome

    play(scene)


def test_a_function_that_cannot_be_imported_is_reported_with_its_log(play: Play, tmp_path: Path) -> None:
    """Every event fails, none hangs."""

    async def scene(shop: Shop) -> None:
        shop.deploy("broken", tmp_path, "import nothing_like_this\n")
        for _ in range(2):
            failed = await shop.call("broken", "pass")
            assert failed.outcome.startswith("crashed: ")
            assert "ModuleNotFoundError: No module named 'nothing_like_this'" in failed.outcome
        last = shop.logged("broken")[-1].payload["message"]
        assert "ModuleNotFoundError: No module named 'nothing_like_this'" == last

    play(scene)
