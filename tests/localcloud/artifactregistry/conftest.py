"""A project whose Artifact Registry is called, and a repository."""

from __future__ import annotations

import pytest

from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import Services, a_world

PLACE = f"projects/{PROJECT}/locations/us-central1"
NAME = f"{PLACE}/repositories/functions"
POLICIES = {
    "keep-three": {"action": "KEEP", "mostRecentVersions": {"keepCount": 3}},
    "delete-older": {"action": "DELETE", "condition": {"olderThan": "2592000s", "tagState": "ANY"}},
}
REPOSITORY = {
    "format": "DOCKER",
    "mode": "STANDARD_REPOSITORY",
    "description": "Images.",
    "cleanupPolicies": POLICIES,
    "labels": {"kept-by": "hand"},
}


@pytest.fixture
def registry() -> Services:
    """A project whose Artifact Registry API is called on paths below its region."""
    return Services(a_world("artifactregistry"), f"artifactregistry/v1/{PLACE}/")
