"""Pub/Sub as a service; its methods register themselves with it."""

from __future__ import annotations

from localcloud.pubsub.authorization import PubSubAuthorization
from localcloud.service import Service
from localcloud.wire.errors import Style

service = Service(
    "pubsub",
    "pubsub.googleapis.com",
    ["v1"],
    Style.NEWER,
    reads=frozenset({"pull", "testIamPermissions"}),
    history=frozenset({"pubsub.topics", "pubsub.subscriptions"}),
    authorization=PubSubAuthorization(__file__),
)
