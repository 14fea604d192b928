"""gcloud as a judge: it must find nothing odd in repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.judges import gcloud_in, judged_by_gcloud
from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import Services

pytestmark = [*judged_by_gcloud, pytest.mark.long]


def test_gcloud_makes_describes_and_deletes_repositories(registry: Services, tmp_path: Path) -> None:
    """It waits for the operations."""
    where = "--location=us-central1"
    with gcloud_in(registry.world, registry.services, PROJECT, tmp_path) as gcloud:
        create = ("artifacts", "repositories", "create", "images", where, "--repository-format=docker")
        created, _, errors = gcloud.run(*create)
        assert 0 == created, errors
        found = gcloud.json("artifacts", "repositories", "describe", "images", where)
        deleted, _, errors = gcloud.run("artifacts", "repositories", "delete", "images", where)
        assert 0 == deleted, errors

    assert "us-central1-docker.pkg.dev/shop/images" == found["registryUri"]
    assert {} == registry.ok("GET", "repositories")
