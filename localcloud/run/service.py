"""The service; its methods register themselves with it."""

from __future__ import annotations

from localcloud.iam.authorization import Authorization
from localcloud.service import Service
from localcloud.wire.errors import Style

service = Service(
    "run",
    "run.googleapis.com",
    ["v2"],
    Style.NEWER,
    reads=frozenset({"testIamPermissions"}),
    authorization=Authorization(__file__),
)

STEM = "run.projects.locations.services"
SERVICES = "run.services"
