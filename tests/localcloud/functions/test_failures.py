"""However an instance fails, its invocation has failed and everything else goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.localcloud.functions.clouds import Shop
from tests.localcloud.functions.conftest import Play

FOREVER = "while True: topics()"


@pytest.mark.parametrize(
    ("name", "code", "outcome", "left"),
    [
        ("exit", "topics(); print('almost'); os._exit(3)", "crashed: ", []),
        ("raise", "topics(); print('almost'); raise ValueError('bad luck')", "500: ", ["raise-000"]),
        ("late", f"print('almost'); {FOREVER}", "timed out after 5 s", []),
    ],
)
def test_a_failed_invocation_says_how_and_the_next_event_is_served(
    play: Play, tmp_path: Path, name: str, code: str, outcome: str, left: list[str]
) -> None:
    """A crash and a timeout end the instance, an exception does not; what it printed is kept."""

    async def scene(shop: Shop) -> None:
        shop.deploy(name, tmp_path, timeout=5.0)
        failed = await shop.call(name, code.replace("; while", "\nwhile"))
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
        failed = await shop.call("due", FOREVER)
        assert 5.0 == pytest.approx(shop.cloud.world.clock.now - failed.when, abs=0.001)

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
        made = len(log.calls)
        await shop.cloud.run_until(lambda: len(log.calls) > made and not shop.cloud.schedule._computing)
        victim = functions.instance("dead-000")
        assert victim is not None and victim.process.pid

        functions.kill(victim)
        functions.kill(victim)

        assert "killed" == shop.invocations(event)[0].outcome
        port = await victim.process.port
        await shop.passed(100)
        assert made + 1 == len(log.calls)
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
