"""A cloud with one project, and a small function that does what its event says."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.cloud import LocalCloud, Settings
from localcloud.eventarc.events import PUBLISHED
from localcloud.functions.logs import LogEntry
from localcloud.functions.runtime import Invocation
from tests.support.local_cloud import let_pass
from tests.support.projects import CLOUD_PROJECT as PROJECT

LOCATION = f"projects/{PROJECT}/locations/us-central1"
APIS = ("pubsub.googleapis.com",)
PRELOAD = (
    "functions_framework",
    "werkzeug.serving",
    "google.auth.transport.requests",
    "google.auth.compute_engine",
)

SOURCE = """
import base64, json, os, sys, urllib.request

import functions_framework

HELD = []


def metadata(path):
    url = f"http://{os.environ['GCE_METADATA_HOST']}/computeMetadata/v1/{path}"
    return urllib.request.urlopen(urllib.request.Request(url, headers={"Metadata-Flavor": "Google"})).read()


def topics(verb="GET", name=""):
    token = json.loads(metadata("instance/service-accounts/default/token"))["access_token"]
    url = os.environ["CLOUDSDK_API_ENDPOINT_OVERRIDES_PUBSUB"] + "v1/projects/shop/topics" + name
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = b"{}" if verb == "PUT" else None
    return urllib.request.urlopen(urllib.request.Request(url, body, headers, method=verb)).read()


@functions_framework.cloud_event
def work(event):
    order = json.loads(base64.b64decode(event.data["message"]["data"]))
    HELD.append(event["id"])
    exec(order["code"], {**globals(), "event": event})
"""


@dataclass
class Shop:
    """Deploys functions and hands them events."""

    cloud: LocalCloud

    def deploy(
        self, name: str, folder: Path, source: str = SOURCE, timeout: float = 60.0, **environment: str
    ) -> None:
        """A function of this source, which messages of the topic of its name trigger."""
        file = folder / f"{name}.py"
        file.write_text(source)
        self.cloud.create_topic(self.topic(name))
        service = {
            "serviceAccountEmail": f"{name}@{PROJECT}.iam.gserviceaccount.com",
            "environmentVariables": environment,
            "timeoutSeconds": timeout,
        }
        fields = {
            "buildConfig": {"runtime": "python312", "entryPoint": "work"},
            "serviceConfig": service,
            "eventTrigger": {"eventType": PUBLISHED, "pubsubTopic": self.topic(name)},
        }
        self.cloud.deploy_function(f"{LOCATION}/functions/{name}", fields, file)

    @staticmethod
    def topic(name: str) -> str:
        """The full name of a topic."""
        return f"projects/{PROJECT}/topics/{name}"

    def publish(self, name: str, code: str) -> str:
        """Let the function run `code`; the message's id."""
        data = base64.b64encode(json.dumps({"code": code}).encode()).decode()
        return self.cloud.broker.publish(self.topic(name), {"data": data})

    async def call(self, name: str, code: str) -> Invocation:
        """Let the function run `code`, and wait until it has."""
        message = self.publish(name, code)
        await self.cloud.run_until(lambda: bool(self.invocations(message)) and self.cloud.schedule.idle)
        return self.invocations(message)[0]

    async def said(self, name: str, code: str) -> dict[str, Any]:
        """What the function prints when it runs `code`."""
        before = len(self.cloud.functions.logs.entries)
        invocation = await self.call(name, code)
        assert invocation.outcome == "ok", invocation
        (entry,) = self.cloud.functions.logs.entries[before:]
        return entry.payload

    async def passed(self, seconds: float) -> None:
        """Let this time pass."""
        await let_pass(self.cloud, seconds)

    def invocations(self, event: str) -> list[Invocation]:
        """What became of an event."""
        return [each for each in self.cloud.functions.invocations if each.event == event]

    def logged(self, name: str) -> list[LogEntry]:
        """What a function has printed."""
        return [each for each in self.cloud.functions.logs.entries if each.function == name]

    def instances(self, name: str) -> list[str]:
        """The instances that a function has now."""
        names = (f"{name}-{number:03d}" for number in range(20))
        return [each for each in names if self.cloud.functions.instance(each)]


def a_cloud(seed: int) -> LocalCloud:
    """One that can start the small function."""
    return LocalCloud(Settings(seed=seed, preload=PRELOAD))


async def in_cloud(seed: int, scene: Callable[[Shop], Any]) -> Any:
    """Play a scene in a cloud of its own."""
    async with a_cloud(seed) as cloud:
        cloud.create_project(PROJECT, APIS)
        return await scene(Shop(cloud))
