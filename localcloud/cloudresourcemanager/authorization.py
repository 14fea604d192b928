"""What IAM asks about Resource Manager's calls, and how it refuses them."""

from __future__ import annotations

from localcloud.iam.authorization import DENIED, Authorization
from localcloud.iam.conditions import MODIFIED, modified_roles
from localcloud.iam.grants import bindings_of
from localcloud.service import Call, Need
from localcloud.wire.errors import Refused


class ProjectsAuthorization(Authorization):
    """Conditions ask which roles a new policy changes."""

    def attributes(self, call: Call) -> dict[str, list[str]]:
        """Of a new policy, the roles that it changes: what a grant of limited roles asks about."""
        if not call.method.endswith("projects.setIamPolicy"):
            return {}
        before = bindings_of(call.world, f"projects/{call.project}")
        return {MODIFIED: modified_roles(before, call.body.get("policy", {}).get("bindings", []))}

    def refused(self, call: Call, missing: list[Need]) -> Refused:
        """It names the permission to read a project, and none of the policy's [observed]."""
        need = missing[0]
        if need.permission.endswith(".setIamPolicy"):
            return Refused(DENIED, "Policy update access denied.")
        if need.permission.endswith(".getIamPolicy"):
            return Refused(DENIED, "The caller does not have permission")
        resource = f"//cloudresourcemanager.googleapis.com/{need.name}"
        return Refused(
            DENIED, f"Permission '{need.permission}' denied on resource '{resource}' (or it may not exist)."
        )
