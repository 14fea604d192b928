"""What a trigger does with a message of its topic.

A workflow is started by a call of the Workflow Executions API, a function by a call of its Cloud Run service: both in
the name of the trigger's service account, which must be allowed to.
"""

from __future__ import annotations

import json
from contextlib import suppress
from functools import partial

from localcloud.eventarc.events import cloud_event
from localcloud.eventarc.service import TRIGGERS
from localcloud.functions.runtime import Event
from localcloud.google_apis import GOOGLE_APIS
from localcloud.run.invocations import invoke
from localcloud.wire.messages import Abort, Caller, Json, Request
from localcloud.world import World

FIRST_PAUSE, LAST_PAUSE = 10.0, 600.0  # seconds between two pushes [documented: eventarc/docs/retry-events]
KEPT = 24 * 3600.0  # seconds that an event is kept for [documented: the same]


def deliver(world: World, trigger: str, message: Json) -> None:
    """Push a message by a trigger (full name); nothing happens by one that is gone."""
    found = world.store[TRIGGERS].get(trigger)
    if found is None:
        return
    if workflow := found["destination"].get("workflow"):
        _start(world, workflow, found, message)
    else:
        _invoke(world, trigger, message, world.clock.now + KEPT, FIRST_PAUSE)


def _start(world: World, workflow: str, trigger: Json, message: Json) -> None:
    """Start an execution.

    Events for a workflow are not sent again when no execution starts [documented: Eventarc, retry events]. So an event
    that the API refuses, or cannot take for the moment, is dropped: the log of calls shows it, nobody else hears of it.
    """
    with suppress(Abort):  # nobody answered
        world[GOOGLE_APIS].answer(_execution_request(workflow, trigger, message))


def _execution_request(workflow: str, trigger: Json, message: Json) -> Request:
    """The push request of the trigger's subscription [documented: workflowexecutions v1, triggerPubsubExecution]."""
    body = {
        "message": message,
        "subscription": trigger["transport"]["pubsub"]["subscription"],
        "GCPCloudEventsMode": "CE_PUBSUB_BINDING",
    }
    return Request(
        "POST",
        f"/workflowexecutions/v1/{workflow}:triggerPubsubExecution",
        {},
        {"content-type": "application/json"},
        json.dumps(body).encode(),
        Caller(trigger["serviceAccount"]),
    )


def _invoke(world: World, name: str, message: Json, until: float, pause: float) -> None:
    """Invoke a function.

    What its service refuses is pushed again until the event is too old, so that a right that comes late is in time
    [observed: googlecodelabs/feedback#1374]. What the function itself fails at is not.
    """
    trigger = world.store[TRIGGERS].get(name)
    if trigger is None:
        return
    pubsub = trigger["transport"]["pubsub"]
    told = cloud_event(pubsub["topic"], pubsub["subscription"], message)
    event = Event(told["id"], told["source"], told["type"], world.clock.now, told["data"])
    service = trigger["destination"]["cloudFunction"].replace("/functions/", "/services/")
    if not invoke(world, service, event, trigger["serviceAccount"]) and world.clock.now + pause < until:
        again = partial(_invoke, world, name, message, until, min(2 * pause, LAST_PAUSE))
        world.clock.after(pause, again)
