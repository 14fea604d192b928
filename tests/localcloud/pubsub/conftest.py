"""A world with one project and a caller of its Pub/Sub service: no sockets, time by hand."""

from __future__ import annotations

import base64

import pytest

from localcloud.pubsub import service
from localcloud.pubsub.broker import DELIVERY, Delivery
from localcloud.world import World
from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import Services, a_world


class PubSub(Services):
    """Calls the service in a world, on paths below `projects/shop/`."""

    def __init__(self, world: World) -> None:
        super().__init__(world, f"pubsub/v1/projects/{PROJECT}/", [service])

    def publish(self, *texts: str, topic: str = "news") -> list[str]:
        """Publish these texts; the messages' ids."""
        messages = [{"data": base64.b64encode(text.encode()).decode()} for text in texts]
        ids: list[str] = self.ok("POST", f"topics/{topic}:publish", {"messages": messages})["messageIds"]
        return ids

    def pull(self, most: int = 10, subscription: str = "reader") -> dict[str, str]:
        """Texts that wait, by ack id."""
        answer = self.ok("POST", f"subscriptions/{subscription}:pull", {"maxMessages": most})
        return {
            each["ackId"]: base64.b64decode(each["message"]["data"]).decode()
            for each in answer.get("receivedMessages", [])
        }

    def acknowledge(self, *acks: str) -> None:
        """Be done with them."""
        assert {} == self.ok("POST", "subscriptions/reader:acknowledge", {"ackIds": list(acks)})


def delivering(delivery: Delivery | None = None, seed: int = 7) -> World:
    """A world whose broker delivers so."""
    world = a_world("pubsub", seed=seed)
    world[DELIVERY] = delivery or Delivery()
    return world


@pytest.fixture
def pubsub() -> PubSub:
    """A topic `news` with a subscription `reader`."""
    made = PubSub(delivering())
    made.ok("PUT", "topics/news", {})
    made.ok("PUT", "subscriptions/reader", {"topic": f"projects/{PROJECT}/topics/news"})
    return made
