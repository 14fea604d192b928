"""In jump mode the seed decides whose call is answered next, and nothing moves while anyone computes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from localcloud.time import jump_schedule as schedules
from localcloud.time.clock import EPOCH
from localcloud.time.jump_schedule import JumpSchedule, Stalled
from localcloud.wire.messages import Abort, Response
from localcloud.world import World

ACTORS = ("a-000", "b-000", "c-000", "d-000")


async def interleaving(
    seed: int, order: tuple[str, ...] = ACTORS, rounds: int = 3
) -> list[tuple[str, float]]:
    """Who was answered when, if each actor makes `rounds` calls; they arrive for the first time in `order`."""
    world = World.create(seed)
    schedule, answered = JumpSchedule(world.clock, world.timing), list[tuple[str, float]]()

    async def act(actor: str) -> None:
        for _ in range(rounds):
            await schedule.admit(actor, "wire.call", lambda: _noted(answered, actor, world.clock.now - EPOCH))
        schedule.ended(actor)

    for actor in order:
        schedule.computes(actor)
    async with asyncio.TaskGroup() as group:
        for actor in order:
            group.create_task(act(actor))
        await schedule.run_until(lambda: len(answered) == rounds * len(order) and schedule.idle)
    return answered


def _noted(answered: list[tuple[str, float]], actor: str, now: float) -> Response:
    answered.append((actor, now))
    return Response()


def test_the_same_seed_gives_the_same_order_whoever_arrives_first() -> None:
    """Arrival is chance, and chance is taken out."""
    one = asyncio.run(interleaving(7))
    other = asyncio.run(interleaving(7, tuple(reversed(ACTORS))))

    assert one == other


def test_different_seeds_interleave_differently() -> None:
    """A race that exists is found by some seed."""
    orders = {tuple(actor for actor, _ in asyncio.run(interleaving(seed))) for seed in range(8)}

    assert len(orders) > 6


def test_a_call_takes_its_time() -> None:
    """Each is drawn around the typical seconds of its kind."""
    ((_, first), (_, second)) = asyncio.run(interleaving(1, ("a-000",), 2))

    assert 0.09 <= first <= 0.21
    assert 0.09 <= second - first <= 0.21


def test_nothing_moves_while_an_actor_computes() -> None:
    """Neither a timer nor another's call."""

    async def scene() -> None:
        world = World.create()
        schedule, happened = JumpSchedule(world.clock, world.timing), list[str]()
        world.clock.after(1, lambda: happened.append("timer"))
        schedule.computes("a-000")
        running = asyncio.create_task(schedule.run_until(lambda: bool(happened)))
        for _ in range(20):
            await asyncio.sleep(0)
        assert [] == happened
        assert not schedule.idle

        schedule.ended("a-000")
        await running
        assert ["timer"] == happened

    asyncio.run(scene())


def test_who_is_no_instance_is_answered_at_once() -> None:
    """A person's call costs no simulated time."""

    async def scene() -> float:
        world = World.create()
        await JumpSchedule(world.clock, world.timing).admit(None, "wire.call", Response)
        return world.clock.now

    assert EPOCH == asyncio.run(scene())


@pytest.mark.parametrize("placed", [False, True])
def test_a_call_of_an_ended_actor_is_dropped_and_never_made(placed: bool) -> None:
    """Whether or not its turn had a time already, its connection hears of it."""

    async def scene(made: list[str]) -> None:
        world = World.create()
        schedule = JumpSchedule(world.clock, world.timing)
        schedule.computes("a-000")

        def answer() -> Response:
            made.append("no")
            return Response()

        call = asyncio.create_task(schedule.admit("a-000", "wire.call", answer))
        await asyncio.sleep(0)
        world.clock.after(0.01 if placed else 0, lambda: schedule.ended("a-000"))
        world.clock.after(5, lambda: made.append("later"))
        if not placed:
            world.clock.step()
        await schedule.run_until(lambda: "later" in made)
        with pytest.raises(Abort):
            await call
        assert schedule.idle

    made: list[str] = []
    asyncio.run(scene(made))
    assert ["later"] == made


def test_a_dropped_connection_is_the_callers_to_bear() -> None:
    """An answer of `Abort` reaches the caller and not the clock's driver."""

    def reset() -> Response:
        raise Abort

    async def scene() -> None:
        schedule = a_schedule()
        call = asyncio.create_task(schedule.admit("a-000", "wire.call", reset))
        await asyncio.sleep(0)
        running = asyncio.create_task(schedule.run_until(call.done))
        with pytest.raises(Abort):
            await call
        schedule.ended("a-000")
        await running

    asyncio.run(scene())


def test_a_caller_that_left_does_not_stop_the_others() -> None:
    """Its call is made, for it had been sent; the answer goes nowhere."""

    async def scene() -> list[tuple[str, float]]:
        world, answered = World.create(), list[tuple[str, float]]()
        schedule = JumpSchedule(world.clock, world.timing)
        call = asyncio.create_task(
            schedule.admit("a-000", "wire.call", lambda: _noted(answered, "a-000", world.clock.now))
        )
        await asyncio.sleep(0)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        await schedule.run_until(lambda: bool(answered))
        return answered

    assert ["a-000"] == [actor for actor, _ in asyncio.run(scene())]


def a_schedule() -> JumpSchedule:
    """One of its own time."""
    world = World.create()
    return JumpSchedule(world.clock, world.timing)


def _stalled(then: Callable[[JumpSchedule], Awaitable[None]]) -> str:
    async def scene() -> None:
        await then(a_schedule())

    with pytest.raises(Stalled) as stalled:
        asyncio.run(scene())
    return str(stalled.value)


def test_waiting_for_what_never_comes_is_an_error() -> None:
    """Nothing due means nothing will change."""
    assert "nothing is due" in _stalled(lambda schedule: schedule.run_until(lambda: False))


def test_an_actor_that_computes_for_ever_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience is in real seconds, and it ends."""
    monkeypatch.setattr(schedules, "PATIENCE", 0.01)

    async def hang(schedule: JumpSchedule) -> None:
        schedule.computes("fleet-000")
        await schedule.run_until(lambda: False)

    assert "['fleet-000']" in _stalled(hang)
