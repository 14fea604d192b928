"""Subscriptions: pull, and their settings (pubsub v1 projects.subscriptions)."""

from __future__ import annotations

from localcloud.pubsub.broker import BROKER, Queue, Target
from localcloud.pubsub.names import full_name, project_name, require
from localcloud.pubsub.service import service
from localcloud.pubsub.topics import check_name
from localcloud.service import Call
from localcloud.wire.errors import Refused, invalid, not_implemented
from localcloud.wire.messages import Json
from localcloud.world import World

DEFAULTS: Json = {
    "pushConfig": {},
    "ackDeadlineSeconds": 10,
    "messageRetentionDuration": "604800s",
    "expirationPolicy": {"ttl": "2678400s"},
    "state": "ACTIVE",
}  # [observed]


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
    """Create a pull subscription; its topic must exist. Push endpoints are not served: see event triggers."""
    name = full_name(call, "subscriptions")
    check_name("subscriptions", name)
    require(call, "pubsub.topics", call.body.get("topic", ""))
    if call.body.get("pushConfig", {}).get("pushEndpoint"):
        raise not_implemented("pubsub.projects.subscriptions.create with a push endpoint")
    subscriptions = call.world.store["pubsub.subscriptions"]
    if name in subscriptions:
        raise Refused(
            "ALREADY_EXISTS", f"Resource already exists in the project (resource={name.split('/')[-1]})."
        )
    call.world[BROKER].queues[name] = Queue()
    return subscriptions.put(name, {**DEFAULTS, **call.body, "name": name})


@service.on("pubsub.projects.subscriptions.get")
def get(call: Call) -> Json:
    """One subscription."""
    return require(call, "pubsub.subscriptions", full_name(call, "subscriptions"))


@service.on("pubsub.projects.subscriptions.list")
def list_subscriptions(call: Call) -> Json:
    """Subscriptions of a project."""
    found = call.world.store["pubsub.subscriptions"].list(f"{project_name(call)}/subscriptions/")
    return {"subscriptions": found} if found else {}


@service.on("pubsub.projects.subscriptions.delete")
def delete(call: Call) -> Json:
    """Delete it, with what it holds."""
    name = full_name(call, "subscriptions")
    require(call, "pubsub.subscriptions", name)
    detach(call.world, name)
    return {}


@service.on("pubsub.projects.subscriptions.pull")
def pull(call: Call) -> Json:
    """Up to maxMessages of what waits; `{}` when nothing does [observed].

    Raises:
        Refused: maxMessages is not positive [documented], in words of ours.
    """
    name = full_name(call, "subscriptions")
    subscription = require(call, "pubsub.subscriptions", name)
    most = int(call.body.get("maxMessages", 0))
    if most < 1:
        raise invalid(f"maxMessages must be a positive integer; it is {most}.")
    pulled = call.world[BROKER].pull(name, most, float(subscription["ackDeadlineSeconds"]))
    received = [{"ackId": ack, "message": message} for ack, message in pulled]
    return {"receivedMessages": received} if received else {}


@service.on("pubsub.projects.subscriptions.acknowledge")
def acknowledge(call: Call) -> Json:
    """Be done with messages."""
    name = full_name(call, "subscriptions")
    require(call, "pubsub.subscriptions", name)
    for ack in call.body.get("ackIds", []):
        call.world[BROKER].acknowledge(name, ack)
    return {}


@service.on("pubsub.projects.subscriptions.modifyAckDeadline")
def modify_ack_deadline(call: Call) -> Json:
    """Another deadline for messages under way; 0 gives them back at once [documented]."""
    name = full_name(call, "subscriptions")
    require(call, "pubsub.subscriptions", name)
    seconds, broker = int(call.body.get("ackDeadlineSeconds", 0)), call.world[BROKER]
    if not 0 <= seconds <= 600:
        raise invalid(f"ackDeadlineSeconds must be between 0 and 600; it is {seconds}.")
    for ack in call.body.get("ackIds", []):
        if seconds:
            broker.extend(name, ack, seconds)
        else:
            broker.release(name, ack)
    return {}
