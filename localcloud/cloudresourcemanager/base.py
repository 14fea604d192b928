"""The service itself, apart so that the files of its methods can import it."""

from __future__ import annotations

from localcloud.iam.conditions import MODIFIED, Attributes, modified_roles
from localcloud.iam.grants import bindings_of
from localcloud.projects import Project
from localcloud.service import PROJECT_PARAMETERS, Call, Service
from localcloud.wire.errors import Style


def _attributes(call: Call) -> Attributes:
    """Of a new policy, the roles that it changes: what a grant of limited roles asks about."""
    if not call.method.endswith("projects.setIamPolicy"):
        return {}
    project = call.world.projects.find(call.project)
    before = bindings_of(project) if project else []
    return {MODIFIED: modified_roles(before, call.body.get("policy", {}).get("bindings", []))}


service = Service(
    "cloudresourcemanager",
    "cloudresourcemanager.googleapis.com",
    ["v1", "v3"],
    Style.NEWER,
    project_parameters=(*PROJECT_PARAMETERS, "resource"),
    condition_attributes=_attributes,
)


def project_of(call: Call) -> Project:
    """The project that the path names by id or number; v1 and v3 name the parameter differently.

    Raises:
        Refused: PERMISSION_DENIED if it is not there [observed].
    """
    named = next(call.params[key] for key in ("projectsId", "projectId", "resource") if key in call.params)
    return call.world.projects.get(named)
