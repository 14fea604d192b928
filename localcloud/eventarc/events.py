"""A message of a topic as the CloudEvent that Eventarc makes of it [documented: google-cloudevents' pubsub v1]."""

from __future__ import annotations

from localcloud.eventarc.service import TRIGGERS
from localcloud.wire.messages import Json
from localcloud.world import World

PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished"


def topic_of(world: World, subscription: str) -> str | None:
    """The topic of the trigger that has this subscription; None if it is no trigger's."""
    transports = (trigger["transport"]["pubsub"] for trigger in world.store[TRIGGERS].list())
    return next((each["topic"] for each in transports if each["subscription"] == subscription), None)


def cloud_event(topic: str, subscription: str, message: Json) -> Json:
    """The event, in structured mode."""
    return {
        "id": message["messageId"],
        "source": f"//pubsub.googleapis.com/{topic}",
        "specversion": "1.0",
        "type": PUBLISHED,
        "datacontenttype": "application/json",
        "time": message["publishTime"],
        "data": {"subscription": subscription, "message": message},
    }
