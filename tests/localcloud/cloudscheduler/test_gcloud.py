"""gcloud as a judge: it must find nothing odd in a job."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.localcloud.cloudscheduler.conftest import ACCOUNT, TARGET, Scheduler
from tests.support.judges import gcloud_in, judged_by_gcloud
from tests.support.projects import CLOUD_PROJECT as PROJECT

pytestmark = [*judged_by_gcloud, pytest.mark.long]


def test_gcloud_makes_pauses_runs_and_deletes_a_job(scheduler: Scheduler, tmp_path: Path) -> None:
    """The job that it makes publishes."""
    where = "--location=us-central1"
    options = (
        f"--uri={TARGET['uri']}",
        "--schedule=*/15 * * * *",
        f"--oauth-service-account-email={ACCOUNT}",
    )
    message = '--message-body={"messages": [{"data": "aGk="}]}'
    with gcloud_in(scheduler.world, scheduler.services, PROJECT, tmp_path) as gcloud:
        made = gcloud.json("scheduler", "jobs", "create", "http", "sweep", where, *options, message)
        gcloud.json("scheduler", "jobs", "pause", "sweep", where)
        paused = gcloud.json("scheduler", "jobs", "describe", "sweep", where)
        scheduler.published()
        gcloud.json("scheduler", "jobs", "run", "sweep", where)
        published = scheduler.published()
        listed = gcloud.json("scheduler", "jobs", "list", where)
        status, _, errors = gcloud.run("scheduler", "jobs", "delete", "sweep", where)

    assert ("ENABLED", "PAUSED") == (made["state"], paused["state"])
    assert 1 == published and [made["name"]] == [each["name"] for each in listed]
    assert status == 0, errors
    assert {} == scheduler.ok("GET", "jobs")
