"""gcloud as a judge: triggers, and the functions whose own they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.iam.access import ACCESS
from tests.localcloud.cloudfunctions.clouds import PLACE, TOPIC, TRIGGERS
from tests.localcloud.eventarc.test_triggers import WORKFLOW, with_workflow
from tests.support.judges import gcloud_in, judged_by_gcloud
from tests.support.projects import CLOUD_PROJECT as PROJECT

pytestmark = [*judged_by_gcloud, pytest.mark.long]
WHERE = "--location=us-central1"


def test_gcloud_makes_shows_and_deletes_triggers_and_deletes_functions(tmp_path: Path) -> None:
    """It waits for the operations, and knows a function's own trigger by its destination."""
    cloud = with_workflow(tmp_path)
    cloud.create()
    cloud.world[ACCESS].enforced = False
    with gcloud_in(cloud.world, cloud.services, PROJECT, tmp_path) as gcloud:
        create = (
            *("eventarc", "triggers", "create", "requests", WHERE, "--destination-workflow=greet"),
            "--event-filters=type=google.cloud.pubsub.topic.v1.messagePublished",
            f"--service-account={TRIGGERS}",
            f"--transport-topic={TOPIC}",
        )
        status, _, errors = gcloud.run(*create)
        assert 0 == status, errors
        found = gcloud.json("eventarc", "triggers", "list", WHERE)
        status, _, errors = gcloud.run("eventarc", "triggers", "delete", "requests", WHERE)
        assert 0 == status, errors
        status, _, errors = gcloud.run("functions", "delete", "work", "--gen2", "--region=us-central1")
        assert 0 == status, errors
        assert [] == gcloud.json("eventarc", "triggers", "list", WHERE)

    assert [{"workflow": WORKFLOW}, {"cloudFunction": f"{PLACE}/functions/work"}] == [
        each["destination"] for each in found
    ]
    assert {} == cloud.ok("GET", f"pubsub/v1/projects/{PROJECT}/subscriptions")
