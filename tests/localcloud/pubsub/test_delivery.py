"""Triggers get each message at least once and in no order; how unkind that is can be set."""

from __future__ import annotations

from functools import partial

import pytest

from localcloud.pubsub.broker import BROKER, Delivery
from localcloud.time.clock import EPOCH
from localcloud.world import World
from tests.localcloud.pubsub.conftest import delivering

TOPIC = "projects/shop/topics/news"


def delivered(world: World, count: int = 12) -> list[tuple[int, float]]:
    """Which of `count` messages, published at once, came to a trigger when."""
    broker, came = world[BROKER], list[tuple[str, float]]()
    assert broker is not None
    broker.listen(TOPIC, lambda message: came.append((message["messageId"], world.clock.now - EPOCH)))
    ids = [broker.publish(TOPIC, {"data": "aGk="}) for _ in range(count)]
    while world.clock.step():
        pass
    return [(ids.index(number), when) for number, when in came]


def test_kind_delivery_is_one_copy_after_a_moment() -> None:
    """A tenth of a second, give or take."""
    came = delivered(delivering())

    assert list(range(12)) == sorted(number for number, _ in came)
    assert all(0.06 <= when <= 0.14 for _, when in came)


def test_every_copy_is_delivered() -> None:
    """The later ones within the time that was set."""
    came = delivered(delivering(Delivery(copies=2, late=20.0)))

    assert sorted([*range(12), *range(12)]) == sorted(number for number, _ in came)
    assert 1 < max(when for _, when in came) <= 20.14


def test_shuffled_messages_overtake_each_other() -> None:
    """None is held back for longer than was set."""
    came = delivered(delivering(Delivery(shuffle=3.0)))

    order = [number for number, _ in came]
    assert list(range(12)) == sorted(order) != order
    assert max(when for _, when in came) <= 3.14


@pytest.mark.parametrize("delivery", [Delivery(), Delivery(copies=2, shuffle=3.0)])
def test_a_seed_gives_one_delivery(delivery: Delivery) -> None:
    """The same every time, another than another seed's."""
    assert delivered(delivering(delivery, seed=1)) == delivered(delivering(delivery, seed=1))
    assert delivered(delivering(delivery, seed=1)) != delivered(delivering(delivery, seed=2))


def _note(came: list[str], name: str, message: object) -> None:
    came.append(name)


def test_a_topic_has_any_number_of_triggers_and_other_topics_none_of_them() -> None:
    """Each gets a copy of its own."""
    world, came = delivering(), list[str]()
    broker = world[BROKER]
    assert broker is not None
    for name in ("one", "two"):
        broker.listen(TOPIC, partial(_note, came, name))
    broker.publish(TOPIC, {"data": "aGk="})
    broker.publish("projects/shop/topics/other", {"data": "aGk="})
    while world.clock.step():
        pass

    assert ["one", "two"] == sorted(came)
