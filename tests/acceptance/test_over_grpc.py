"""The command line asks a standing cloud over gRPC, with a person's credentials: two processes, as in two terminals.

Pub/Sub's and Workflows' addresses of REST lead nowhere here, so what the commands do they do over gRPC.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fleetgate.local.test_up import Standing, standing
from tests.support.paths import ROOT

OVER_GRPC = ("PUBSUB", "WORKFLOWS", "WORKFLOWEXECUTIONS")
USER, OWNER = "user:user@example.com", "user:owner@example.com"

READING = ("roles/compute.networkViewer", "roles/workflows.viewer")
pytestmark = pytest.mark.long  # `make test` has a program that publishes over gRPC, and each call for itself
VERSION = {"options": {"requestedPolicyVersion": 3}}  # of policies that have conditions


@pytest.fixture(scope="module")
def nowhere() -> Iterator[str]:
    """An address that nobody listens on, and nobody else is given."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture(scope="module")
def cloud() -> Iterator[Standing]:
    """A cloud with Fleetgate in it."""
    with standing("--speed", "500") as found:
        yield found


@pytest.fixture(scope="module")
def terminal(cloud: Standing, nowhere: str) -> Standing:
    """The other terminal."""
    dead = {f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name}": f"http://{nowhere}/" for name in OVER_GRPC}
    return Standing(cloud.process, {**cloud.variables, **dead})


def fleetgate(terminal: Standing, *words: str) -> subprocess.CompletedProcess[str]:
    """A command, in a process of its own."""
    return terminal.run(sys.executable, "-m", "fleetgate", *words)


def take_the_ownership(cloud: Standing) -> None:
    """Leave the person what the bootstrap gives to requesters, but for the topic; somebody else is the owner."""
    path = f"v1/projects/{cloud.variables['FLEETGATE_PROJECT']}"
    policy: dict[str, Any] = cloud.api("CLOUDRESOURCEMANAGER", "POST", f"{path}:getIamPolicy", VERSION)
    for binding in policy["bindings"]:
        binding["members"] = [OWNER if each == USER else each for each in binding["members"]]
    policy["bindings"] += [{"role": role, "members": [USER]} for role in READING]
    cloud.api("CLOUDRESOURCEMANAGER", "POST", f"{path}:setIamPolicy", {"policy": {**policy, "version": 3}})


def test_an_environment_is_deployed_awaited_and_shown_and_no_more_without_the_right(
    cloud: Standing, terminal: Standing, nowhere: str
) -> None:
    """Publishing, following, reading; then the right to publish is taken away."""
    deployed = fleetgate(terminal, "deploy", "examples/store.yaml", "-o", "json")
    assert (0, "") == (deployed.returncode, deployed.stderr)
    report = json.loads(deployed.stdout)
    assert ("store", "done") == (report["environment"], report["outcome"])
    assert all(row["ok"] for row in report["traffic"]) and report["traffic"]

    waited = fleetgate(terminal, "wait", "store", "--for", "verified", "--timeout", "60")
    assert (0, "store is verified\n") == (waited.returncode, waited.stderr)

    [shown] = json.loads(fleetgate(terminal, "status", "-o", "json").stdout)
    assert ("verified", "SUCCEEDED") == (shown["phase"], shown["executionState"])

    without = Standing(cloud.process, {**cloud.variables, "FLEETGATE_GRPC_ENDPOINT": nowhere})
    missed = fleetgate(without, "status")
    assert 4 == missed.returncode and "workflowexecutions does not answer" in missed.stderr

    take_the_ownership(cloud)
    refused = fleetgate(terminal, "verify", "store")
    assert (4, "") == (refused.returncode, refused.stdout)
    assert "Permission denied in fleetgate-demo" in refused.stderr
    assert "ask its owner for pubsub.topics.publish" in refused.stderr
    assert 0 == fleetgate(terminal, "status").returncode


def test_a_stranger_is_refused_with_what_to_do(terminal: Standing, tmp_path: Path) -> None:
    """A token that is nobody's."""
    token = tmp_path / "token"
    token.write_text("nobody's")
    stranger = Standing(
        terminal.process, {**terminal.variables, "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token)}
    )

    done = fleetgate(stranger, "deploy", str(ROOT / "examples" / "store.yaml"))

    assert 4 == done.returncode and "The access token was refused" in done.stderr
