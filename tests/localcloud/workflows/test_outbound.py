"""Calls of a workflow, through the wire: which token they carry, and what comes back of an answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from localcloud.google_apis import GOOGLE_APIS
from localcloud.iam.tokens import TOKENS
from localcloud.pubsub import service as pubsub_service
from localcloud.request_path import REQUEST_PATH
from localcloud.wire.messages import Caller, Request, Response
from localcloud.workflows.executions import EXECUTIONS, Execution
from localcloud.workflows.outbound import RESPONSE_LIMIT
from localcloud.world import World
from tests.support.services import Services, a_world

WORKFLOW = "projects/shop/locations/us-central1/workflows/calls"
ACCOUNT = "calls@shop.iam.gserviceaccount.com"
TOPIC = "projects/shop/topics/t"
CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
DRIVE = "https://www.googleapis.com/auth/drive"
Run = Callable[[str], Execution]


@pytest.fixture
def world() -> World:
    """A world with Pub/Sub, and a topic in it."""
    world = a_world("pubsub")
    Services(world, services=[pubsub_service])
    world.store["pubsub.topics"].put(TOPIC, {"name": TOPIC})
    return world


@pytest.fixture
def run(world: World) -> Run:
    """Run a source to its end."""

    def to_end(source: str) -> Execution:
        executions = world[EXECUTIONS]
        executions.deploy(WORKFLOW, source, ACCOUNT)
        execution = executions.start(WORKFLOW)
        world.clock.advance_to(world.clock.now + 60)
        assert execution.ended is not None
        return execution

    return to_end


@pytest.fixture
def get(run: Run) -> Callable[..., Any]:
    """The topic by `http.get` with more arguments: what it answers, or the error."""

    def ask(**arguments: Any) -> Any:
        call = {
            "call": "http.get",
            "args": {"url": f"https://pubsub.googleapis.com/v1/{TOPIC}", **arguments},
            "result": "answer",
        }
        execution = run(json.dumps([{"ask": call}, {"out": {"return": "${answer}"}}]))
        error = execution.run.error
        return json.loads(error["payload"] if error else execution.run.result or "")

    return ask


def callers(world: World) -> list[str]:
    """Who made the calls that reached a service."""
    return [each.caller.identity for each in world[REQUEST_PATH].log.calls]


def test_a_request_without_auth_carries_no_token(world: World, get: Callable[..., Any]) -> None:
    """It is answered with 401, as anybody's without a token is."""
    error = get()

    assert (["HttpError"], 401) == (error["tags"], error["code"])
    assert "UNAUTHENTICATED" == error["body"]["error"]["status"]
    assert [] == callers(world)


def test_an_access_token_is_the_workflows(world: World, get: Callable[..., Any]) -> None:
    """With the type OAuth2."""
    answer = get(auth={"type": "OAuth2"})

    assert (200, {"name": TOPIC}) == (answer["code"], answer["body"])
    assert [ACCOUNT] == callers(world)


def test_an_id_token_is_no_credential_for_googles_apis(world: World, get: Callable[..., Any]) -> None:
    """They want an access token."""
    assert 401 == get(auth={"type": "OIDC", "audience": "https://pubsub.googleapis.com/"})["code"]
    assert [] == callers(world)


def test_a_header_may_bring_a_token_of_its_own(world: World, get: Callable[..., Any]) -> None:
    """Whose it is, is who calls."""
    token = world[TOKENS].issue(Caller("someone@example.com"))

    assert 200 == get(headers={"Authorization": f"Bearer {token}"})["code"]
    assert 401 == get(headers={"Authorization": "Bearer stale"})["code"]
    assert ["someone@example.com"] == callers(world)


@pytest.mark.parametrize("field", ["scope", "scopes"])
@pytest.mark.parametrize(
    ("scopes", "code"),
    [
        (CLOUD_PLATFORM, 200),
        ([DRIVE, CLOUD_PLATFORM], 200),
        (f"{DRIVE}, {CLOUD_PLATFORM}", 200),
        (DRIVE, 405),
        ([DRIVE], 405),
    ],
)
def test_a_token_of_fewer_rights_is_not_served(
    get: Callable[..., Any], field: str, scopes: Any, code: int
) -> None:
    """It is refused by name, not taken for a whole one."""
    assert code == get(auth={"type": "OAuth2", field: scopes})["code"]


@pytest.mark.parametrize(
    ("auth", "tag", "named"),
    [
        ("OAuth2", "TypeError", "auth"),
        ({}, "ValueError", "auth.type"),
        ({"type": "oauth2"}, "ValueError", "auth.type"),
        ({"type": "Basic"}, "ValueError", "auth.type"),
        ({"type": 1}, "TypeError", "auth.type"),
        ({"type": "OAuth2", "scopes": 1}, "TypeError", "auth.scopes"),
        ({"type": "OIDC", "audience": ["a"]}, "TypeError", "auth.audience"),
        ({"type": "OIDC", "audiences": "a"}, "ValueError", "audiences"),
    ],
)
def test_a_faulty_auth_is_an_error_of_the_step(
    world: World, get: Callable[..., Any], auth: Any, tag: str, named: str
) -> None:
    """Before anything is sent."""
    error = get(auth=auth)

    assert [tag] == error["tags"]
    assert named in error["message"]
    assert [] == callers(world)


@pytest.mark.parametrize("argument", ["private_service_name", "ca_certificate"])
def test_what_is_not_served_is_refused_by_name(get: Callable[..., Any], argument: str) -> None:
    """Not left out in silence."""
    error = get(auth={"type": "OAuth2"}, **{argument: "x"})

    assert 405 == error["code"]
    assert argument in error["body"]["error"]["message"]


def test_a_request_is_sent_as_documented(world: World, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    """Its body as JSON, with the user agent of Workflows behind its own."""
    sent = list[Request]()

    def answer(request: Request) -> Response:
        sent.append(request)
        return Response()

    monkeypatch.setattr(world[GOOGLE_APIS], "answer", answer)
    args = {"url": f"https://pubsub.googleapis.com/v1/{TOPIC}", "auth": {"type": "OAuth2"}, "body": "text"}
    run(json.dumps([{"ask": {"call": "http.post", "args": {**args, "headers": {"User-Agent": "Mine"}}}}]))

    (request,) = sent
    assert (b'"text"', "application/json; charset=utf-8") == (request.body, request.headers["content-type"])
    assert (
        "Mine GoogleCloudWorkflows; (+https://cloud.google.com/workflows/docs)"
        == request.headers["user-agent"]
    )


def test_a_body_that_does_not_fit_is_an_error_of_the_step(world: World, run: Run) -> None:
    """Nothing is sent."""
    args = {
        "url": f"https://pubsub.googleapis.com/v1/{TOPIC}",
        "headers": {"content-type": "text/plain"},
        "body": {},
    }
    execution = run(json.dumps([{"ask": {"call": "http.post", "args": args}}]))

    assert execution.run.error is not None
    assert ["TypeError"] == json.loads(execution.run.error["payload"])["tags"]
    assert [] == callers(world)


def test_a_connector_calls_in_the_workflows_name(world: World, run: Run) -> None:
    """Without being told to [documented: connectors]."""
    body = {"messages": [{"data": "aGk="}]}
    publish = {
        "call": "googleapis.pubsub.v1.projects.topics.publish",
        "args": {"topic": TOPIC, "body": body},
    }
    execution = run(json.dumps([{"publish": publish}]))

    assert execution.run.error is None
    assert [ACCOUNT] == callers(world)


def test_an_answer_ends_at_two_megabytes(world: World, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    """Whether or not anything of it is kept."""
    size = RESPONSE_LIMIT
    monkeypatch.setattr(world[GOOGLE_APIS], "answer", lambda request: Response(200, b"x" * size))
    args = {"url": f"https://pubsub.googleapis.com/v1/{TOPIC}", "auth": {"type": "OAuth2"}}
    source = json.dumps([{"ask": {"call": "http.get", "args": args}}])

    assert run(source).run.error is None
    size += 1
    error = run(source).run.error
    assert error is not None
    assert ["ResourceLimitError"] == json.loads(error["payload"])["tags"]
