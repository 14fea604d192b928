"""Whole local clouds with Fleetgate in them, as much of it as a test needs, and what tests do with any of them."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fleetgate.local.installation import PRELOAD, Installation
from fleetgate.local.resources import APIS
from fleetgate.local.shell_environment import ShellEnvironment
from localcloud.cloud import LocalCloud, Settings
from localcloud.time.clock import rfc3339_pacific
from localcloud.wire.messages import Json, Response
from tests.support.projects import PROJECT
from tests.support.services import request

PERSON = "user@example.com"


@asynccontextmanager
async def cloud_with_fleetgate(
    steps: Sequence[str] | None = None, project: str = PROJECT, **settings: Any
) -> AsyncIterator[Installation]:
    """Fleetgate in a cloud of its own, which ends with the block: all of it, or the networks and these steps alone.

    Environments go to the project that it lives in. `settings` are those of the local cloud.
    """
    async with LocalCloud(Settings(**{"preload": PRELOAD, **settings})) as cloud:
        installation = Installation(cloud, project, project=project)
        if steps is None:
            installation.install("auto")
        else:
            cloud.create_project(project, APIS)
            installation._make_networks("auto")
            for step in steps:
                installation._deploy(step, step.replace("_", "-"))
        yield installation


def put_anchor(installation: Installation, generation: str, execution: str, **labels: str) -> None:
    """The anchor of `store` as the environment function leaves it, claimed by this execution; more `labels` without
    their prefix."""
    path = f"projects/{installation.project}/regions/{installation.region}"
    name = f"{path}/addresses/fleetgate-store"
    values = {"env": "store", "generation": generation, "execution": execution, **labels}
    address = {
        "kind": "compute#address",
        "id": "1234567890123456789",
        "name": "fleetgate-store",
        "address": "10.255.0.9",
        "addressType": "INTERNAL",
        "description": "",
        "labelFingerprint": "AAAAAAAAAAA=",
        "creationTimestamp": rfc3339_pacific(installation.cloud.world.clock.now - 3600),
        "selfLink": f"https://www.googleapis.com/compute/v1/{name}",
        "region": f"https://www.googleapis.com/compute/v1/{path}",
        "labels": {f"fleetgate-{key}": value for key, value in values.items()},
        "status": "RESERVED",
    }
    installation.cloud.world.store["compute.addresses"].put(name, address)


def shell_environment(installation: Installation) -> ShellEnvironment:
    """The environment of a shell for this cloud, not written yet."""
    cloud = installation.cloud
    return ShellEnvironment(cloud, installation.project, installation.region, cloud.folder / "user")


def shell_variables(installation: Installation, folder: Path) -> dict[str, str]:
    """What a person's shell has who works with this cloud, at home in `folder`."""
    surroundings = shell_environment(installation)
    surroundings.write()
    own = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    return {**own, **surroundings.variables()}


async def let_pass(cloud: LocalCloud, seconds: float, to_the_end: bool = False) -> None:
    """Let time pass; `to_the_end`, until what then runs has come to its end, too."""
    clock = cloud.world.clock
    until = clock.now + seconds
    clock.at(until, lambda: None)
    await cloud.run_until(lambda: clock.now >= until and (cloud.schedule.idle or not to_the_end))


def respond(
    cloud: LocalCloud, method: str, path: str, body: Any = None, who: str = PERSON, **query: str
) -> Response:
    """The raw answer to one call of a Google API; `path` begins with the service's name."""
    return cloud.answer(request(method, path, body, who, None, **query))


def call(
    cloud: LocalCloud, method: str, path: str, body: Any = None, who: str = PERSON, **query: str
) -> Json:
    """The answer to one that is expected to succeed."""
    answer = respond(cloud, method, path, body, who, **query)
    assert answer.status < 300, answer.body
    found: Json = json.loads(answer.body)
    return found
