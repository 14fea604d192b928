"""The service, and what IAM asks about its calls."""

from __future__ import annotations

from localcloud.cloudbuild.authorization import BuildAuthorization
from localcloud.service import Service
from localcloud.wire.errors import Style

service = Service(
    "cloudbuild",
    "cloudbuild.googleapis.com",
    ["v1"],
    Style.NEWER,
    authorization=BuildAuthorization(__file__),
    locations=frozenset({"global"}),  # [documented: its list of locations]
)

TRIGGERS = "cloudbuild.triggers"
