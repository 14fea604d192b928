"""Every request goes one way: the same stages in the same order, whichever API it asks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.container.cluster_api import ClusterApi
from localcloud.eventarc.triggers import make_workflow_trigger
from localcloud.faults.call_faults import (
    CallDescription,
    Effect,
    Fault,
    Faults,
    Lost,
    Matcher,
    Refusal,
    Reset,
    Twice,
)
from localcloud.google_apis import GOOGLE_APIS, GoogleApis
from localcloud.iam.access import ACCESS, define_role
from localcloud.iam.grants import grant
from localcloud.kubernetes import KubernetesApi
from localcloud.pubsub.broker import BROKER
from localcloud.records.call_log import CallLog
from localcloud.request_path import REQUEST_PATH, Api, RequestPath
from localcloud.services import SERVICES
from localcloud.time.clock import Clock
from localcloud.wire.errors import Refused, Style
from localcloud.wire.messages import Abort, Caller, Request, Response
from localcloud.workflows import definitions
from localcloud.workflows.executions import EXECUTIONS
from localcloud.world import World

STAGES = ("enabled", "validate", "permit", "handle")
CLUSTER = "projects/shop/locations/us-west1-a/clusters/gke-west-1"
TOPIC = "projects/shop/topics/requests"
WORKFLOW = "projects/shop/locations/us-central1/workflows/greet"
TRIGGER = "projects/shop/locations/us-central1/triggers/greet"
STARTER = "starter@shop.iam.gserviceaccount.com"


class Stages:
    """An API whose call notes each stage, and refuses at one of them or meets a fault there."""

    def __init__(
        self, refusing: str = "", raised: Exception | None = None, style: Style = Style.NEWER
    ) -> None:
        self.passed: list[str] = []
        self.style = style
        self._refusing = refusing
        self._raised = raised
        self.description = CallDescription(Caller("me"), "stages", "stages.get", "it", True, style)

    def resolve(self, request: Request) -> Stages:
        self._pass("resolve")
        return self

    def require_enabled(self) -> None:
        self._pass("enabled")

    def validate(self) -> None:
        self._pass("validate")

    def permit(self) -> None:
        self._pass("permit")

    def handle(self) -> Response:
        self._pass("handle")
        return Response()

    def _pass(self, stage: str) -> None:
        self.passed.append(stage)
        if stage == self._refusing:
            raise self._raised or Refused("FAILED_PRECONDITION", stage)


def request(verb: str = "GET", path: str = "/", body: Any = None, who: str = "me") -> Request:
    """A request of somebody's."""
    return Request(verb, path, {}, {}, json.dumps(body).encode() if body else b"", Caller(who))


def a_path(*faults: Fault) -> RequestPath:
    """One of its own, with these faults on it."""
    clock = Clock()
    return RequestPath(clock, CallLog(), Faults(faults, clock=clock))


def test_a_call_passes_every_stage_in_order_and_is_logged() -> None:
    """Resolved first, logged last."""
    path, api = a_path(), Stages()

    assert 200 == path.answer(request(), api).status
    assert ["resolve", *STAGES] == api.passed
    assert [("stages.get", "it", 200, True)] == [
        (call.method, call.resource, call.status, call.mutation) for call in path.log.calls
    ]


@pytest.mark.parametrize("stage", STAGES)
def test_a_refusal_ends_the_way_and_is_logged(stage: str) -> None:
    """What comes after it does not happen; the log has the refusal's status."""
    path, api = a_path(), Stages(refusing=stage)

    answer = path.answer(request(), api)

    assert stage == json.loads(answer.body)["error"]["message"]
    assert ["resolve", *STAGES[: STAGES.index(stage) + 1]] == api.passed
    assert [400] == [call.status for call in path.log.calls]


def test_what_resolves_to_nothing_is_refused_and_not_logged() -> None:
    """No fault can be planned for it, for nobody knows which call it would be."""
    path, api = a_path(Fault(Matcher(), Refusal(503))), Stages(refusing="resolve")

    assert 400 == path.answer(request(), api).status
    assert ([], []) == (path.log.calls, path.faults.injected)


def told_code(answer: Response, style: Style) -> int:
    """The HTTP status that a refusal tells in its body; in XML it tells a word."""
    if style is Style.XML:
        return 500 if b"<Code>InternalError</Code>" in answer.body else 0
    body = json.loads(answer.body)
    code: int = (body if style is Style.KUBERNETES else body["error"])["code"]
    return code


@pytest.mark.parametrize("style", Style)
@pytest.mark.parametrize("stage", STAGES)
def test_a_fault_of_the_clouds_own_is_answered_told_and_logged(
    stage: str, style: Style, caplog: pytest.LogCaptureFixture
) -> None:
    """As the service writes a 500; its traceback is for whoever keeps the cloud."""
    path, api = a_path(), Stages(stage, ZeroDivisionError("of a test"), style)
    path.clock.outlives_faults = True

    answer = path.answer(request(), api)

    assert 500 == answer.status == told_code(answer, style)
    assert "of a test" not in answer.body.decode()
    assert [("stages.get", 500)] == [(call.method, call.status) for call in path.log.calls]
    assert [ZeroDivisionError] == [told.exc_info[0] for told in caplog.records if told.exc_info]


def test_a_fault_before_the_call_is_known_is_answered_too() -> None:
    """It is in no log of calls, for nobody knows which call it would be."""
    path, api = a_path(), Stages("resolve", ZeroDivisionError("of a test"))
    path.clock.outlives_faults = True

    assert 500 == path.answer(request(), api).status
    assert [] == path.log.calls


@pytest.mark.parametrize("stage", ["resolve", *STAGES])
def test_a_fault_of_the_clouds_own_ends_a_run_whose_time_jumps(stage: str) -> None:
    """There it is a bug that a test has found."""
    with pytest.raises(ZeroDivisionError):
        a_path().answer(request(), Stages(stage, ZeroDivisionError("of a test")))


@pytest.mark.parametrize("outlives", [False, True])
def test_who_gets_no_answer_gets_none(outlives: bool) -> None:
    """A connection that breaks is no fault of the cloud's."""
    path = a_path()
    path.clock.outlives_faults = outlives
    with pytest.raises(Abort):
        path.answer(request(), Stages("handle", Abort()))


@pytest.mark.parametrize(("effect", "times"), [(Refusal(503), 0), (Lost(), 0), (Twice(5.0), 2)])
def test_a_fault_decides_how_often_the_stages_behind_it_are_passed(effect: Effect, times: int) -> None:
    """A call that it keeps from taking effect is not logged: it has not reached the service."""
    path, api = a_path(Fault(Matcher(), effect)), Stages()

    path.answer(request(), api)
    path.clock.advance_to(path.clock.now + 60)

    assert ["resolve", *STAGES * times] == api.passed
    assert times == len(path.log.calls)


@pytest.fixture
def world() -> World:
    """A project whose trigger starts a workflow for each message, as somebody who may."""
    world = World.create()
    world.projects.create("shop").enabled.update(
        ("workflows.googleapis.com", "workflowexecutions.googleapis.com")
    )
    world[ACCESS].enforced = True
    world[GOOGLE_APIS] = GoogleApis(world, SERVICES)
    world.store["pubsub.topics"].put(TOPIC, {"name": TOPIC})
    fields = {
        "sourceContents": "main:\n  params: [event]\n  steps:\n  - last: {return: '${event.source}'}\n",
        "serviceAccount": f"projects/shop/serviceAccounts/{STARTER}",
    }
    definitions.put(world, WORKFLOW, fields)
    define_role(world, "projects/shop/roles/starter", ["workflows.executions.create"])
    grant(world, "projects/shop", "projects/shop/roles/starter", f"serviceAccount:{STARTER}")
    make_workflow_trigger(world, TRIGGER, WORKFLOW, TOPIC, STARTER)
    return world


def published(world: World) -> list[tuple[str, int]]:
    """The calls that a message of the topic leads to, with their statuses."""
    world[BROKER].publish(TOPIC, {"data": "eA=="})
    world.clock.advance_to(world.clock.now + 60)
    return [(call.method.rpartition(".")[2], call.status) for call in world[REQUEST_PATH].log.calls]


def test_a_trigger_calls_as_everybody_does(world: World) -> None:
    """The workflow gets the message as a CloudEvent."""
    assert [("triggerPubsubExecution", 200)] == published(world)

    (execution,) = world[EXECUTIONS].of(WORKFLOW)
    assert f'"//pubsub.googleapis.com/{TOPIC}"' == execution.run.result


def test_a_trigger_that_may_not_is_refused(world: World) -> None:
    """Its event is dropped, for it would be refused again; only the log of calls shows it."""
    define_role(world, "projects/shop/roles/starter", [])

    assert [("triggerPubsubExecution", 403)] == published(world)
    assert [] == world[EXECUTIONS].of(WORKFLOW)


def test_a_trigger_needs_the_api_on(world: World) -> None:
    """As every caller does."""
    world.projects.get("shop").enabled.remove("workflowexecutions.googleapis.com")

    assert [("triggerPubsubExecution", 403)] == published(world)
    assert [] == world[EXECUTIONS].of(WORKFLOW)


@pytest.mark.parametrize("effect", [Refusal(503), Refusal(429), Reset()])
def test_an_event_that_starts_nothing_is_not_sent_again(world: World, effect: Effect) -> None:
    """Google documents that of workflows, whatever was the matter: the event is lost."""
    faults = world[REQUEST_PATH].faults
    faults.plan(Fault(Matcher(method="*.triggerPubsubExecution"), effect, nth=None))
    published(world)
    faults.cease()
    world.clock.advance_to(world.clock.now + 25 * 3600)

    assert 1 == len(faults.injected)
    assert [] == world[EXECUTIONS].of(WORKFLOW)
    assert world.clock.next_due() is None


def test_a_push_of_another_subscription_is_refused(world: World) -> None:
    """Whose topic it is of, nobody could tell."""
    body = {"message": {"messageId": "1"}, "subscription": "projects/shop/subscriptions/mine"}
    asked = request("POST", f"/workflowexecutions/v1/{WORKFLOW}:triggerPubsubExecution", body, STARTER)

    answer = json.loads(world[GOOGLE_APIS].answer(asked).body)

    assert (
        "Subscription 'projects/shop/subscriptions/mine' belongs to no trigger." == answer["error"]["message"]
    )


def test_a_request_to_a_cluster_goes_the_same_way() -> None:
    """Logged with the cluster's name, refused by faults in Kubernetes' own words; a dry run changes nothing."""
    world = World.create()
    api: Api = ClusterApi(world, CLUSTER, KubernetesApi(world.clock, world.ids))
    path = world[REQUEST_PATH]
    dry = Request("POST", "/api/v1/namespaces", {"dryRun": ["All"]}, {}, b"{}", Caller("me"))
    path.answer(request("GET", "/api/v1/namespaces"), api)
    path.answer(dry, api)
    path.faults.plan(Fault(Matcher(service="kubernetes"), Refusal(429)))
    refused = json.loads(path.answer(request("GET", "/version"), api).body)

    assert ("Status", "TooManyRequests", 429) == (refused["kind"], refused["reason"], refused["code"])
    assert [
        ("kubernetes", "GET", f"{CLUSTER}/api/v1/namespaces", False),
        ("kubernetes", "POST", f"{CLUSTER}/api/v1/namespaces", False),
    ] == [(call.service, call.method, call.resource, call.mutation) for call in path.log.calls]
