"""What calls a function: messages of a topic, as Eventarc hands them on."""

from __future__ import annotations

from localcloud.functions.runtime import RUNTIME, Event
from localcloud.pubsub.broker import BROKER
from localcloud.wire.messages import Json
from localcloud.world import World


def call_on_messages(world: World, function: str, topic: str) -> None:
    """Call `function` for every message of `topic` (full name) from now on."""
    functions = world[RUNTIME]

    def call(message: Json) -> None:
        event = cloud_event(topic, message)
        functions.invoke(
            function, Event(event["id"], event["source"], event["type"], world.clock.now, event["data"])
        )

    world[BROKER].trigger(topic, call)


def cloud_event(topic: str, message: Json) -> Json:
    """A Pub/Sub message as Eventarc hands it on [documented: google-cloudevents' pubsub v1]."""
    project = topic.split("/")[1]
    return {
        "id": message["messageId"],
        "source": f"//pubsub.googleapis.com/{topic}",
        "specversion": "1.0",
        "type": "google.cloud.pubsub.topic.v1.messagePublished",
        "datacontenttype": "application/json",
        "time": message["publishTime"],
        "data": {
            "subscription": f"projects/{project}/subscriptions/eventarc-{topic.rsplit('/', 1)[-1]}-sub",
            "message": message,
        },
    }
