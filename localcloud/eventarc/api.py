"""Triggers by their API (eventarc v1 projects.locations.triggers): such as start a workflow for a topic's messages."""

from __future__ import annotations

import re
from collections.abc import Callable

from localcloud.eventarc.authorization import may_not_act_as
from localcloud.eventarc.events import PUBLISHED
from localcloud.eventarc.service import OPERATIONS, STEM, TRIGGERS, service
from localcloud.eventarc.triggers import check_agent, check_topic, make_workflow_trigger, remove_trigger
from localcloud.iam import accounts
from localcloud.regions import regions
from localcloud.resources import in_location, location_path, project_path, require
from localcloud.service import Call, page
from localcloud.time.clock import rfc3339
from localcloud.wire.errors import Refused, invalid, not_implemented
from localcloud.wire.masks import masked
from localcloud.wire.messages import Json

TYPES = "type.googleapis.com/google.cloud.eventarc.v1"
EMPTY: Json = {"@type": "type.googleapis.com/google.protobuf.Empty"}
NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")  # [documented: CreateTriggerRequest.trigger_id]
CHANGEABLE = ("destination", "labels", "serviceAccount")  # [documented: gcloud eventarc triggers update]
FILTERS = [{"attribute": "type", "value": PUBLISHED}]


@service.on(f"{STEM}.triggers.create")
def create(call: Call) -> Json:
    """Make a trigger for messages of a topic that starts a workflow; other kinds are not implemented."""
    name = f"{location_path(call)}/triggers/{call.query('triggerId')}"
    if not NAME.fullmatch(call.query("triggerId")):
        raise invalid(f"The request was invalid: invalid trigger ID {call.query('triggerId')!r}")
    if name in call.world.store[TRIGGERS]:
        raise Refused("ALREADY_EXISTS", f"Resource '{name}' already exists")
    return _deploy(call, name, dict(call.body), "create")


@service.on(f"{STEM}.triggers.patch")
def patch(call: Call) -> Json:
    """Change the fields of the mask."""
    before, mask = _trigger(call), call.query("updateMask")
    changed = masked(before, call.body, mask, ("labels",))
    fixed = [
        key for key in {*before, *changed} if key not in CHANGEABLE and before.get(key) != changed.get(key)
    ]
    if fixed and mask:
        raise not_implemented(f"{call.method} of {', '.join(sorted(fixed))}")
    kept = {key: changed[key] for key in CHANGEABLE if key in changed}
    return _deploy(call, before["name"], {**before, **kept}, "update")


@service.on(f"{STEM}.triggers.get")
def get(call: Call) -> Json:
    """One trigger, a function's own among them."""
    return _trigger(call)


@service.on(f"{STEM}.triggers.list")
def list_triggers(call: Call) -> Json:
    """The triggers of a location, or of all (`-`)."""
    return page(call, "triggers", in_location(call, TRIGGERS), 1000)


@service.on(f"{STEM}.triggers.delete")
def delete(call: Call) -> Json:
    """Delete a trigger: messages that are published from now on reach nobody by it."""
    name = _trigger(call)["name"]

    def gone() -> Json:
        remove_trigger(call.world, name)
        return EMPTY

    return _start(call, name, "delete", gone)


@service.on(f"{STEM}.operations.get")
def get_operation(call: Call) -> Json:
    """An operation as it stands."""
    return require(call, OPERATIONS, f"{location_path(call)}/operations/{call.params['operationsId']}")


@service.on(f"{STEM}.get")
def get_location(call: Call) -> Json:
    """A location: every region of Google's is one."""
    return {"name": location_path(call), "locationId": call.params["locationsId"]}


@service.on(f"{STEM}.list")
def list_locations(call: Call) -> Json:
    """The locations: every region."""
    project = project_path(call)
    places = [{"name": f"{project}/locations/{each}", "locationId": each} for each in regions()]
    return page(call, "locations", places, 1000)


def _deploy(call: Call, name: str, fields: Json, verb: str) -> Json:
    """Check what is asked for, and make it so in an operation."""
    _refuse_unmodelled(fields)
    topic = fields.get("transport", {}).get("pubsub", {}).get("topic", "")
    topic = topic if topic.startswith("projects/") else f"projects/{call.project}/topics/{topic}"
    workflow, account = fields["destination"]["workflow"], _account(call, fields)
    check_agent(call.world, call.project)
    check_topic(call.world, topic)
    if workflow not in call.world.store["workflows.workflows"]:
        raise invalid(f"The request was invalid: workflow {workflow} was not found")  # [inferred] words
    more = {"labels": fields["labels"]} if fields.get("labels") else {}

    def made() -> Json:
        trigger = make_workflow_trigger(call.world, name, workflow, topic, account, **more)
        return {"@type": f"{TYPES}.Trigger", **trigger}

    return _start(call, name, verb, made)


def _refuse_unmodelled(fields: Json) -> None:
    """A trigger of another kind is refused, rather than made and never fired."""
    destination = fields.get("destination", {})
    if "cloudFunction" in destination:  # [documented: Destination.cloud_function]
        raise invalid("The request was invalid: triggers of functions are made with the function")
    if set(destination) != {"workflow"}:
        raise not_implemented(f"triggers whose destination is {', '.join(sorted(destination)) or 'nothing'}")
    if fields.get("eventFilters") != FILTERS:
        raise not_implemented(f"triggers for other events than {PUBLISHED}")
    if not fields.get("transport", {}).get("pubsub", {}).get("topic"):
        raise not_implemented("triggers that bring a topic of their own; name one in transport.pubsub.topic")
    if fields.get("channel"):
        raise not_implemented("triggers with a channel")


def _account(call: Call, fields: Json) -> str:
    """The e-mail address of the account that a trigger acts as; a workflow's must have one [documented: Trigger]."""
    account = str(fields.get("serviceAccount", "")).rpartition("/")[2]
    if not account:
        raise invalid("The request was invalid: a trigger of a workflow needs a service account")
    if not accounts.exists(call.world, account):
        raise may_not_act_as(account)
    return account


def _trigger(call: Call) -> Json:
    name = f"{location_path(call)}/triggers/{call.params['triggersId']}"
    return require(call, TRIGGERS, name, f"Resource '{name}' was not found")


def _start(call: Call, target: str, verb: str, finish: Callable[[], Json]) -> Json:
    """Begin an operation; `finish` does it when its time is over, and gives the response."""
    world, operations = call.world, call.world.store[OPERATIONS]
    name = f"{location_path(call)}/operations/{world.ids.operation(world.clock.now)}"
    metadata = {
        "@type": f"{TYPES}.OperationMetadata",
        "createTime": rfc3339(world.clock.now),
        "target": target,
        "verb": verb,
        "requestedCancellation": False,
        "apiVersion": "v1",
    }

    def done() -> None:
        ended = {**metadata, "endTime": rfc3339(world.clock.now)}
        operations.put(name, {"name": name, "metadata": ended, "done": True, "response": finish()})

    world.ledger.perform("eventarc.triggers", target, done)
    return operations.put(name, {"name": name, "metadata": metadata, "done": False})
