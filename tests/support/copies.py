"""Copies of old messages: requests as they were published, some time ago, and messages to steps that come again."""

from __future__ import annotations

import base64
import json
from typing import Any

from fleetgate.local.run import LocalRun
from localcloud.time.clock import rfc3339
from localcloud.wire.messages import Json

HOUR = 3600.0


class Wiretap:
    """Every message of one of Fleetgate's topics, from now on, in the order of their publication."""

    def __init__(self, local: LocalRun, topic: str) -> None:
        self._broker, self._topic = local.cloud.broker, local.installation.topic(topic)
        self.messages: list[Json] = []
        self._broker.listen(self._topic, self.messages.append)

    def deliver_again(self, nth: int = 0) -> None:
        """Let one of them come once more."""
        self._broker.deliver_again(self._topic, self.messages[nth])

    def contents(self) -> list[Any]:
        """What is in them."""
        return [json.loads(base64.b64decode(each["data"])) for each in self.messages]


def deliver_late(local: LocalRun, request: Json, age: float) -> str:
    """Let a request come now that was published `age` seconds ago. Returns its message id."""
    message = {
        "data": base64.b64encode(json.dumps(request).encode()).decode(),
        "attributes": {},
        "messageId": local.cloud.world.ids.number(),
        "publishTime": rfc3339(local.cloud.world.clock.now - age, 3),
    }
    local.cloud.broker.deliver_again(local.installation.topic("requests"), message)
    return str(message["messageId"])


async def ended(local: LocalRun, message: str) -> Json:
    """The result of the execution that a message starts."""
    executions, workflow = local.cloud.executions, local.installation.workflow

    def over() -> bool:
        started = executions.of_event(workflow, message)
        return bool(started) and all(each.ended for each in started) and local.cloud.schedule.idle

    await local.cloud.run_until(over)
    result: Json = json.loads(executions.of_event(workflow, message)[-1].run.result or "{}")
    return result
