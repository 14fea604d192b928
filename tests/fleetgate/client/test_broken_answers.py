"""What a person is told where answers are broken: one sentence and what to do, of every kind, over REST and gRPC."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from typer.testing import CliRunner, Result

from fleetgate.cli import app
from fleetgate.client import calls
from fleetgate.client.errors import FAILED
from fleetgate.local.installation import Installation
from localcloud.cloud import LocalCloud
from localcloud.faults.broken_answers import KINDS, Broken
from localcloud.faults.call_faults import Fault, Matcher
from localcloud.workflows import definitions
from tests.localcloud.grpc.clients import cloud_in_thread
from tests.support.local_cloud import call, put_anchor

REGION = "us-central1"
WORKFLOW = f"projects/shop/locations/{REGION}/workflows/fleetgate"
SOURCE = "main:\n  steps:\n  - last: {return: {outcome: done, environment: store}}\n"


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    """A cloud with an environment whose execution has ended well."""
    with cloud_in_thread() as standing:
        cloud = standing.cloud
        cloud.world.projects.get("shop").enabled.update({"compute.googleapis.com", "logging.googleapis.com"})
        cloud.create_topic("projects/shop/topics/fleetgate-requests")
        definitions.put(cloud.world, WORKFLOW, {"sourceContents": SOURCE, "serviceAccount": "x"})
        begun = call(cloud, "POST", f"workflowexecutions/v1/{WORKFLOW}/executions", {})
        here = SimpleNamespace(cloud=cloud, project="shop", region=REGION)
        put_anchor(
            cast(Installation, here), "1767600000000-1", begun["name"].rpartition("/")[2], action="deploy"
        )
        yield cloud


@pytest.fixture
def shell(cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalCloud]:
    """The variables of a person's shell there. What fails is not tried for long."""
    (tmp_path / "token").write_text(cloud.user_token())
    (tmp_path / "roots.pem").write_text(cloud.edge.public_authority.pem)
    variables = {
        **cloud.endpoints(),
        "FLEETGATE_PROJECT": "shop",
        "FLEETGATE_REGION": REGION,
        "FLEETGATE_GRPC_ENDPOINT": cloud.grpc_endpoint,
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(tmp_path / "token"),
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(tmp_path / "roots.pem"),
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(calls, "REPEATED", 0.01)
    yield cloud
    cloud.faults.cease()


def run(*words: str) -> Result:
    """`fleetgate` with these words."""
    return CliRunner().invoke(app, list(words))


def test_without_a_fault_all_is_well(shell: LocalCloud) -> None:
    """What the others of this page are measured by."""
    assert 0 == run("status", "store").exit_code
    assert 0 == run("verify", "store", "--no-wait").exit_code


COMMANDS: dict[str, tuple[str, list[str]]] = {
    "anchors, over REST": ("compute.*", ["status"]),
    "an execution, over gRPC": ("workflowexecutions.*.get", ["status", "store"]),
    "a publication, over gRPC": ("pubsub.*.publish", ["verify", "store", "--no-wait"]),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_broken_answer_is_one_sentence_and_what_to_do(shell: LocalCloud, name: str, kind: str) -> None:
    """Never a traceback; nor a success that nobody knows of, but where gRPC has no such trouble."""
    method, words = COMMANDS[name]
    shell.faults.plan(Fault(Matcher(method=method), Broken(kind), nth=None))
    result = run(*words)

    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    if kind == "unreadable Date" and "gRPC" in name:
        return  # an RPC has none
    lines = result.stderr.splitlines()
    assert (FAILED, "") == (result.exit_code, result.stdout), result.output
    assert (2, True) == (len(lines), lines[-1].startswith("  fix: ")), lines
    assert "Try again" in lines[-1]


def test_what_may_have_been_published_is_said_to_be(shell: LocalCloud) -> None:
    """A person who tries again at once would ask twice."""
    shell.faults.plan(Fault(Matcher(method="pubsub.*.publish"), Broken("empty body"), nth=None))

    assert "`fleetgate status`" in run("verify", "store", "--no-wait").stderr
