"""The two REST services, with executions on the cloud's own clock."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from localcloud.pubsub import service as pubsub_service
from localcloud.wire.messages import Json
from localcloud.workflows import definitions, executions
from localcloud.workflows.executions import EXECUTIONS
from localcloud.workflows.service import executions_service, workflows_service
from localcloud.world import World
from tests.support.services import Services, a_world

APIS = ("workflows", "workflowexecutions", "pubsub")
HOME = "v1/projects/shop/locations/us-central1"
WORKFLOW = f"{HOME}/workflows/greet"
GREET = "main: {params: [who], steps: [{out: {return: '${\"Hello \" + who}'}}]}"
WAITING = """
main:
  steps:
  - make: {call: events.create_callback_endpoint, result: endpoint}
  - publish:
      call: googleapis.pubsub.v1.projects.topics.publish
      args:
        topic: ${sys.get_env("TOPIC")}
        body: {messages: [{data: "${base64.encode(json.encode(endpoint))}"}]}
  - wait: {call: events.await_callback, args: {callback: "${endpoint}", timeout: 60}, result: request}
  - out: {return: "${request.http_request.body}"}
"""

Ask = Callable[..., tuple[int, Json]]


@pytest.fixture
def world() -> World:
    """A world with the project `shop` and a topic in it."""
    world = a_world(*APIS, seed=1)
    world.base_url = "http://127.0.0.1:1"
    world.store["pubsub.topics"].put("projects/shop/topics/t", {"name": "projects/shop/topics/t"})
    return world


@pytest.fixture
def ask(world: World) -> Ask:
    """(status, answer) of a call on any service."""
    services = Services(world, services=[workflows_service, executions_service, pubsub_service])
    return partial(
        services.ask, headers={"content-type": "application/json", "authorization": "Bearer secret"}
    )


@pytest.fixture
def deploy(world: World, ask: Ask) -> Callable[..., Json]:
    """Create a workflow and wait for it; the operation."""

    def create(source: str = GREET, **fields: Any) -> Json:
        body = {"sourceContents": source, **fields}
        status, operation = ask("POST", f"workflows/{HOME}/workflows", body, workflowId="greet")
        assert status == 200, operation
        return finished(world, ask, operation)

    return create


def finished(world: World, ask: Ask, operation: Json) -> Json:
    """The operation when it is done."""
    world.clock.advance_to(world.clock.now + 10)
    return ask("GET", f"workflows/v1/{operation['name']}")[1]


@pytest.fixture
def run(ask: Ask) -> Callable[..., str]:
    """Start an execution; its name."""

    def start(**body: Any) -> str:
        status, execution = ask("POST", f"workflowexecutions/{WORKFLOW}/executions", body)
        assert status == 200, execution
        return str(execution["name"])

    return start


def test_an_operation_that_meets_a_fault_of_the_clouds_own_ends_all_the_same(
    world: World, deploy: Callable[..., Json], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With INTERNAL, as Google tells of its own; where time jumps it is raised."""

    def fault(*_: object) -> None:
        raise ZeroDivisionError("of a test")

    monkeypatch.setattr(definitions, "put", fault)
    world.clock.outlives_faults = True

    operation = deploy()

    assert (True, 13) == (operation["done"], operation["error"]["code"])
    world.clock.outlives_faults = False
    with pytest.raises(ZeroDivisionError):
        deploy()


def test_deployment_is_an_operation(world: World, ask: Ask, deploy: Callable[..., Json]) -> None:
    """A workflow is there when its operation is done; gcloud and Terraform read the response."""
    assert ask("GET", f"workflows/{WORKFLOW}")[0] == 404
    operation = deploy(serviceAccount="w@shop.iam.gserviceaccount.com", userEnvVars={"A": "b"})
    workflow = ask("GET", f"workflows/{WORKFLOW}")[1]
    assert (operation["done"], operation["metadata"]["verb"], operation["metadata"]["target"]) == (
        True,
        "create",
        workflow["name"],
    )
    assert operation["response"] == {
        "@type": "type.googleapis.com/google.cloud.workflows.v1.Workflow",
        **workflow,
    }
    assert workflow["name"] == "projects/shop/locations/us-central1/workflows/greet"
    assert workflow["serviceAccount"] == "projects/shop/serviceAccounts/w@shop.iam.gserviceaccount.com"
    assert (workflow["state"], workflow["revisionId"][:7], workflow["userEnvVars"]) == (
        "ACTIVE",
        "000001-",
        {"A": "b"},
    )


def test_faulty_source_is_the_operations_error(ask: Ask, deploy: Callable[..., Json]) -> None:
    """Code 3, and the words that gcloud prints; nothing is deployed."""
    operation = deploy("- step2: {return: '${varC}'}")
    words = (
        "failed to build: error in step step2: symbol 'varC' is neither a variable nor a sub-workflow name"
    )
    assert operation["error"] == {"code": 3, "message": words}
    assert ask("GET", f"workflows/{WORKFLOW}")[0] == 404


@pytest.mark.parametrize(
    ("workflow_id", "body", "status"),
    [
        ("greet", {}, 409),
        ("1st", {}, 400),
        ("ends-", {}, 400),
        ("x" * 65, {}, 400),
        ("ok", {"sourceContent": ""}, 400),
        ("ok", {"userEnvVars": {"GOOGLE_X": "1"}}, 400),
        ("ok", {"userEnvVars": {"X": "1" * 4097}}, 400),
        ("ok", {"userEnvVars": {f"V{n}": "" for n in range(21)}}, 400),
    ],
)
def test_bad_creation_is_refused_at_once(
    ask: Ask, deploy: Callable[..., Json], workflow_id: str, body: Json, status: int
) -> None:
    """Names, unknown fields and environment variables are checked by the call itself."""
    deploy()
    assert ask("POST", f"workflows/{HOME}/workflows", body, workflowId=workflow_id)[0] == status


def test_new_source_is_a_new_revision(world: World, ask: Ask, deploy: Callable[..., Json]) -> None:
    """Labels change nothing of it; old revisions stay readable, and the newest come first."""
    deploy()
    first = ask("GET", f"workflows/{WORKFLOW}")[1]
    for body, mask in (
        ({"labels": {"a": "b"}}, "labels"),
        ({"sourceContents": "- a: {return: 1}"}, "source_contents"),
    ):
        operation = ask("PATCH", f"workflows/{WORKFLOW}", body, updateMask=mask)[1]
        assert finished(world, ask, operation)["metadata"]["verb"] == "update"
    now = ask("GET", f"workflows/{WORKFLOW}")[1]
    assert (now["revisionId"][:7], now["labels"], now["createTime"]) == (
        "000002-",
        {"a": "b"},
        first["createTime"],
    )
    assert ask("GET", f"workflows/{WORKFLOW}", revisionId=first["revisionId"])[1]["sourceContents"] == GREET
    listed = ask("GET", f"workflows/{WORKFLOW}:listRevisions")[1]["workflows"]
    assert [item["revisionId"] for item in listed] == [now["revisionId"], first["revisionId"]]
    assert ask("PATCH", f"workflows/{WORKFLOW}", {}, updateMask="name")[0] == 400


def test_lists_come_in_pages(ask: Ask, deploy: Callable[..., Json], run: Callable[..., str]) -> None:
    """With a token while there are more; `-` stands for every location."""
    deploy()
    names = [run(argument='"x"') for _ in range(3)]
    path = f"workflowexecutions/{WORKFLOW}/executions"
    one = ask("GET", path, pageSize="2")[1]
    two = ask("GET", path, pageSize="2", pageToken=one["nextPageToken"])[1]
    assert [item["name"] for item in one["executions"] + two["executions"]] == names[::-1]
    assert "nextPageToken" not in two
    found = ask("GET", "workflows/v1/projects/shop/locations/-/workflows")[1]["workflows"]
    assert [item["name"].rsplit("/", 1)[-1] for item in found] == ["greet"]
    assert ask("GET", "workflows/v1/projects/shop/locations/europe-west1/workflows")[1] == {}


def test_execution_runs_on_the_clock(world: World, ask: Ask, deploy: Callable[..., Json], run: Any) -> None:
    """ACTIVE at first; then SUCCEEDED with JSON text, and with times."""
    deploy(labels={"team": "shop"})
    name = run(argument='"Ada"', labels={"env": "store"})
    begun = ask("GET", f"workflowexecutions/v1/{name}")[1]
    assert (begun["state"], begun["labels"], begun["argument"]) == (
        "ACTIVE",
        {"team": "shop", "env": "store"},
        '"Ada"',
    )
    world.clock.advance_to(world.clock.now + 1)
    ended = ask("GET", f"workflowexecutions/v1/{name}")[1]
    assert (ended["state"], ended["result"], ended["duration"]) == ("SUCCEEDED", '"Hello Ada"', "0.3s")
    assert ended["name"].split("/")[1] == world.projects.get("shop").number
    assert ended["status"] == {"currentSteps": [{"routine": "main", "step": "out"}]}


def test_a_long_duration_is_told_to_the_microsecond(
    world: World, ask: Ask, deploy: Callable[..., Json], run: Any
) -> None:
    """As a decimal number, which a protobuf duration is read from; not as 1.2e+06."""
    deploy("main: {steps: [{wait: {call: sys.sleep, args: {seconds: 1234567.25}}}]}")
    name = run()
    world.clock.advance_to(world.clock.now + 1234600)

    duration = ask("GET", f"workflowexecutions/v1/{name}")[1]["duration"]

    assert re.fullmatch(r"1234567\.[0-9]{1,6}s", duration)


def test_failed_execution_shows_its_error(
    world: World, ask: Ask, deploy: Callable[..., Json], run: Any
) -> None:
    """payload, context and stackTrace."""
    deploy()
    name = run()
    world.clock.advance_to(world.clock.now + 1)
    ended = ask("GET", f"workflowexecutions/v1/{name}")[1]
    assert (ended["state"], json.loads(ended["error"]["payload"])["tags"]) == ("FAILED", ["TypeError"])
    assert ended["error"]["stackTrace"]["elements"][0]["step"] == "out"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"argument": "no json"}, 400),
        ({"argument": "[" * 10_000 + "]" * 10_000}, 400),
        ({"argument": "9" * 5000}, 400),
        ({"argument": json.dumps("x" * 40_000)}, 400),
        ({"arg": "1"}, 400),
    ],
)
def test_bad_argument_is_refused(ask: Ask, deploy: Callable[..., Json], body: Json, status: int) -> None:
    """The argument is JSON text of at most 32 KB."""
    deploy()
    assert ask("POST", f"workflowexecutions/{WORKFLOW}/executions", body)[0] == status
    assert ask("POST", f"workflowexecutions/{HOME}/workflows/none/executions", {})[0] == 404


@pytest.fixture
def waiting(world: World, ask: Ask, deploy: Callable[..., Json], run: Any) -> tuple[str, str]:
    """An execution that waits for a callback: its name, and the callback's path as it was published."""
    subscription = {"topic": "projects/shop/topics/t"}
    ask("PUT", "pubsub/v1/projects/shop/subscriptions/sub", subscription)
    deploy(WAITING, userEnvVars={"TOPIC": "projects/shop/topics/t"})
    name = run()
    world.clock.advance_to(world.clock.now + 5)
    pulled = ask("POST", "pubsub/v1/projects/shop/subscriptions/sub:pull", {"maxMessages": 5})[1]
    (received,) = pulled["receivedMessages"]
    url = json.loads(base64.b64decode(received["message"]["data"]))["url"]
    return name, url.removeprefix("http://127.0.0.1:1/")


def test_callback_travels_in_a_message_and_back(world: World, ask: Ask, waiting: tuple[str, str]) -> None:
    """Its URL has the project's number; a request resumes the execution after a moment."""
    name, callback = waiting
    assert callback.startswith(f"workflowexecutions/v1/{name}/callbacks/")
    assert ask("POST", callback, {"outcome": "done"}) == (200, {})
    assert ask("POST", callback, {"outcome": "again"})[0] == 429
    world.clock.advance_to(world.clock.now + 1)
    assert ask("GET", f"workflowexecutions/v1/{name}")[1]["result"] == '{"outcome":"done"}'
    assert ask("POST", callback, {})[0] == 404


def test_callbacks_are_listed_while_somebody_waits(world: World, ask: Ask, waiting: tuple[str, str]) -> None:
    """Who waits, by which method; a request that nobody has read; never the token that came with it."""
    name, callback = waiting
    path = f"workflowexecutions/v1/{name}/callbacks"
    shown = {"name": callback.removeprefix("workflowexecutions/v1/"), "method": "POST", "waiters": "1"}
    assert ask("GET", path)[1] == {"callbacks": [shown]}
    ask("POST", callback, {"n": 1})
    (kept,) = ask("GET", path)[1]["callbacks"]
    assert json.loads(kept["availablePayloads"][0])["http_request"]["body"] == {"n": 1}
    assert "secret" not in json.dumps(kept)
    world.clock.advance_to(world.clock.now + 1)
    assert ask("GET", path)[1] == {}


def test_callback_takes_its_own_method_alone(ask: Ask, waiting: tuple[str, str]) -> None:
    """Another method is refused, and so is an endpoint that was never made."""
    _, callback = waiting
    assert ask("PUT", callback, {})[0] == 405
    assert ask("POST", callback[:-1] + "_", {})[0] == 404
    assert ask("POST", callback.replace("/executions/", "/executions/x"), {})[0] == 404


def test_cancel_ends_an_execution_once(world: World, ask: Ask, waiting: tuple[str, str]) -> None:
    """CANCELLED at once, with the step it was in; a second cancel finds it ended, and its callback is gone."""
    name, callback = waiting
    status, cancelled = ask("POST", f"workflowexecutions/v1/{name}:cancel", {})
    assert (status, cancelled["state"], cancelled["status"]["currentSteps"]) == (
        200,
        "CANCELLED",
        [{"routine": "main", "step": "wait"}],
    )
    again = ask("POST", f"workflowexecutions/v1/{name}:cancel", {})
    assert (again[0], again[1]["error"]["status"]) == (400, "FAILED_PRECONDITION")
    assert ask("POST", callback, {})[0] == 404
    world.clock.advance_to(world.clock.now + 100)
    assert ask("GET", f"workflowexecutions/v1/{name}")[1]["state"] == "CANCELLED"


def test_list_filters_and_orders(world: World, ask: Ask, deploy: Callable[..., Json], run: Any) -> None:
    """By state and label, joined by AND; BASIC shows neither argument nor result, FULL does."""
    deploy()
    done = run(argument='"a"', labels={"env": "one"})
    world.clock.advance_to(world.clock.now + 1)
    active = run(argument='"b"', labels={"env": "one"})

    def names(**query: str) -> list[str]:
        found = ask("GET", f"workflowexecutions/{WORKFLOW}/executions", **query)[1]
        return [item["name"] for item in found.get("executions", [])]

    assert names(filter='state="ACTIVE" AND labels.env="one"') == [active]
    assert names(filter='state!="ACTIVE"') == [done]
    assert names(filter='labels.env="two"') == []
    assert names(orderBy="startTime") == [done, active]
    assert ask("GET", f"workflowexecutions/{WORKFLOW}/executions", filter="nonsense")[0] == 400
    basic = ask("GET", f"workflowexecutions/{WORKFLOW}/executions")[1]["executions"][1]
    full = ask("GET", f"workflowexecutions/{WORKFLOW}/executions", view="FULL")[1]["executions"][1]
    assert ("result" in basic, full["result"]) == (False, '"Hello a"')


def test_deleting_a_workflow_ends_its_executions(world: World, ask: Ask, waiting: tuple[str, str]) -> None:
    """Workflow, revisions and executions go together."""
    name, _ = waiting
    operation = ask("DELETE", f"workflows/{WORKFLOW}")[1]
    assert finished(world, ask, operation)["metadata"]["verb"] == "delete"
    assert [ask("GET", f"workflows/{WORKFLOW}")[0], ask("GET", f"workflowexecutions/v1/{name}")[0]] == [
        404,
        404,
    ]


def test_execution_keeps_the_revision_it_began_with(world: World, ask: Ask, waiting: tuple[str, str]) -> None:
    """A deployment in between changes nothing of an execution under way."""
    name, callback = waiting
    operation = ask("PATCH", f"workflows/{WORKFLOW}", {"sourceContents": GREET}, updateMask="sourceContents")[
        1
    ]
    finished(world, ask, operation)
    ask("POST", callback, "old")
    world.clock.advance_to(world.clock.now + 1)
    ended = ask("GET", f"workflowexecutions/v1/{name}")[1]
    assert (ended["result"], ended["workflowRevisionId"][:6]) == ('"old"', "000001")


def test_executions_that_are_active_end_at_the_quota(
    world: World, ask: Ask, monkeypatch: pytest.MonkeyPatch, waiting: tuple[str, str]
) -> None:
    """One more is answered with 429; when one has ended there is room again."""
    _, callback = waiting
    monkeypatch.setattr(executions, "CONCURRENCY_LIMIT", 1)
    path = f"workflowexecutions/{WORKFLOW}/executions"

    assert 429 == ask("POST", path, {})[0]
    ask("POST", callback, {})
    world.clock.advance_to(world.clock.now + 1)
    assert 200 == ask("POST", path, {})[0]


def test_event_starts_an_execution_with_the_event(
    world: World, ask: Ask, deploy: Callable[..., Json]
) -> None:
    """The argument is the whole CloudEvent; each delivery is an execution."""
    deploy("main: {params: [event], steps: [{out: {return: '${event.data.message.messageId}'}}]}")
    event = {"id": "7", "data": {"message": {"messageId": "7"}}}
    started = [world[EXECUTIONS].start_for_event(WORKFLOW.removeprefix("v1/"), event) for _ in range(2)]
    world.clock.advance_to(world.clock.now + 1)
    assert [execution.run.result for execution in started] == ['"7"', '"7"']


def test_workflow_calls_other_executions(
    world: World, ask: Ask, deploy: Callable[..., Json], run: Any
) -> None:
    """The executions connector and plain HTTP reach this cloud; other hosts are not there."""
    deploy(
        """
        main:
          params: [args]
          steps:
          - child: {switch: [{condition: '${get_type(args) == "string"}', return: "${args}"}]}
          - start:
              call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.create
              args: {parent: "${args.parent}", body: {argument: '"inner"'}}
              result: started
          - pause: {call: sys.sleep, args: {seconds: 5}}
          - get:
              call: http.get
              args: {url: '${"https://workflowexecutions.googleapis.com/v1/" + started.name}', auth: {type: OAuth2}}
              result: answer
          - outside:
              try: {call: http.get, args: {url: "https://example.com/"}}
              except: {as: e, steps: [{out: {return: ["${answer.body.result}", "${e.tags}"]}}]}
        """
    )
    name = run(argument=json.dumps({"parent": WORKFLOW.removeprefix("v1/")}))
    world.clock.advance_to(world.clock.now + 30)
    ended = ask("GET", f"workflowexecutions/v1/{name}")[1]
    assert json.loads(ended["result"]) == ['"inner"', ["ConnectionFailedError"]]


def test_disabled_api_refuses_everything(world: World, ask: Ask) -> None:
    """403 SERVICE_DISABLED while workflows.googleapis.com is off."""
    world.projects.get("shop").enabled.clear()
    status, refusal = ask("GET", f"workflows/{WORKFLOW}")
    assert (status, refusal["error"]["details"][0]["reason"]) == (403, "SERVICE_DISABLED")
    assert ask("GET", f"workflowexecutions/{WORKFLOW}/executions/x/stepEntries")[0] == 403
