"""gcloud as a judge: it must find nothing odd in triggers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.localcloud.cloudbuild.conftest import TRIGGER
from tests.support.judges import gcloud_in, judged_by_gcloud
from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import Services

pytestmark = [*judged_by_gcloud, pytest.mark.long]


def test_gcloud_lists_describes_and_deletes_triggers(builds: Services, tmp_path: Path) -> None:
    """By the name that it was given."""
    made = builds.ok("POST", "triggers", TRIGGER)
    with gcloud_in(builds.world, builds.services, PROJECT, tmp_path) as gcloud:
        assert [made] == gcloud.json("builds", "triggers", "list", "--region=us-central1")
        words = ("builds", "triggers", "describe", "deploy-push", "--region=us-central1")
        assert made == gcloud.json(*words)
        status, _, errors = gcloud.run("builds", "triggers", "delete", "deploy-push", "--region=us-central1")

    assert status == 0, errors
    assert {} == builds.ok("GET", "triggers")
