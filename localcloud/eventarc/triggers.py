"""Triggers: what is called for every message of a topic.

A workflow is started by a call of the Workflow Executions API, which takes the way of every other call, in the name
of the trigger's service account. A function is handed the event as it is: whoever may invoke it is not asked here.
"""

from __future__ import annotations

import json
from contextlib import suppress

from localcloud.eventarc.events import cloud_event, subscription_of
from localcloud.functions.runtime import RUNTIME, Event
from localcloud.google_apis import GOOGLE_APIS
from localcloud.pubsub.broker import BROKER
from localcloud.wire.messages import Abort, Caller, Json, Request
from localcloud.world import World


def trigger_function(world: World, function: str, topic: str) -> None:
    """Call `function` for every message of `topic` (full name) from now on."""
    functions = world[RUNTIME]

    def push(message: Json) -> None:
        event = cloud_event(topic, message)
        functions.invoke(
            function, Event(event["id"], event["source"], event["type"], world.clock.now, event["data"])
        )

    world[BROKER].trigger(topic, push)


def trigger_workflow(world: World, workflow: str, topic: str, service_account: str) -> None:
    """Start an execution of `workflow` for every message of `topic` (full names), as `service_account`.

    Events for a workflow are not sent again when no execution starts [documented: Eventarc, retry events]. So an event
    that the API refuses, or cannot take for the moment, is dropped: the log of calls shows it, nobody else hears of it.
    """

    def push(message: Json) -> None:
        with suppress(Abort):  # nobody answered
            world[GOOGLE_APIS].answer(_pushed(workflow, topic, message, service_account))

    world[BROKER].trigger(topic, push)


def _pushed(workflow: str, topic: str, message: Json, service_account: str) -> Request:
    """The push request of the trigger's subscription [documented: workflowexecutions v1, triggerPubsubExecution]."""
    body = {
        "message": message,
        "subscription": subscription_of(topic),
        "GCPCloudEventsMode": "CE_PUBSUB_BINDING",
    }
    return Request(
        "POST",
        f"/workflowexecutions/v1/{workflow}:triggerPubsubExecution",
        {},
        {"content-type": "application/json"},
        json.dumps(body).encode(),
        Caller(service_account),
    )
