"""A message of a topic as the CloudEvent that Eventarc makes of it [documented: google-cloudevents' pubsub v1]."""

from __future__ import annotations

import re

from localcloud.wire.messages import Json

PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished"
_SUBSCRIPTION = re.compile(r"projects/([^/]+)/subscriptions/eventarc-(.+)-sub")


def subscription_of(topic: str) -> str:
    """The push subscription that a trigger has on a topic (both by full name)."""
    _, project, _, name = topic.split("/")
    return f"projects/{project}/subscriptions/eventarc-{name}-sub"


def topic_of(subscription: str) -> str | None:
    """The topic that a trigger's subscription is on; None if it is no trigger's."""
    found = _SUBSCRIPTION.fullmatch(subscription)
    return f"projects/{found[1]}/topics/{found[2]}" if found else None


def cloud_event(topic: str, message: Json) -> Json:
    """The event, in structured mode."""
    return {
        "id": message["messageId"],
        "source": f"//pubsub.googleapis.com/{topic}",
        "specversion": "1.0",
        "type": PUBLISHED,
        "datacontenttype": "application/json",
        "time": message["publishTime"],
        "data": {"subscription": subscription_of(topic), "message": message},
    }
