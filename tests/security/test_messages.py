"""What a message on a step's topic can do: nothing beyond the claim that the anchor bears, and no token elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared import errors
from shared.google.container_writes import delete_cluster
from shared.google.session import REPEATS, Session
from shared.step import callback
from shared.step.message import Message
from shared.step.outcome import Decision, Done
from shared.step.run import run
from shared.step.step import Step
from tests.security.hostile import HostileServer
from tests.support.google_server import EXECUTION, NUMBER, GoogleServer

Make = Callable[..., Message]
Event = Callable[..., dict[str, Any]]
GOOD = (
    f"https://workflowexecutions.googleapis.com/v1/projects/{NUMBER}/locations/us-west1/workflows/fleetgate"
    f"/executions/{EXECUTION}/callbacks/11111111-2222-4333-8444-555555555555"
)
EVIL = "evil.example"
OTHER_PROJECTS = [  # near misses of our number, and of our id "hub"
    "999999999999",
    f"p{NUMBER}",
    f"{NUMBER}0",
    f"0{NUMBER}",
    NUMBER[:-1],
    f"{NUMBER}hub",
    "hub-2",
    "hubs",
    "hu",
    "a-hub",
    "Hub",
    "HUB",
    "example.com:hub",
    "h%75b",
    "%68ub",
    f"%3{NUMBER[0]}{NUMBER[1:]}",
    "hub/.",
    "hub/../other",
    "other/../hub",
    "./hub",
    "hub/",
    "hub%2f..%2fother",
    "hub\n",
    " hub",
    "h\u03c5b",  # its second letter is Greek
    "",
    "-",
    "*",
    ".",
    "..",
]
HOST = "workflowexecutions.googleapis.com"


def forged() -> list[str]:
    """URLs that look like a callback of ours."""
    return [
        GOOD.replace("https:", "http:"),
        GOOD.replace("https://", f"https://{EVIL}/"),
        GOOD.replace("https://", f"https://{HOST}@{EVIL}/"),
        GOOD.replace("https://", f"https://user:{HOST}@"),
        GOOD.replace(HOST, f"{HOST}.{EVIL}"),
        GOOD.replace(HOST, f"{HOST}:8443"),
        GOOD.replace(HOST, f"{EVIL}#{HOST}"),
        GOOD.replace(HOST, f"{EVIL}\\@{HOST}"),
        GOOD.replace(HOST, HOST.upper()),
        *(GOOD.replace(NUMBER, other) for other in OTHER_PROJECTS),
        GOOD.replace("us-west1", "us-east1"),
        GOOD.replace("workflows/fleetgate", "workflows/other"),
        GOOD.replace(EXECUTION, "22222222-2222-4333-8444-555555555555"),
        GOOD.replace("/callbacks/", "/callbacks/../../"),
        f"{GOOD}/x",
        f"{GOOD}?x=1",
        f"{GOOD}#x",
        f"{GOOD}\n",
        f"{GOOD}%2f..",
        GOOD[: GOOD.index("/callbacks/") + 11],
        "",
    ]


@pytest.fixture
def of_google(monkeypatch: pytest.MonkeyPatch, google: GoogleServer) -> Any:
    """Settings with Google's own endpoint for executions."""
    variables = google.environment()
    variables.pop("CLOUDSDK_API_ENDPOINT_OVERRIDES_WORKFLOWEXECUTIONS")
    return type(google.settings()).from_env(variables)


@pytest.mark.parametrize("project", [NUMBER, "hub"])
def test_the_executions_own_callback_is_taken(message: Make, of_google: Any, project: str) -> None:
    """What the forged ones are measured by; the project is told by its number or its id."""
    callback.check(message(callback=GOOD.replace(NUMBER, project)), of_google, NUMBER)


@pytest.mark.parametrize("url", [*forged(), *(each.replace(NUMBER, "hub") for each in forged())])
def test_a_forged_callback_gets_no_token(message: Make, of_google: Any, url: str) -> None:
    """Another host, scheme, project, place, workflow, execution, or a path that leads on."""
    with pytest.raises(errors.CallbackRefused):
        callback.check(message(callback=url), of_google, NUMBER)


@pytest.mark.parametrize("execution", ["", "../x", "x/callbacks/y", "x?a=", "x#", "x\n", "x" * 65, "%2e%2e"])
def test_an_execution_that_leads_elsewhere_is_no_message(message: Make, execution: str) -> None:
    """It is a part of the URL that the callback is compared with."""
    with pytest.raises(errors.BadMessage):
        message(claim={"name": "store", "generation": "1-1", "execution": execution})


@pytest.mark.parametrize("field", ["project", "network", "subnetwork"])
def test_a_place_that_leads_elsewhere_is_no_message(message: Make, field: str) -> None:
    """Its parts become parts of URLs."""
    place = {"project": "shop-prod", "network": "default", "subnetwork": "default", field: "x/../../y"}
    with pytest.raises(errors.BadMessage):
        message(place=place)


def test_a_callbacks_redirect_is_not_followed(google: GoogleServer, event: Event, session: Session) -> None:
    """Whoever answers there, the token stays."""
    elsewhere, redirecting = HostileServer(), HostileServer()
    redirecting.answer = lambda path: (307, {"Location": f"http://{elsewhere.host}{path}"}, b"")
    with pytest.raises(errors.Transient, match="redirect"):
        _session(google, redirecting).post("workflowexecutions", "v1/x/callbacks/cb-1", {})
    with pytest.raises(errors.Transient, match="redirect"):
        _session(google, redirecting).get("container", "v1/projects/p/locations/-/clusters")
    elsewhere.close()
    redirecting.close()
    assert (len(redirecting.seen), elsewhere.seen) == (2 + REPEATS, [])


def test_a_client_librarys_redirect_is_not_followed(google: GoogleServer) -> None:
    """The libraries would; the adapter under them does not let them."""
    elsewhere, redirecting = HostileServer(), HostileServer()
    redirecting.answer = lambda path: (302, {"Location": f"http://{elsewhere.host}{path}"}, b"")
    with pytest.raises(errors.Transient, match="redirect"):
        delete_cluster(_session(google, redirecting), "projects/p/locations/us-west1-a/clusters/c")
    elsewhere.close()
    redirecting.close()
    assert (len(redirecting.seen), elsewhere.seen) == (1, [])


def _session(google: GoogleServer, server: HostileServer) -> Session:
    """A session whose APIs are all at `server`."""
    variables = google.environment()
    for service in ("WORKFLOWEXECUTIONS", "CONTAINER"):
        variables[f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{service}"] = f"http://{server.host}/"
    return Session(type(google.settings()).from_env(variables))


def test_a_message_that_is_not_ours_asks_for_nothing(
    google: GoogleServer, event: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is logged, shortly, and forgotten: no call, no token."""
    run({"message": {"data": "bm90IGpzb24="}}, _step())
    run(event(callback="https://evil.example/" + "x" * 100_000), _step())
    run(event(schema="canary" * 10_000), _step())
    assert google.requests == []
    assert max(map(len, capsys.readouterr().out.splitlines())) < 500


def test_a_message_without_the_anchors_claim_changes_nothing(anchored: GoogleServer, event: Event) -> None:
    """Whoever publishes on a step's topic needs generation and execution, as well as the topic."""
    claim = {"name": "store", "generation": "1-1", "execution": EXECUTION}
    run(event(claim=claim), _step())
    (answer,) = anchored.posted("/callbacks/")
    assert (answer["outcome"], anchored.mutations()) == ("superseded", [])


@pytest.mark.parametrize("name", ["../x", "x/setLabels", "x?filter=y", "store\n", ""])
def test_an_environments_name_that_leads_elsewhere_has_no_anchor(
    google: GoogleServer, event: Event, name: str
) -> None:
    """It is not even asked for."""
    run(event(claim={"name": name, "generation": "1-1", "execution": EXECUTION}), _step())
    assert [path for method, path, _ in google.requests if method == "GET"] == []
    assert json.loads(json.dumps(google.posted("/callbacks/")))[0]["outcome"] in ("superseded", "waiting")


def _step() -> Step[None]:
    return Step("subnets", lambda context: None, lambda *_: Decision(Done()), frozenset({"apply"}))
