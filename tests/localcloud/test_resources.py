"""Resources of locations are in locations that there are, whichever service's they are."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.projects import CLOUD_PROJECT as PROJECT
from tests.support.services import Services, a_world

SERVICES = (
    "artifactregistry",
    "cloudbuild",
    "cloudfunctions",
    "cloudscheduler",
    "eventarc",
    "run",
    "workflows",
)
EVENT = {
    "repository": f"projects/{PROJECT}/locations/us-cental1/connections/c/repositories/r",
    "push": {"branch": "main"},
}
CREATIONS = [
    ("artifactregistry/v1", "repositories?repositoryId=images", {"format": "DOCKER"}),
    (
        "cloudbuild/v1",
        "triggers",
        {"name": "push", "filename": "cloudbuild.yaml", "repositoryEventConfig": EVENT},
    ),
    ("cloudfunctions/v2", "functions?functionId=step", {}),
    ("cloudscheduler/v1", "jobs", {"schedule": "* * * * *"}),
    ("eventarc/v1", "triggers?triggerId=requests", {}),
    ("workflows/v1", "workflows?workflowId=steps", {"sourceContents": "main:\n  steps: []"}),
]


@pytest.mark.parametrize(("service", "path", "body"), CREATIONS, ids=[each[0] for each in CREATIONS])
def test_nothing_is_made_where_no_region_is(service: str, path: str, body: Any) -> None:
    """A region that is written wrong is refused as one that the caller may not use."""
    cloud = Services(a_world(*SERVICES), f"{service}/projects/{PROJECT}/locations/")

    words = "Permission denied on 'locations/us-cental1' (or it may not exist)."
    assert (403, "PERMISSION_DENIED", words) == cloud.refusal("POST", f"us-cental1/{path}", body)


def test_what_is_in_no_region_is_where_its_api_says() -> None:
    """Repositories are in multi-regions as well, which scheduler jobs are not."""
    cloud = Services(a_world(*SERVICES), "")

    made = f"artifactregistry/v1/projects/{PROJECT}/locations/europe/repositories?repositoryId=images"
    cloud.ok("POST", made, {"format": "DOCKER"})
    assert 403 == cloud.refusal("GET", f"cloudscheduler/v1/projects/{PROJECT}/locations/europe/jobs/a")[0]
    assert {} == cloud.ok("GET", f"cloudscheduler/v1/projects/{PROJECT}/locations/-/jobs")
