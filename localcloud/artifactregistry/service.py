"""The service; its methods register themselves with it."""

from __future__ import annotations

from localcloud.iam.authorization import Authorization
from localcloud.service import Service
from localcloud.wire.errors import Style

service = Service(
    "artifactregistry",
    "artifactregistry.googleapis.com",
    ["v1"],
    Style.NEWER,
    reads=frozenset({"testIamPermissions"}),
    authorization=Authorization(__file__),
    locations=frozenset({"asia", "europe", "us"}),  # [documented: its list of locations]
)

STEM = "artifactregistry.projects.locations"
REPOSITORIES, OPERATIONS = "artifactregistry.repositories", "artifactregistry.operations"
