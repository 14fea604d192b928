"""A world with one project and a caller of its Pub/Sub service: no sockets, time by hand."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

import pytest

from localcloud.pubsub import service
from localcloud.pubsub.broker import DELIVERY, Delivery
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Caller, Json, Request, Response
from localcloud.world import World
from tests.support.services import handled

PROJECT = "shop"


@dataclass
class PubSub:
    """Calls the service in a world."""

    world: World

    def respond(self, method: str, path: str, body: Any = None) -> Response:
        """The raw answer to `method` on `projects/shop/` + `path`."""
        full = f"v1/projects/{PROJECT}/{path}"
        payload = b"" if body is None else json.dumps(body).encode()
        request = Request(method, full, {}, {}, payload, Caller("dev@example.com"))
        try:
            return handled(service, self.world, request, full)
        except Refused as refused:
            return refused.response(service.style)

    def call(self, method: str, path: str, body: Any = None) -> Json:
        """The answer of a call that is expected to succeed."""
        response = self.respond(method, path, body)
        assert response.status < 300, response.body
        value: Json = json.loads(response.body)
        return value

    def refusal(self, method: str, path: str, body: Any = None) -> tuple[int, str, str]:
        """(HTTP status, canonical status, words) of a call that is expected to be refused."""
        response = self.respond(method, path, body)
        assert response.status >= 400, response.body
        error = json.loads(response.body)["error"]
        return error["code"], error["status"], error["message"]

    def publish(self, *texts: str, topic: str = "news") -> list[str]:
        """Publish these texts; the messages' ids."""
        messages = [{"data": base64.b64encode(text.encode()).decode()} for text in texts]
        ids: list[str] = self.call("POST", f"topics/{topic}:publish", {"messages": messages})["messageIds"]
        return ids

    def pull(self, most: int = 10, subscription: str = "reader") -> dict[str, str]:
        """Texts that wait, by ack id."""
        answer = self.call("POST", f"subscriptions/{subscription}:pull", {"maxMessages": most})
        return {
            each["ackId"]: base64.b64decode(each["message"]["data"]).decode()
            for each in answer.get("receivedMessages", [])
        }

    def acknowledge(self, *acks: str) -> None:
        """Be done with them."""
        assert {} == self.call("POST", "subscriptions/reader:acknowledge", {"ackIds": list(acks)})

    def passes(self, seconds: float) -> None:
        """Let time pass."""
        self.world.clock.advance_to(self.world.clock.now + seconds)


def a_world(delivery: Delivery | None = None, seed: int = 7) -> World:
    """A project `shop`, and a broker that delivers so."""
    world = World.create(seed)
    world.projects.create(PROJECT).enabled.add("pubsub.googleapis.com")
    world[DELIVERY] = delivery or Delivery()
    return world


@pytest.fixture
def pubsub() -> PubSub:
    """A topic `news` with a subscription `reader`."""
    made = PubSub(a_world())
    made.call("PUT", "topics/news", {})
    made.call("PUT", "subscriptions/reader", {"topic": f"projects/{PROJECT}/topics/news"})
    return made
