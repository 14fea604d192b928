"""What IAM asks about the hub's calls, and how it refuses them."""

from __future__ import annotations

from localcloud.iam.authorization import DENIED, Authorization, error_info
from localcloud.service import Call, Need
from localcloud.wire.errors import Refused


class HubAuthorization(Authorization):
    """A refusal names what was to be made, too."""

    def name(self, call: Call, permission: str) -> str:
        """The resource, with the id of a new one."""
        new = call.query("featureId") or call.query("membershipId")
        return super().name(call, permission) + (f"/{new}" if new else "")

    def refused(self, call: Call, missing: list[Need]) -> Refused:
        """[observed]."""
        need = missing[0]
        words = f"Permission '{need.permission}' denied on '{need.name}'"
        return Refused(DENIED, words, details=[error_info("gkehub", need)])
