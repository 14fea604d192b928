"""workflowexecutions v1: starting, reading and cancelling executions, and their callback endpoints."""

from __future__ import annotations

import json
from typing import Any

from localcloud.eventarc.events import cloud_event, topic_of
from localcloud.iam.authorization import Authorization
from localcloud.service import Call, Service, page
from localcloud.time.clock import rfc3339
from localcloud.wire.errors import Refused, Style, invalid
from localcloud.wire.messages import Json
from localcloud.workflows.callbacks import CallbackRequest, Endpoint
from localcloud.workflows.executions import EXECUTIONS, Execution
from localcloud.workflows.filters import matching, ordered
from localcloud.workflows.workflows_api import workflow_name
from localcloud.world import World

service = Service(
    "workflowexecutions",
    "workflowexecutions.googleapis.com",
    ["v1"],
    Style.NEWER,
    authorization=Authorization(__file__),
)

_STEM = "workflowexecutions.projects.locations.workflows.executions"
_BASIC = ("name", "startTime", "endTime", "duration", "state", "workflowRevisionId")  # [documented: proto]


def resource(world: World, execution: Execution) -> Json:
    """The execution as the API shows it, whole; its name has the project's number [observed]."""
    run = execution.run
    words = execution.name.split("/")
    words[1] = world.projects.get(words[1]).number
    shown: dict[str, Any] = {
        "name": "/".join(words),
        "createTime": rfc3339(execution.created),
        "startTime": rfc3339(execution.created),
        "state": run.state.value,
        "argument": execution.argument,
        "workflowRevisionId": execution.revision["revisionId"],
        "callLogLevel": execution.settings.get("callLogLevel", "CALL_LOG_LEVEL_UNSPECIFIED"),
        "executionHistoryLevel": execution.settings.get("executionHistoryLevel"),
        "labels": execution.settings.get("labels") or None,
        "status": {"currentSteps": run.current_steps},
        "result": run.result,
        "error": run.error,
    }
    if execution.ended is not None:
        shown["endTime"] = rfc3339(execution.ended)
        shown["duration"] = _duration(execution.ended - execution.created)
    return {key: value for key, value in shown.items() if value is not None}


def _duration(seconds: float) -> str:
    """As proto JSON writes it: a decimal number without exponent [documented: google.protobuf.Duration]."""
    return f"{seconds:.6f}".rstrip("0").rstrip(".") + "s"


def _name(call: Call) -> str:
    return f"{workflow_name(call)}/executions/{call.params['executionsId']}"


def _viewed(call: Call, whole: Json, default: str) -> Json:
    view = call.query("view", default)
    if view in ("FULL", "2"):
        return whole
    return {key: whole[key] for key in _BASIC if key in whole}


@service.on(f"{_STEM}.create")
def create(call: Call) -> Json:
    """Start an execution of the newest revision; the workflow's labels are inherited [documented]."""
    settings = {key: value for key, value in call.body.items() if key != "argument"}
    execution = call.world[EXECUTIONS].start(workflow_name(call), call.body.get("argument"), settings)
    return resource(call.world, execution)


@service.on("workflowexecutions.projects.locations.workflows.triggerPubsubExecution")
def trigger_pubsub_execution(call: Call) -> Json:
    """Start an execution with the CloudEvent of a message that a trigger's subscription pushes [documented].

    A push of another subscription than a trigger's is refused [inferred].
    """
    subscription = call.body.get("subscription", "")
    topic = topic_of(call.world, subscription)
    if topic is None:
        raise invalid(f"Subscription '{subscription}' belongs to no trigger.")
    event = cloud_event(topic, subscription, call.body.get("message", {}))
    return resource(call.world, call.world[EXECUTIONS].start_for_event(workflow_name(call), event))


@service.on(f"{_STEM}.get")
def get(call: Call) -> Json:
    """One execution, whole unless `view` is BASIC [documented]."""
    return _viewed(call, resource(call.world, call.world[EXECUTIONS].get(_name(call))), "FULL")


@service.on(f"{_STEM}.list")
def list_executions(call: Call) -> Json:
    """Executions of a workflow, the newest first, in the BASIC view unless `view` is FULL [documented]."""
    found = [resource(call.world, item) for item in call.world[EXECUTIONS].of(workflow_name(call))]
    chosen = ordered(matching(found, call.query("filter")), call.query("orderBy"))
    most = 100 if call.query("view") in ("FULL", "2") else 1000
    return page(call, "executions", [_viewed(call, item, "BASIC") for item in chosen], most)


@service.on(f"{_STEM}.cancel")
def cancel(call: Call) -> Json:
    """Cancel an execution at once."""
    return resource(call.world, call.world[EXECUTIONS].cancel(_name(call)))


@service.on(f"{_STEM}.callbacks.list")
def list_callbacks(call: Call) -> Json:
    """Endpoints that are waited on, or that keep a request nobody has read [documented]."""
    execution = call.world[EXECUTIONS].get(_name(call))
    name = resource(call.world, execution)["name"]
    shown = [_callback(name, url, endpoint) for url, endpoint in execution.callbacks.unread()]
    return page(call, "callbacks", shown, 100)


def _callback(execution: str, url: str, endpoint: Endpoint) -> Json:
    shown: Json = {
        "name": f"{execution}/callbacks/{url.rsplit('/', 1)[-1]}",
        "method": endpoint.method,
        "waiters": str(endpoint.waiters),
    }
    if endpoint.kept is not None:
        shown["availablePayloads"] = [json.dumps(endpoint.kept.value(), default=repr)]
    return shown


_REFUSALS = {
    404: Refused("NOT_FOUND", "Requested callback was not found."),
    405: Refused("INVALID_ARGUMENT", "The callback does not accept this HTTP method.", http=405),
    429: Refused("RESOURCE_EXHAUSTED", "The callback has an unprocessed payload."),
}


@service.on_path(
    "*",
    "v1/projects/{projectsId}/locations/{locationsId}/workflows/{workflowsId}"
    "/executions/{executionsId}/callbacks/{callbacksId}",
    f"{_STEM}.callbacks.sendHttpCallback",
)
def send_http_callback(call: Call) -> Json:
    """Take a request to a callback endpoint; the access token that came with it goes no further."""
    executions = call.world[EXECUTIONS]
    execution = executions.find(_name(call))
    if execution is None:
        raise _REFUSALS[404]
    request = call.request
    status = execution.callbacks.send(
        CallbackRequest(
            request.method,
            f"{execution.callbacks.prefix}/{call.params['callbacksId']}",
            {key: values[0] for key, values in request.query.items() if values},
            {key: value for key, value in request.headers.items() if key != "authorization"},
            request.body,
            call.world.clock.now,
        )
    )
    if status in _REFUSALS:
        raise _REFUSALS[status]
    return {}
