"""Pub/Sub: topics, subscriptions, publishing, pulling, and delivery to what an event triggers."""

from localcloud.pubsub import subscriptions, topics
from localcloud.pubsub.broker import Broker, Delivery
from localcloud.pubsub.service import service

__all__ = ["Broker", "Delivery", "service", "subscriptions", "topics"]
