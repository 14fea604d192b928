"""Subscriptions: pull, and their settings (pubsub v1 projects.subscriptions)."""

from __future__ import annotations

import re

from localcloud.pubsub.broker import BROKER, Queue, Target, is_ack_id
from localcloud.pubsub.messages import check_count
from localcloud.pubsub.names import full_name, project_name, require
from localcloud.pubsub.service import service
from localcloud.pubsub.topics import LARGEST_PAGE, check_modelled, check_name
from localcloud.service import Call, page
from localcloud.wire.errors import Refused, invalid, not_implemented
from localcloud.wire.messages import Json
from localcloud.world import World

SHORTEST, LONGEST = 10, 600  # seconds of a deadline [documented]
MOST_PULLED = 2**31 - 1  # Google gives fewer than are asked for [documented]
DEFAULTS: Json = {
    "pushConfig": {},
    "ackDeadlineSeconds": 10,
    "messageRetentionDuration": "604800s",
    "expirationPolicy": {"ttl": "2678400s"},
    "state": "ACTIVE",
}  # [observed]


# Settings of a subscription that may be given; the others change what is delivered, how often, and to whom.
MODELLED = (
    "name", "topic", "ackDeadlineSeconds", "messageRetentionDuration", "expirationPolicy", "labels", "pushConfig",
    "enableMessageOrdering", "state", "detached", "topicMessageRetentionDuration",
)  # fmt: skip


def attach_push(world: World, name: str, topic: str, endpoint: str, account: str, target: Target) -> Json:
    """A trigger's subscription (by full name): messages are pushed to `target`, which is what listens at `endpoint`."""
    world[BROKER].push(name, target)
    token = {"serviceAccountEmail": account, "audience": endpoint}
    push = {"pushEndpoint": endpoint, "oidcToken": token, "attributes": {"x-goog-version": "v1"}}
    made = {"name": name, "topic": topic, "pushConfig": push, "messageRetentionDuration": "86400s"}
    return world.store["pubsub.subscriptions"].put(name, {**DEFAULTS, **made})


def detach(world: World, name: str) -> None:
    """Delete a subscription, with what it holds."""
    world.store["pubsub.subscriptions"].delete(name)
    world[BROKER].forget(name)


@service.on("pubsub.projects.subscriptions.create")
def create(call: Call) -> Json:
    """Create a pull subscription; its topic must exist. Push endpoints are not served: see event triggers.

    A deadline of 0 is the default [documented].

    Raises:
        Refused: UNIMPLEMENTED, a setting that is not modelled: a filter would let everything through, say.
    """
    name = full_name(call, "subscriptions")
    check_name("subscriptions", name)
    check_modelled(call, MODELLED)
    _require_topic(call, call.body.get("topic", ""))
    fields = {key: value for key, value in call.body.items() if value or key != "ackDeadlineSeconds"}
    check_count("ack_deadline_seconds", int(fields.get("ackDeadlineSeconds", SHORTEST)), SHORTEST, LONGEST)
    if call.body.get("pushConfig", {}).get("pushEndpoint"):
        raise not_implemented("pubsub.projects.subscriptions.create with a push endpoint")
    subscriptions = call.world.store["pubsub.subscriptions"]
    if name in subscriptions:
        raise Refused(
            "ALREADY_EXISTS", f"Resource already exists in the project (resource={name.split('/')[-1]})."
        )
    call.world[BROKER].queues[name] = Queue()
    return subscriptions.put(name, {**DEFAULTS, **fields, "name": name})


def _require_topic(call: Call, name: str) -> None:
    """Refuse a topic that is not there, or whose name can be none's [observed: googleapis/google-cloud-java#3333]."""
    if not re.fullmatch(r"projects/[^/]+/topics/[^/]+", name):
        see = "https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names"
        raise invalid(f"Invalid resource name given (name={name}). Refer to {see} for more information.")
    require(call, "pubsub.topics", name)


@service.on("pubsub.projects.subscriptions.get")
def get(call: Call) -> Json:
    """One subscription."""
    return require(call, "pubsub.subscriptions", full_name(call, "subscriptions"))


@service.on("pubsub.projects.subscriptions.list")
def list_subscriptions(call: Call) -> Json:
    """Subscriptions of a project, by name."""
    found = call.world.store["pubsub.subscriptions"].list(f"{project_name(call)}/subscriptions/")
    return page(call, "subscriptions", found, LARGEST_PAGE)


@service.on("pubsub.projects.subscriptions.delete")
def delete(call: Call) -> Json:
    """Delete it, with what it holds."""
    name = full_name(call, "subscriptions")
    require(call, "pubsub.subscriptions", name)
    detach(call.world, name)
    return {}


@service.on("pubsub.projects.subscriptions.pull")
def pull(call: Call) -> Json:
    """Up to maxMessages, a positive number [documented], of what waits; `{}` when nothing does [observed].

    Google may wait for a while before it says so [documented]; here it is said at once.
    """
    name = full_name(call, "subscriptions")
    subscription = require(call, "pubsub.subscriptions", name)
    most = int(call.body.get("maxMessages", 0))
    check_count("max_messages", most, 1, MOST_PULLED)
    pulled = call.world[BROKER].pull(name, most, float(subscription["ackDeadlineSeconds"]))
    received = [{"ackId": ack, "message": message} for ack, message in pulled]
    return {"receivedMessages": received} if received else {}


@service.on("pubsub.projects.subscriptions.acknowledge")
def acknowledge(call: Call) -> Json:
    """Be done with messages; an id that has run out is passed over."""
    name = full_name(call, "subscriptions")
    require(call, "pubsub.subscriptions", name)
    for ack in _ack_ids(call):
        call.world[BROKER].acknowledge(name, ack)
    return {}


@service.on("pubsub.projects.subscriptions.modifyAckDeadline")
def modify_ack_deadline(call: Call) -> Json:
    """Another deadline for messages under way; 0 gives them back at once [documented]."""
    name = full_name(call, "subscriptions")
    require(call, "pubsub.subscriptions", name)
    seconds, broker = int(call.body.get("ackDeadlineSeconds", 0)), call.world[BROKER]
    check_count("ack_deadline_seconds", seconds, 0, LONGEST)
    for ack in _ack_ids(call):
        if seconds:
            broker.extend(name, ack, seconds)
        else:
            broker.release(name, ack)
    return {}


def _ack_ids(call: Call) -> list[str]:
    """The ids of the body.

    Raises:
        Refused: INVALID_ARGUMENT, there are none [documented], or one of them is no id [observed:
            googleapis/nodejs-pubsub#1951]. One that has run out is refused for exactly-once delivery alone.
    """
    acks: list[str] = call.body.get("ackIds", [])
    if not acks:
        raise invalid("No ack ids specified.")
    if not all(is_ack_id(ack) for ack in acks):
        raise invalid(
            "Some acknowledgement ids in the request were invalid. This could be because the acknowledgement ids have "
            "expired or the acknowledgement ids were malformed."
        )
    return acks
