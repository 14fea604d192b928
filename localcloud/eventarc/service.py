"""The service; its methods register themselves with it."""

from __future__ import annotations

from localcloud.eventarc.authorization import EventarcAuthorization
from localcloud.service import Service
from localcloud.wire.errors import Style

TRIGGERS, OPERATIONS = "eventarc.triggers", "eventarc.operations"
STEM = "eventarc.projects.locations"

service = Service(
    "eventarc",
    "eventarc.googleapis.com",
    ["v1"],
    Style.NEWER,
    authorization=EventarcAuthorization(__file__, TRIGGERS),
    locations=frozenset({"global"}),  # [documented: its list of locations]
)
