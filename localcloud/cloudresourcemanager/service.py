"""The service; its methods register themselves with it."""

from __future__ import annotations

from localcloud.cloudresourcemanager.authorization import ProjectsAuthorization
from localcloud.projects import Project
from localcloud.service import PROJECT_PARAMETERS, Call, Service
from localcloud.wire.errors import Style

service = Service(
    "cloudresourcemanager",
    "cloudresourcemanager.googleapis.com",
    ["v1", "v3"],
    Style.NEWER,
    reads=frozenset({"getIamPolicy", "testIamPermissions"}),
    project_parameters=(*PROJECT_PARAMETERS, "resource"),
    authorization=ProjectsAuthorization(__file__),
)


def project_of(call: Call) -> Project:
    """The project that the path names by id or number; v1 and v3 name the parameter differently.

    Raises:
        Refused: PERMISSION_DENIED if it is not there [observed].
    """
    named = next(call.params[key] for key in ("projectsId", "projectId", "resource") if key in call.params)
    return call.world.projects.get(named)
