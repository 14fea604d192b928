"""Each archive alone is a function: in an empty environment, with its own requirements, it starts and answers."""

from __future__ import annotations

import asyncio
import base64
import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from fleetgate.local.installation import ANCHOR_SUBNETWORK, HOME_PROJECT, HOME_REGION, Installation
from fleetgate.packaging.archive import REQUIREMENTS, archive_of, steps
from fleetgate.packaging.command import ROOT
from localcloud.cloud import LocalCloud
from localcloud.functions.metadata import MetadataServer
from localcloud.time.clock import rfc3339
from localcloud.wire.messages import Request, Response
from shared.spec import parse_environment
from tests.acceptance.runs import document, run
from tests.fleetgate.packaging.environments import (
    Environment,
    Served,
    installed,
    linked,
    served,
    unpacked,
    wanted,
)

STEPS = steps(ROOT)
ONE_OF_EACH = ("subnets", "fleet", "clusters", "gateway")  # of each set of requirements
STORE = document("store")
# What each is asked to do, if not to plan: claim what nobody has, or look for what is left.
MODES = {"environment": "claim", "verification": "destroy"}
# One reserves the anchor, one has something to look for; to the others it is nobody's environment.
OUTCOMES = {"environment": "waiting", "verification": "waiting"}
PLACE = {"project": HOME_PROJECT, "network": "default"}


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where virtual environments are made, one for each set of requirements."""
    return tmp_path_factory.mktemp("environments")


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archives, unpacked."""
    folder = tmp_path_factory.mktemp("archives")
    for step in STEPS:
        unpacked(archive_of(ROOT, step).content, folder / step)
    return folder


class Place:
    """A cloud with what Fleetgate needs in it, and one function that is called there."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.installation = Installation(cloud)
        self.installation.install()

    def variables(self) -> dict[str, str]:
        """What the function finds in its environment: Google's variables, and its settings."""
        project = self.cloud.world.projects.get(HOME_PROJECT)
        server = MetadataServer(project, HOME_REGION, "f@example.com", "1", self.cloud.user_token)

        async def metadata(request: Request) -> Response:
            return server.handle(request)

        network = f"projects/{HOME_PROJECT}/regions/{HOME_REGION}/subnetworks/{ANCHOR_SUBNETWORK}"
        return {
            **self.cloud.endpoints(),
            "GCE_METADATA_HOST": self.cloud.edge.open("metadata/served", metadata),
            "FLEETGATE_PROJECT": HOME_PROJECT,
            "FLEETGATE_REGION": HOME_REGION,
            "FLEETGATE_ANCHOR_SUBNETWORK": network,
            "FLEETGATE_WORKFLOW": self.installation.workflow,
            "FLEETGATE_EVENTS_TOPIC": self.installation.topic("events"),
            "FLEETGATE_VERIFICATION_NETWORKS": json.dumps({self.installation.network: "projects/p/topics/t"}),
        }

    def message(self, step: str) -> dict[str, Any]:
        """What the workflow would send; the execution that it names has ended long ago."""
        now = self.cloud.world.clock.now
        number = self.cloud.world.projects.get(HOME_PROJECT).number
        workflow = f"projects/{number}/locations/{HOME_REGION}/workflows/fleetgate"
        request = {"action": "deploy", "environment": STORE}
        asked = {"messageId": "77", "publishTime": rfc3339(now), "data": _base64(request)}
        return {
            "schema": 1,
            "step": step,
            "mode": MODES.get(step, "apply"),
            "attempt": 1,
            "nonce": "n",
            "callback": f"{self.cloud.world.base_url}/workflowexecutions/v1/{workflow}/executions/e1/callbacks/c1",
            "deadline": now + 90,
            "sent": now,
            "claim": {"name": STORE["name"], "generation": "1767592800000-77", "execution": "e1"},
            "environment": parse_environment(STORE, project=HOME_PROJECT).wire(),
            **({"request": asked} if step == "environment" else {"place": PLACE}),
        }


def _base64(value: Any) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


def post(function: Served, message: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Hand a message over as Eventarc does; the status, and the line that it leaves in the log."""
    headers = {
        "ce-id": "1",
        "ce-source": "//pubsub.googleapis.com/projects/p/topics/t",
        "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
        "ce-specversion": "1.0",
        "content-type": "application/json",
    }
    body = json.dumps({"message": {"data": _base64(message), "messageId": "1"}, "subscription": "s"})
    before = len(function.log.read_text().splitlines())
    with urllib.request.urlopen(urllib.request.Request(function.url, body.encode(), headers)) as response:
        status = response.status
    (line,) = function.log.read_text().splitlines()[before:]
    return status, json.loads(line)


async def called(environment: Environment, archive: Path, step: str) -> list[tuple[int, dict[str, Any]]]:
    """What the function makes of a message for somebody else, and of one of its own."""
    async with LocalCloud() as cloud:
        place = Place(cloud)

        def call() -> list[tuple[int, dict[str, Any]]]:
            with served(environment, archive, step, **variables) as function:
                mine = place.message(step)
                return [post(function, mine | {"step": "nobody"}), post(function, mine)]

        variables = place.variables()
        return await asyncio.to_thread(call)


def check(environment: Environment, archive: Path, step: str) -> None:
    """It refuses what is not for it, and answers what is: nobody has claimed the environment."""
    refused, answered = asyncio.run(called(environment, archive, step))
    assert (200, "ERROR") == (refused[0], refused[1]["severity"])
    assert refused[1]["message"].startswith("BadMessage: step 'nobody'")
    assert (200, step) == (answered[0], answered[1]["logging.googleapis.com/labels"]["step"])
    # It has looked, and its answer came to an execution that is no more.
    expected = OUTCOMES.get(step, "superseded")
    assert (expected, "404") == (answered[1]["answer"]["outcome"], answered[1]["callback"][:3]), json.dumps(
        answered[1]
    )
    assert answered[1]["answer"]["calls"]["total"] > 1


@pytest.mark.parametrize("step", STEPS)
def test_an_archive_starts_in_an_empty_environment(step: str, archives: Path, environments: Path) -> None:
    """With what its own requirements.txt names; it asks the cloud, and answers."""
    environment = linked((archives / step / REQUIREMENTS).read_text("utf-8"), environments)
    check(environment, archives / step, step)


@pytest.mark.long
@pytest.mark.parametrize("step", ONE_OF_EACH)
def test_pip_installs_the_requirements_and_finds_their_hashes_right(
    step: str, archives: Path, tmp_path: Path
) -> None:
    """What is linked above is what pip installs; asks a package index."""
    requirements = archives / step / REQUIREMENTS
    environment = installed(requirements, tmp_path / "environment")
    assert set(wanted(requirements.read_text("utf-8"))) == environment.names()
    check(environment, archives / step, step)


@pytest.mark.long
def test_a_deploy_is_served_from_archives_alone(archives: Path) -> None:
    """Each function from its own folder: whatever it loads on the way is in there."""
    report = run(STORE, archives=archives).report
    assert "done" == report.outcome
