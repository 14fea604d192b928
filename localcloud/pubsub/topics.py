"""Topics and publishing (pubsub v1 projects.topics)."""

from __future__ import annotations

import re
from collections.abc import Container

from localcloud.iam.grants import forget
from localcloud.iam.policies import serve_policies
from localcloud.pubsub.broker import BROKER
from localcloud.pubsub.messages import check_messages
from localcloud.pubsub.names import full_name, project_name, require
from localcloud.pubsub.service import service
from localcloud.service import Call, page
from localcloud.wire.errors import Refused, invalid, not_implemented
from localcloud.wire.messages import Json
from localcloud.wire.validation import camel

CHANGEABLE = ("labels", "messageRetentionDuration", "messageStoragePolicy")
# What only Google sets, and passes over in a request [documented: OUTPUT_ONLY].
OUTPUT_ONLY = ("name", "state", "satisfiesPzs")
LARGEST_PAGE = 1000  # [inferred]


@service.on("pubsub.projects.topics.create")
def create(call: Call) -> Json:
    """Create a topic; 409 if it is there.

    Raises:
        Refused: UNIMPLEMENTED, a setting that is not modelled: messages would not be what it makes of them.
    """
    name = full_name(call, "topics")
    check_name("topics", name)
    check_modelled(call, (*CHANGEABLE, *OUTPUT_ONLY))
    topics = call.world.store["pubsub.topics"]
    if name in topics:
        raise Refused(
            "ALREADY_EXISTS", f"Resource already exists in the project (resource={name.split('/')[-1]})."
        )
    told = {key: value for key, value in call.body.items() if key not in OUTPUT_ONLY}
    return topics.put(name, {**told, "name": name})


@service.on("pubsub.projects.topics.patch")
def patch(call: Call) -> Json:
    """Change what the mask names, and nothing else [documented].

    Raises:
        Refused: INVALID_ARGUMENT, no mask or a name in it that is fixed; UNIMPLEMENTED, a setting that is not modelled.
    """
    name = full_name(call, "topics")
    topic, asked = require(call, "pubsub.topics", name), call.body.get("topic", {})
    mask = [camel(each) for each in call.body.get("updateMask", "").split(",") if each]
    if not mask:
        raise invalid("The update_mask in the UpdateTopicRequest must be set and name at least one field.")
    for field in mask:
        if field == "name":
            raise invalid("A topic's name cannot be changed.")
        if field not in CHANGEABLE:
            raise not_implemented(f"pubsub.projects.topics.patch of {field}")
    left = {key: value for key, value in topic.items() if key not in mask}
    changed = {key: asked[key] for key in mask if asked.get(key)}
    return call.world.store["pubsub.topics"].put(name, {**left, **changed})


@service.on("pubsub.projects.topics.get")
def get(call: Call) -> Json:
    """One topic."""
    return require(call, "pubsub.topics", full_name(call, "topics"))


@service.on("pubsub.projects.topics.list")
def list_topics(call: Call) -> Json:
    """Topics of a project, by name."""
    found = call.world.store["pubsub.topics"].list(f"{project_name(call)}/topics/")
    return page(call, "topics", found, LARGEST_PAGE)


@service.on("pubsub.projects.topics.delete")
def delete(call: Call) -> Json:
    """Delete a topic; its subscriptions stay, with `_deleted-topic_` [observed]."""
    name = full_name(call, "topics")
    require(call, "pubsub.topics", name)
    subscriptions = call.world.store["pubsub.subscriptions"]
    for key, subscription in list(subscriptions.items()):
        if subscription["topic"] == name:
            subscriptions.change(key, topic="_deleted-topic_")
    call.world.store["pubsub.topics"].delete(name)
    forget(call.world, name)
    return {}


@service.on("pubsub.projects.topics.publish")
def publish(call: Call) -> Json:
    """Publish messages, all or none."""
    name = full_name(call, "topics")
    require(call, "pubsub.topics", name)
    messages = call.body.get("messages") or []
    check_messages(messages)
    broker = call.world[BROKER]
    return {"messageIds": [broker.publish(name, message) for message in messages]}


def _topic(call: Call) -> str:
    """The topic that the path names, as the holder of a policy.

    Raises:
        Refused: NOT_FOUND.
    """
    name = full_name(call, "topics")
    require(call, "pubsub.topics", name)
    return name


serve_policies(service, "pubsub.projects.topics", _topic)


def check_modelled(call: Call, modelled: Container[str]) -> None:
    """Refuse settings of the body that are not modelled here, unless they are empty or false.

    Raises:
        Refused: UNIMPLEMENTED.
    """
    for field, value in call.body.items():
        if value and field not in modelled:
            raise not_implemented(f"{call.method} with {field}")


def check_name(kind: str, name: str) -> None:
    """3 to 255 characters that begin with a letter, not `goog` [documented].

    Raises:
        Refused: INVALID_ARGUMENT.
    """
    short = name.split("/")[-1]
    if not re.fullmatch(r"(?!goog)[A-Za-z][A-Za-z0-9\-_.~+%]{2,254}", short):
        raise invalid(f"Invalid [{kind}] name: (name={name})")
