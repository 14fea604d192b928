"""A client that asks a small Google, and a watch that needs no waiting."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fleetgate.client import calls
from fleetgate.client.pauses import Watch
from fleetgate.client.target import Target, target_of
from tests.support.google_grpc import GoogleGrpc
from tests.support.google_server import NOW, GoogleServer

WORKFLOW = "projects/hub/locations/us-west1/workflows/fleetgate"
EXECUTIONS = f"/workflowexecutions/v1/{WORKFLOW}/executions"
GENERATION = f"{round((NOW - 600) * 1000)}-77"


@pytest.fixture(scope="module")
def front(server: GoogleServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoogleGrpc]:
    """The same server over gRPC, which is trusted."""
    grpc = GoogleGrpc(server)
    roots = tmp_path_factory.mktemp("roots") / "roots.pem"
    roots.write_bytes(grpc.pem)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", str(roots))
        yield grpc
    grpc.close()


@pytest.fixture
def here(google: GoogleServer, front: GoogleGrpc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Target:
    """Fleetgate's place there, as the user whose token lies in a file. What fails is not tried for long."""
    front.tokens.clear()
    monkeypatch.setattr(calls, "REPEATED", 0.01)
    token = tmp_path / "token"
    token.write_text("a-token\n")
    environ = {
        **google.environment(),
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
        "FLEETGATE_GRPC_ENDPOINT": front.host,
    }
    return target_of("hub", "us-west1", environ)


@dataclass
class FakeTime:
    """Time that passes when somebody sleeps; `then` is told after each pause."""

    now: float = 0.0
    pauses: list[float] = field(default_factory=list)
    then: Callable[[int], None] = lambda _: None

    def sleep(self, seconds: float) -> None:
        """Let it pass."""
        self.now += seconds
        self.pauses.append(seconds)
        self.then(len(self.pauses))

    def watch(self) -> Watch:
        """A watch that shows it."""
        return Watch(lambda: self.now, self.sleep)


@pytest.fixture
def fake_time() -> FakeTime:
    """Midnight."""
    return FakeTime()


@dataclass
class Heard:
    """What was told meanwhile."""

    words: list[str] = field(default_factory=list)

    def tell(self, passed: float, words: str) -> None:
        """Note it."""
        self.words.append(words)


def execution(id_: str, message: str = "m-1", **fields: Any) -> dict[str, Any]:
    """An execution that this message started, active unless said otherwise."""
    result = fields.pop("result", None)
    published = {"messageId": message, "publishTime": datetime.fromtimestamp(NOW, UTC).isoformat()}
    event = {"id": message, "data": {"message": published}}
    told = {"result": json.dumps(result), "state": "SUCCEEDED"} if result is not None else {}
    return {
        "name": f"projects/123/locations/us-west1/workflows/fleetgate/executions/{id_}",
        "state": "ACTIVE",
        "argument": json.dumps(event),
        **told,
        **fields,
    }


def result(outcome: str = "done", **fields: Any) -> dict[str, Any]:
    """What the sequence returns, without its steps."""
    return {"environment": "store", "action": "deploy", "outcome": outcome, **fields}


def add_anchor(google: GoogleServer, name: str = "store", **values: str) -> None:
    """An environment's anchor with these labels (`fleetgate-` left out), asked for ten minutes ago."""
    given = {
        "action": "deploy",
        "generation": GENERATION,
        "execution": "x-1",
        "project": "shop-prod",
        **values,
    }
    labels = {"fleetgate-env": name} | {f"fleetgate-{key}": value for key, value in given.items()}
    google.add_address(name=f"fleetgate-{name}", labels=labels)


def add_unlabelled(google: GoogleServer, name: str = "store") -> None:
    """An anchor as a claim creates it, before it has labels."""
    note = f"Fleetgate environment {name}, first claimed by {GENERATION}/x-1 for project shop-prod"
    google.add_address(name=f"fleetgate-{name}", description=note)
