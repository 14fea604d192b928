"""The service; its methods register themselves with it."""

from __future__ import annotations

from localcloud.cloudscheduler.authorization import SchedulerAuthorization
from localcloud.service import Service
from localcloud.wire.errors import Style

service = Service(
    "cloudscheduler",
    "cloudscheduler.googleapis.com",
    ["v1"],
    Style.NEWER,
    authorization=SchedulerAuthorization(__file__),
)

STEM = "cloudscheduler.projects.locations.jobs"
JOBS = "cloudscheduler.jobs"
