"""Triggers: each has a subscription to its topic, as long as there is the trigger."""

from __future__ import annotations

from functools import partial

from localcloud.eventarc.deliveries import deliver
from localcloud.eventarc.events import PUBLISHED
from localcloud.eventarc.service import TRIGGERS
from localcloud.iam import grants
from localcloud.ids import keyed, keyed_uid
from localcloud.pubsub.subscriptions import attach_push, detach
from localcloud.serviceusage.known import find
from localcloud.time.clock import rfc3339
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.messages import Json
from localcloud.world import World

AGENT_DENIED = (
    'Invalid resource state for "": Permission denied while using the Eventarc Service Agent. If you recently started '
    "to use Eventarc, it may take a few minutes before all necessary permissions are propagated to the Service Agent. "
    "Otherwise, verify that it has Eventarc Service Agent role."
)


def make_trigger(
    world: World, name: str, destination: Json, topic: str, account: str, endpoint: str, **fields: Json
) -> Json:
    """A trigger (by full name) that sends the messages of `topic` to a workflow or function, as `account`.

    `endpoint` is the URL that its subscription pushes to.
    """
    now = rfc3339(world.clock.now, 6)
    before = world.store[TRIGGERS].get(name)
    subscription = _subscription(name)
    trigger = {
        "name": name,
        "uid": before["uid"] if before else keyed_uid(f"{name} {now}"),
        "createTime": before["createTime"] if before else now,
        "updateTime": now,
        "eventFilters": [{"attribute": "type", "value": PUBLISHED}],
        "serviceAccount": account,
        "destination": destination,
        "transport": {"pubsub": {"topic": topic, "subscription": subscription}},
        **fields,
        "etag": f'"{keyed_uid(f"{name} {now} {account}")}"',
    }
    attach_push(world, subscription, topic, endpoint, account, partial(deliver, world, name))
    return world.store[TRIGGERS].put(name, trigger)


def make_workflow_trigger(
    world: World, name: str, workflow: str, topic: str, account: str, **fields: Json
) -> Json:
    """A trigger (by full name) that starts an execution of `workflow` for each message of `topic`, as `account`."""
    endpoint = f"https://workflowexecutions.googleapis.com/v1/{workflow}:triggerPubsubExecution"
    return make_trigger(world, name, {"workflow": workflow}, topic, account, endpoint, **fields)


def remove_trigger(world: World, name: str) -> None:
    """Delete a trigger with its subscription; what is on its way reaches nobody."""
    if found := world.store[TRIGGERS].get(name):
        detach(world, found["transport"]["pubsub"]["subscription"])
        world.store[TRIGGERS].delete(name)


def check_agent(world: World, project_id: str) -> None:
    """Refuse while Eventarc's service agent does not have its role yet.

    Raises:
        Refused: FAILED_PRECONDITION, in Google's words [observed: pulumi/pulumi-gcp#1290].
    """
    api, project = find("eventarc.googleapis.com"), world.projects.get(project_id)
    member = f"serviceAccount:{api.agent.format(number=project.number)}"
    if grants.effective(world, project.id, api.granted, member):
        return
    description = AGENT_DENIED.partition(": ")[2]
    violations = [{"type": "", "subject": "", "description": description}]
    details = [{"@type": "type.googleapis.com/google.rpc.PreconditionFailure", "violations": violations}]
    raise Refused("FAILED_PRECONDITION", AGENT_DENIED, details=details)


def check_topic(world: World, topic: str) -> None:
    """Refuse a topic that is not there.

    Raises:
        Refused: INVALID_ARGUMENT; the form is [observed: GoogleCloudPlatform/eventarc-samples#51], the rest inferred.
    """
    if topic not in world.store["pubsub.topics"]:
        raise invalid(f"The request was invalid: topic {topic} was not found")


def _subscription(trigger: str) -> str:
    """[observed: eventarc-us-central1-NAME-sub-NNN in many logs]."""
    _, project, _, location, _, short = trigger.split("/")
    return f"projects/{project}/subscriptions/eventarc-{location}-{short}-sub-{keyed(trigger, 1000):03d}"
