"""A project whose Cloud Build is called, and a trigger."""

from __future__ import annotations

import pytest

from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import Services, a_world

PLACE = f"projects/{PROJECT}/locations/us-central1"
REPOSITORY = f"{PLACE}/connections/github/repositories/platform"
BUILDER = f"build@{PROJECT}.iam.gserviceaccount.com"
PUSH = {"repository": REPOSITORY, "push": {"branch": "^main$"}}
TRIGGER = {
    "name": "deploy-push",
    "description": "Deploys.",
    "filename": "cloudbuild.yaml",
    "repositoryEventConfig": PUSH,
    "serviceAccount": f"projects/{PROJECT}/serviceAccounts/{BUILDER}",
    "substitutions": {"_REGION": "us-central1"},
}


@pytest.fixture
def builds() -> Services:
    """A project whose Cloud Build API is called on paths below its region."""
    return Services(a_world("cloudbuild"), f"cloudbuild/v1/{PLACE}/")
