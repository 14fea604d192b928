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
    history=frozenset({"cloudscheduler.attempts"}),
    authorization=SchedulerAuthorization(__file__),
)

STEM = "cloudscheduler.projects.locations.jobs"
# Jobs as they were asked for; and of each when it is due, when it was tried last, and how that ended.
JOBS, ATTEMPTS = "cloudscheduler.jobs", "cloudscheduler.attempts"
