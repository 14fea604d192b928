"""A cloud that a storm passes over: what was published when, what is still to come, and how it all ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fleetgate.local.run import LocalRun, NeverEnded
from localcloud.faults.outages import OUTAGES
from localcloud.time.clock import Timer
from localcloud.workflows.executions import Execution
from tests.acceptance.chaos import requests

LIMIT = 8 * 3600.0  # simulated seconds that all may take after the last thing of the storm
DELIVERED = 60.0  # seconds after which every copy of a message has come
Json = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """What was published: `id` is Pub/Sub's, and in the generation of the request's claim."""

    name: str
    when: float
    id: str


@dataclass
class Storm:
    """Moments are seconds from its beginning.

    `deletions` are those by hand. `heard` is told of every message on the requests' topic once, a sweep's own among
    them, as subscriptions get it.
    """

    local: LocalRun
    messages: list[Message] = field(default_factory=list)
    deletions: list[tuple[float, str]] = field(default_factory=list)
    heard: list[Callable[[Json], None]] = field(default_factory=list)
    _timers: list[Timer] = field(default_factory=list)
    _over: float = 0.0
    _seen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.began = self.local.cloud.world.clock.now
        self.local.cloud.broker.listen(self.local.installation.topic("requests"), self._hear)

    def _hear(self, message: Json) -> None:
        if message["messageId"] not in self._seen:
            self._seen.append(message["messageId"])
            for each in self.heard:
                each(message)

    @property
    def now(self) -> float:
        """The present moment."""
        return self.local.cloud.world.clock.now - self.began

    def after(self, seconds: float, then: Callable[[], Any]) -> None:
        """Call `then` so much later; the storm is not over before."""
        clock = self.local.cloud.world.clock
        self._timers.append(clock.after(seconds, then))
        over = clock.after(seconds + DELIVERED, lambda: None)  # time passes even if nothing is started
        self._over = max(self._over, over.when)

    def publish(self, name: str) -> str:
        """Publish one of the requests; its message's id."""
        return self.send(name, requests.body(name))

    def send(self, name: str, data: bytes) -> str:
        """Publish a message, which the story calls `name`; its id."""
        self.messages.append(Message(name, self.now, self.local.installation.publish(data)))
        return self.messages[-1].id

    def note(self, name: str, when: float) -> None:
        """Note the message that came last: somebody else has published it then."""
        self.messages.append(Message(name, when, self._seen[-1]))

    def deleted_since(self, message: Message) -> bool:
        """Whether somebody has deleted something since a message was published."""
        return any(when >= message.when for when, _ in self.deletions)

    def newest(self) -> Message:
        """Of the requests so far that claim the environment, the last."""
        return next(each for each in reversed(self.messages) if each.name in requests.CLAIMS)

    def executions(self, message: str = "") -> list[Execution]:
        """Those of a message, or all, the oldest first."""
        every, workflow = self.local.cloud.executions, self.local.installation.workflow
        return every.of_event(workflow, message) if message else list(reversed(every.of(workflow)))

    def results(self, message: str) -> list[Json]:
        """What the executions of a message came to; one of two that are started for it makes way for the other."""
        return [json.loads(each.run.result or "{}") for each in self.executions(message)]

    def is_done(self, message: str) -> bool:
        """Whether one of them has done what was asked."""
        return any(each.get("outcome") == "done" for each in self.results(message))

    async def passes(self) -> None:
        """Until nothing more is to come and all executions have ended.

        A trigger may meet a fault at every copy of a message, and then starts nothing, now or later.

        Raises:
            NeverEnded: one of them does not.
        """
        cloud = self.local.cloud

        def done() -> bool:
            now = cloud.world.clock.now
            if now > self._over + LIMIT:
                raise NeverEnded(f"it lasts longer than {LIMIT:.0f} s")
            return now >= self._over and cloud.schedule.idle and all(each.ended for each in self.executions())

        await cloud.run_until(done)

    def calm(self) -> None:
        """Let nothing more go wrong."""
        self.local.cloud.faults.cease()
        self.local.cloud.world[OUTAGES].end()
        for timer in self._timers:
            timer.cancel()
        self.heard.clear()
