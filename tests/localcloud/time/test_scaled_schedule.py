"""Scaled time: so many times real time, and no faster than real time while a function computes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from localcloud.time.clock import EPOCH
from localcloud.time.scaled_schedule import LONGEST_TURN, ScaledSchedule
from localcloud.wire.messages import Abort, Response
from localcloud.world import World


@dataclass
class Hand:
    """A watch that a test turns."""

    seconds: float = 100.0

    def schedule(self, world: World, speed: float) -> ScaledSchedule:
        """A schedule that goes by it."""
        return ScaledSchedule(world.clock, world.timing, speed, lambda: self.seconds)


@pytest.fixture
def hand() -> Hand:
    """A watch."""
    return Hand()


def noted(world: World, moments: list[float]) -> Callable[[], None]:
    """Something to happen, which writes down when it did."""
    return lambda: moments.append(world.clock.now - EPOCH)


def test_a_real_second_is_so_many_simulated_ones(hand: Hand) -> None:
    """What falls due meanwhile happens at its own moment."""
    world, moments = World.create(), list[float]()
    schedule = hand.schedule(world, 60)
    for when in (10, 59, 61):
        world.clock.at(EPOCH + when, noted(world, moments))

    hand.seconds += 1
    schedule.catch_up()

    assert ([10.0, 59.0], EPOCH + 60) == (moments, world.clock.now)


async def sleeping(hand: Hand) -> tuple[World, ScaledSchedule, asyncio.Task[None]]:
    """An instance that sleeps for 50 seconds, at a hundred times the speed."""
    world = World.create()
    schedule = hand.schedule(world, 100)
    schedule.computes("a-000")
    asleep = asyncio.create_task(schedule.pause("a-000", 50.0))
    await asyncio.sleep(0)
    return world, schedule, asleep


def test_time_runs_at_its_speed_while_an_instance_sleeps(hand: Hand) -> None:
    """It computes nothing; when it wakes, a second is a second again."""

    async def scene() -> None:
        world, schedule, asleep = await sleeping(hand)
        assert schedule.idle
        hand.seconds += 0.5
        schedule.catch_up()
        await asleep

        assert (False, EPOCH + 50) == (schedule.idle, world.clock.now)

    asyncio.run(scene())


def test_who_ends_in_its_sleep_does_not_wake(hand: Hand) -> None:
    """Its pause is dropped, and it computes no more."""

    async def scene() -> None:
        _, schedule, asleep = await sleeping(hand)
        schedule.ended("a-000")
        hand.seconds += 0.5
        schedule.catch_up()

        with pytest.raises(Abort):
            await asleep
        assert schedule.idle

    asyncio.run(scene())


def test_a_second_is_a_second_while_an_instance_computes(hand: Hand) -> None:
    """From the moment that it begins to the one that it ends; its deadline is as far away as on Google Cloud."""
    world = World.create()
    schedule = hand.schedule(world, 1000)
    hand.seconds += 1
    schedule.computes("a-000")
    hand.seconds += 2
    schedule.ended("a-000")
    hand.seconds += 3
    schedule.catch_up()

    assert 1000 + 2 + 3000 == world.clock.now - EPOCH


def test_slow_time_stays_slow(hand: Hand) -> None:
    """A cloud slower than real time is not made faster by a function."""
    world = World.create()
    schedule = hand.schedule(world, 0.5)
    schedule.computes("a-000")
    hand.seconds += 2
    schedule.catch_up()

    assert 1 == world.clock.now - EPOCH


def test_what_is_due_after_an_instance_was_set_to_work_waits(hand: Hand) -> None:
    """Else its deadline would come in the same moment, because one look found them both due."""
    world, moments = World.create(), list[float]()
    schedule = hand.schedule(world, 1000)
    world.clock.at(EPOCH + 1, lambda: schedule.computes("a-000"))
    world.clock.at(EPOCH + 61, noted(world, moments))

    hand.seconds += 1
    schedule.catch_up()
    assert ([], 1, False) == (moments, world.clock.now - EPOCH, schedule.idle)

    hand.seconds += 59
    schedule.catch_up()
    assert ([], 60) == (moments, world.clock.now - EPOCH)

    hand.seconds += 1
    schedule.catch_up()
    assert [61] == moments


def test_callers_are_answered_when_they_come_and_at_the_time_that_it_is(hand: Hand) -> None:
    """A person's call and an instance's alike."""
    world = World.create()
    schedule = hand.schedule(world, 10)

    def answer() -> Response:
        return Response.of_json(world.clock.now - EPOCH)

    async def ask() -> list[bytes]:
        hand.seconds += 1
        first = await schedule.admit(None, "wire.call", answer)
        schedule.computes("a-000")
        hand.seconds += 1
        return [first.body, (await schedule.admit("a-000", "wire.call", answer)).body]

    assert [b"10.0", b"11.0"] == asyncio.run(ask())


def test_an_instance_that_has_ended_changes_nothing_more() -> None:
    """What it had sent before it was killed is not done."""
    world = World.create()
    schedule, made = ScaledSchedule(world.clock, world.timing, 10), list[int]()
    schedule.computes("a-000")
    schedule.ended("a-000")

    def answer() -> Response:
        made.append(1)
        return Response()

    with pytest.raises(Abort):
        asyncio.run(schedule.admit("a-000", "wire.call", answer))
    assert [] == made


def test_time_is_driven_without_anybody_asking() -> None:
    """On the machine's own clock."""
    world, moments = World.create(), list[float]()
    began = time.monotonic()  # before the schedule begins to count
    schedule = ScaledSchedule(world.clock, world.timing, 1000)
    world.clock.at(EPOCH + 40, noted(world, moments))

    asyncio.run(driven_until(schedule, lambda: bool(moments)))

    assert [40] == moments
    assert time.monotonic() - began >= 0.04


def test_a_fault_in_what_falls_due_is_told_and_time_goes_on(
    hand: Hand, caplog: pytest.LogCaptureFixture
) -> None:
    """With its traceback; whatever else is due at that moment happens all the same."""
    world, moments = World.create(), list[float]()
    schedule = hand.schedule(world, 10)

    def fault() -> None:
        raise ZeroDivisionError("of a test")

    world.clock.at(EPOCH + 5, fault)
    world.clock.at(EPOCH + 5, noted(world, moments))
    world.clock.at(EPOCH + 6, noted(world, moments))
    hand.seconds += 1
    schedule.catch_up()

    assert ([5, 6], EPOCH + 10) == (moments, world.clock.now)
    (told,) = caplog.records
    assert told.exc_info is not None and told.exc_info[0] is ZeroDivisionError


def test_what_takes_too_long_leaves_calls_their_turn_and_time_goes_slower(hand: Hand) -> None:
    """What is due when the turn is over waits for the next; the time that the turns took is not made up for."""
    world, moments = World.create(), list[float]()
    schedule = hand.schedule(world, 10)

    def work() -> None:
        hand.seconds += LONGEST_TURN * 0.6
        moments.append(world.clock.now - EPOCH)

    for _ in range(7):
        world.clock.at(EPOCH + 5, work)
    hand.seconds += 1
    for done in (2, 4, 6, 7):
        schedule.catch_up()
        assert ([5] * done, EPOCH + 5) == (moments, world.clock.now)

    hand.seconds += 0.5
    schedule.catch_up()
    assert EPOCH + 10 <= world.clock.now < EPOCH + 11


async def driven_until(schedule: ScaledSchedule, done: Callable[[], bool]) -> None:
    """Let a schedule drive itself until `done()`."""
    driver = asyncio.create_task(schedule.drive())
    async with asyncio.timeout(30):
        while not done():
            await asyncio.sleep(0.001)
    driver.cancel()
