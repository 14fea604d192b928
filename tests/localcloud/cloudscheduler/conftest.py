"""A project with a topic that somebody reads, and a job that publishes to it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from localcloud.iam.accounts import make
from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import Services, a_world

PLACE = f"projects/{PROJECT}/locations/us-central1"
NAME = f"{PLACE}/jobs/sweep"
ACCOUNT = f"schedule@{PROJECT}.iam.gserviceaccount.com"
TOPIC = f"projects/{PROJECT}/topics/news"
BODY = base64.b64encode(json.dumps({"messages": [{"data": "aGk="}]}).encode()).decode()
TARGET = {
    "uri": f"https://pubsub.googleapis.com/v1/{TOPIC}:publish",
    "httpMethod": "POST",
    "body": BODY,
    "headers": {"Content-Type": "application/json"},
    "oauthToken": {"serviceAccountEmail": ACCOUNT, "scope": "https://www.googleapis.com/auth/pubsub"},
}
JOB = {"name": NAME, "schedule": "*/15 * * * *", "timeZone": "Etc/UTC", "httpTarget": TARGET}


class Scheduler(Services):
    """Calls Cloud Scheduler on paths below its region, and tells what has been published."""

    def job(self, **fields: Any) -> Any:
        """A job that has just been made."""
        return self.ok("POST", "jobs", {**JOB, **fields})

    def published(self) -> int:
        """How many messages have come since somebody looked."""
        root, self.root = self.root, f"pubsub/v1/projects/{PROJECT}/"
        found = self.ok("POST", "subscriptions/reader:pull", {"maxMessages": 100}).get("receivedMessages", [])
        if found:
            self.ok("POST", "subscriptions/reader:acknowledge", {"ackIds": [each["ackId"] for each in found]})
        self.root = root
        return len(found)


@pytest.fixture
def scheduler() -> Scheduler:
    """At nine, UTC."""
    world = a_world("cloudscheduler", "pubsub")
    make(world, world.projects.get(PROJECT), "schedule", {})
    made = Scheduler(world, f"pubsub/v1/projects/{PROJECT}/")
    made.ok("PUT", "topics/news", {})
    made.ok("PUT", "subscriptions/reader", {"topic": TOPIC})
    made.root = f"cloudscheduler/v1/{PLACE}/"
    return made
