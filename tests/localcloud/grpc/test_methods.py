"""Which RPC is which method of REST: every RPC of the libraries is one, or is known to be none."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.grpc.methods import HOSTS, rpcs
from localcloud.services import SERVICES
from tests.support.paths import ROOT

# REST has them in no API that is here.
NONE = {
    "/google.pubsub.v1.Subscriber/StreamingPull",
    "/google.longrunning.Operations/CancelOperation",
    "/google.longrunning.Operations/WaitOperation",
}
GRPC = ("grpc", "google.pubsub_v1", "google.cloud.pubsub", "google.cloud.workflows")


def test_every_rpc_is_one_method() -> None:
    """Those of policies are one for each kind of resource."""
    found = rpcs()

    assert NONE == {path for path, rpc in found.items() if not rpc.methods}
    several = {path for path, rpc in found.items() if len(rpc.methods) > 1}
    assert {
        f"/google.iam.v1.IAMPolicy/{verb}" for verb in ("SetIamPolicy", "GetIamPolicy", "TestIamPermissions")
    } == (several)
    assert {"/google.pubsub.v1.Subscriber/StreamingPull"} == {p for p, rpc in found.items() if rpc.streams}


@pytest.mark.parametrize(
    ("rpc", "method"),
    [
        ("pubsub.v1.Publisher/UpdateTopic", "pubsub.projects.topics.patch"),
        ("pubsub.v1.Publisher/ListTopics", "pubsub.projects.topics.list"),
        ("pubsub.v1.Publisher/ListTopicSubscriptions", "pubsub.projects.topics.subscriptions.list"),
        ("pubsub.v1.Publisher/DetachSubscription", "pubsub.projects.subscriptions.detach"),
        ("pubsub.v1.Subscriber/Pull", "pubsub.projects.subscriptions.pull"),
        ("pubsub.v1.Subscriber/ModifyPushConfig", "pubsub.projects.subscriptions.modifyPushConfig"),
        ("pubsub.v1.SchemaService/ValidateMessage", "pubsub.projects.schemas.validateMessage"),
        ("cloud.workflows.v1.Workflows/ListWorkflowRevisions", "locations.workflows.listRevisions"),
        ("cloud.workflows.executions.v1.Executions/ListExecutions", "locations.workflows.executions.list"),
        ("longrunning.Operations/GetOperation", "workflows.projects.locations.operations.get"),
        ("cloud.location.Locations/ListLocations", "workflows.projects.locations.list"),
    ],
)
def test_an_rpc_is_the_method_that_its_words_say(rpc: str, method: str) -> None:
    """Some of each kind, by hand."""
    (found,) = rpcs()[f"/google.{rpc}"].methods
    assert found.id.endswith(method)


def test_every_method_that_these_libraries_can_call_is_called_by_some_rpc() -> None:
    """What is served over REST is served over gRPC; the rest of it is of REST alone."""
    called = {method.id for rpc in rpcs().values() for method in rpc.methods}
    apis = [service for service in SERVICES if service.api in HOSTS]
    served = {method for service in apis for method in service.handlers}

    stem = "workflowexecutions.projects.locations.workflows"
    assert {
        f"{stem}.triggerPubsubExecution",  # push subscriptions alone
        f"{stem}.executions.callbacks.list",
        f"{stem}.executions.callbacks.sendHttpCallback",
    } == served - called


def test_only_the_command_line_and_this_package_know_grpc() -> None:
    """Neither functions nor what they share do, so that no cold start has it."""
    knowing = {path for path in _modules() if any(name.startswith(GRPC) for name in _imports(path))}

    assert {"fleetgate", "localcloud"} >= {path.parts[0] for path in knowing}
    assert {("localcloud", "grpc")} >= {path.parts[:2] for path in knowing if path.parts[0] == "localcloud"}


def test_a_cloud_that_does_not_speak_grpc_does_not_import_it() -> None:
    """It takes a second, which `fleetgate local run` need not wait."""
    code = "import sys, localcloud.cloud, fleetgate.local.run, fleetgate.local.up; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert set() == {"grpc", "google.pubsub_v1", "google.cloud.workflows_v1"} & set(done.stdout.split())


def _modules() -> Iterator[Path]:
    for package in ("functions", "shared", "fleetgate", "localcloud"):
        yield from (path.relative_to(ROOT) for path in (ROOT / package).rglob("*.py"))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{each.name}" for each in node.names)
