"""A server in Google's place, and messages as the workflow sends them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import yaml

from functions.environment.accept import ACCEPT
from functions.environment.claim import CLAIM
from functions.environment.finish import FINISH
from shared.google.session import Session
from shared.spec import Environment, parse_environment
from shared.step.message import Message, parse
from shared.step.packed import pack
from shared.step.run import run
from tests.support.anchors import MINE
from tests.support.google_server import EXECUTION, NOW, GoogleServer
from tests.support.paths import ROOT
from tests.support.projects import PROJECT
from tests.support.rows import last_lines, with_rows

EXAMPLE = yaml.safe_load((ROOT / "examples" / "store.yaml").read_text())
GENERATION = "1767599990000-77"
DEPLOY: dict[str, Any] = {"action": "deploy", "environment": {**EXAMPLE, "project": PROJECT}}
LATER = "2026-01-05T08:00:00.000Z"  # NOW
Ask = Callable[..., Any]


@pytest.fixture(scope="session")
def _server() -> Iterator[GoogleServer]:
    server = GoogleServer()
    yield server
    server.close()


@pytest.fixture
def google(_server: GoogleServer, monkeypatch: pytest.MonkeyPatch) -> GoogleServer:
    """An empty Google Cloud, and the variables that lead there."""
    _server.reset()
    for name, value in _server.environment().items():
        monkeypatch.setenv(name, value)
    return _server


@pytest.fixture
def session(google: GoogleServer) -> Session:
    """A function's session."""
    return Session(google.settings())


@pytest.fixture
def store() -> Environment:
    """The tutorial's environment."""
    return parse_environment({**EXAMPLE, "project": PROJECT}, project=PROJECT)


@pytest.fixture
def event(google: GoogleServer, store: Environment) -> Callable[..., dict[str, Any]]:
    """The data of the CloudEvent that brings a message; keywords replace its fields."""

    def make(**fields: Any) -> dict[str, Any]:
        message = {
            "schema": 2,
            "step": "subnets",
            "mode": "apply",
            "attempt": 1,
            "nonce": "n-1",
            "callback": google.callback(),
            "deadline": NOW + 90,
            "sent": NOW,
            "claim": {"name": "store", "generation": GENERATION, "execution": EXECUTION},
            "environment": pack(store.wire()),
        } | fields
        data = base64.b64encode(json.dumps(message).encode()).decode()
        return {"message": {"data": data, "messageId": "1"}, "subscription": "s"}

    return make


@pytest.fixture
def message(event: Callable[..., dict[str, Any]]) -> Callable[..., Message]:
    """The same, parsed."""
    return lambda **fields: parse(event(**fields))


@pytest.fixture
def anchored(google: GoogleServer) -> GoogleServer:
    """The anchor of `store`, held by the claim that messages are sent under."""
    google.add_address(
        name="fleetgate-store",
        labels={
            "fleetgate-env": "store",
            "fleetgate-generation": GENERATION,
            "fleetgate-execution": EXECUTION,
            "fleetgate-action": "deploy",
            "fleetgate-project": PROJECT,
            "fleetgate-network": "default",
            "fleetgate-gateway": "store_2finternal-cross-region-gateway",
            "fleetgate-config": "gke-west-1",
        },
        description=f"Fleetgate environment store, first claimed by {GENERATION}/{EXECUTION}",
    )
    return google


@pytest.fixture
def claim(
    google: GoogleServer, event: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> Ask:
    """Ask for a claim once, or only to begin it; the answer with its rows.

    `request` is what the user published, at `time`, as message `id`. `writing` is what the beginning has answered.
    """

    def ask(
        request: Any = DEPLOY,
        execution: str = EXECUTION,
        time: str = LATER,
        id: str = "88",
        mode: str = "claim",
        writing: str = "",
        **fields: Any,
    ) -> Any:
        data = base64.b64encode(json.dumps(request).encode()).decode()
        message = event(
            **fields,
            step="environment",
            mode=mode,
            environment=None,
            sent=google.now,
            deadline=google.now + 90,
            callback=google.callback(execution),
            claim={"name": "", "generation": "", "execution": execution, "writing": writing},
            request={"data": data, "messageId": id, "publishTime": time},
        )
        run(message, CLAIM, ACCEPT, FINISH)
        return with_rows(google.posted("/callbacks/")[-1], last_lines(capsys))

    return ask


@pytest.fixture
def accept(
    google: GoogleServer, event: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> Ask:
    """Tell once that check has passed; the answer, with its rows. `environment` is what the claim answered, packed."""

    def ask(environment: Any, generation: str = MINE, execution: str = EXECUTION, **fields: Any) -> Any:
        message = event(
            step="environment",
            mode="accept",
            environment=environment,
            claim={"name": "store", "generation": generation, "execution": execution},
            **fields,
        )
        run(message, CLAIM, ACCEPT, FINISH)
        return with_rows(google.posted("/callbacks/")[-1], last_lines(capsys))

    return ask


@pytest.fixture
def settle(
    google: GoogleServer, event: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> Ask:
    """Tell how it ended, once; the answer, with its rows. `fields` are those of the message, `more` of the ending."""

    def ask(
        phase: str,
        outcome: str,
        generation: str = MINE,
        name: str = "store",
        action: str = "deploy",
        execution: str = EXECUTION,
        fields: Mapping[str, Any] = {},
        **more: Any,
    ) -> Any:
        message = event(
            step="environment",
            mode="settle",
            sent=google.now,
            deadline=google.now + 90,
            claim={"name": name, "generation": generation, "execution": execution},
            callback=google.callback(execution),
            ending={"action": action, "phase": phase, "outcome": outcome, **more},
            **{"environment": None, **fields},
        )
        run(message, CLAIM, ACCEPT, FINISH)
        return with_rows(google.posted("/callbacks/")[-1], last_lines(capsys))

    return ask
