"""Messages on their way: who gets each, when, how often.

Delivery is at least once and in no order [documented]. `Delivery` makes that visible: every message twice,
and shuffled.
"""

from __future__ import annotations

import random
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from localcloud.time.clock import Timer, rfc3339
from localcloud.time.timing import SPREAD
from localcloud.wire.messages import Json
from localcloud.world import Part, World

ACK_DIGITS = 32  # of the hexadecimal id of a message that was pulled
# Gets a message in wire shape: {data, attributes, messageId, publishTime, orderingKey?}.
Target = Callable[[Json], None]


@dataclass(frozen=True)
class Delivery:
    """How unkind delivery is.

    `copies` of each message reach each trigger, `late` seconds at most after the first; `shuffle` is the most
    that any delivery is held back, so that messages overtake each other.
    """

    copies: int = 1
    late: float = 20.0
    shuffle: float = 0.0


@dataclass
class Leased:
    """A message that was pulled and not yet acknowledged."""

    message: Json
    timer: Timer


@dataclass
class Queue:
    """What a pull subscription holds."""

    waiting: deque[Json] = field(default_factory=deque)
    leased: dict[str, Leased] = field(default_factory=dict)


class Broker:
    """Takes published messages to subscriptions."""

    def __init__(self, world: World, delivery: Delivery) -> None:
        self._world = world
        self._delivery = delivery
        self._random = random.Random(f"pubsub/{world.seed}")  # noqa: S311  # not for secrets
        self._listeners: dict[str, list[Target]] = {}
        self._pushed: dict[str, Target] = {}
        self.queues: dict[str, Queue] = {}

    def listen(self, topic: str, target: Target) -> None:
        """Hand every message of `topic` to `target`, without a subscription that anybody could see."""
        self._listeners.setdefault(topic, []).append(target)

    def push(self, subscription: str, target: Target) -> None:
        """Hand what comes for a subscription to `target`, as long as there is the subscription."""
        self._pushed[subscription] = target

    def forget(self, subscription: str) -> None:
        """The subscription is deleted, with what it holds."""
        self._pushed.pop(subscription, None)
        self.queues.pop(subscription, None)

    def publish(self, topic: str, message: Json) -> str:
        """Send one message on its way; its id."""
        number = self._world.ids.number()
        whole = {**message, "messageId": number, "publishTime": rfc3339(self._world.clock.now, 3)}
        for target in self._listeners.get(topic, []):
            self._deliver(target, whole)
        for name, subscription in self._world.store["pubsub.subscriptions"].items():
            if subscription["topic"] != topic:
                continue
            if name in self._pushed:
                self._deliver(self._pushed[name], whole)
            else:
                self.queues.setdefault(name, Queue()).waiting.append(whole)
        return number

    def deliver_again(self, topic: str, message: Json) -> None:
        """Push one more copy of a message, as it was published: there may be one for as long as it is retained.

        A subscription keeps what is not acknowledged for days, and delivers at least once [documented: "Subscription
        overview", message retention].
        """
        for name, target in self._pushed.items():
            if self._world.store["pubsub.subscriptions"].list(name)[0]["topic"] == topic:
                target(message)

    def pull(self, subscription: str, most: int, deadline: float) -> list[tuple[str, Json]]:
        """Up to `most` messages with their ack ids; each comes again if not acknowledged in `deadline` seconds."""
        queue = self.queues.setdefault(subscription, Queue())
        pulled: list[tuple[str, Json]] = []
        while queue.waiting and len(pulled) < most:
            message, ack = queue.waiting.popleft(), self._world.ids.hex(ACK_DIGITS)
            queue.leased[ack] = Leased(message, self._release_later(subscription, ack, deadline))
            pulled.append((ack, message))
        return pulled

    def acknowledge(self, subscription: str, ack: str) -> None:
        """The message is done with; an ack id that has run out is passed over."""
        if leased := self._queue(subscription).leased.pop(ack, None):
            leased.timer.cancel()

    def extend(self, subscription: str, ack: str, deadline: float) -> None:
        """The message comes again `deadline` seconds from now, not when its pull said."""
        leased = self._queue(subscription).leased
        if ack in leased:
            leased[ack].timer.cancel()
            leased[ack] = Leased(leased[ack].message, self._release_later(subscription, ack, deadline))

    def release(self, subscription: str, ack: str) -> None:
        """The message was not acknowledged: it comes again."""
        queue = self._queue(subscription)
        if leased := queue.leased.pop(ack, None):
            leased.timer.cancel()
            queue.waiting.append(leased.message)

    def _queue(self, subscription: str) -> Queue:
        """What it holds; a subscription that was deleted meanwhile holds nothing."""
        return self.queues.get(subscription) or Queue()

    def _release_later(self, subscription: str, ack: str, seconds: float) -> Timer:
        return self._world.clock.after(seconds, lambda: self.release(subscription, ack))

    def _deliver(self, target: Target, message: Json) -> None:
        typical = self._world.timing.typical("pubsub.delivery")
        for copy in range(self._delivery.copies):
            delay = typical * (1 + SPREAD * self._random.uniform(-1, 1))
            delay += self._random.uniform(0, self._delivery.shuffle)
            delay += self._random.uniform(0, self._delivery.late) if copy else 0
            self._world.clock.after(delay, lambda: target(message))


def is_ack_id(text: str) -> bool:
    """Whether this can have come with a message that was pulled."""
    return re.fullmatch(f"[0-9a-f]{{{ACK_DIGITS}}}", text) is not None


DELIVERY: Part[Delivery] = Part("how unkind Pub/Sub's delivery is", lambda _: Delivery())
BROKER: Part[Broker] = Part("Pub/Sub's broker", lambda world: Broker(world, world[DELIVERY]))
