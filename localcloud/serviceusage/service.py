"""The service; its methods register themselves with it."""

from __future__ import annotations

from localcloud.projects import Project
from localcloud.service import Call, Service
from localcloud.serviceusage.authorization import ServiceUsageAuthorization
from localcloud.wire.errors import Style, not_implemented

service = Service(
    "serviceusage",
    "serviceusage.googleapis.com",
    ["v1", "v1beta1"],
    Style.NEWER,
    always_on=True,
    authorization=ServiceUsageAuthorization(__file__),
)


def project_of(call: Call) -> Project:
    """The project that the path names by id or number (`v1/projects/P/…`).

    Raises:
        Refused: the parent is no project, or the project is not there.
    """
    parent, named = (call.params[f"{call.version}Id{suffix}"] for suffix in ("", "1"))
    if parent != "projects":
        raise not_implemented(f"services of {parent}: it has those of projects")
    return call.world.projects.get(named)
