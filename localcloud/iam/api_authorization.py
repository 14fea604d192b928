"""What IAM asks about calls of its own API, and how it refuses them."""

from __future__ import annotations

from localcloud.iam.accounts import find
from localcloud.iam.authorization import DENIED, Authorization, error_info
from localcloud.service import Call, Need
from localcloud.wire.errors import Refused


class IamAuthorization(Authorization):
    """A service account has a policy of its own, by whichever name a call calls it."""

    def holder(self, call: Call) -> str:
        """The account that the path names by address or number, or the project."""
        named = call.params.get("serviceAccountsId")
        account = find(call.world, call.project, named) if named else None
        return str(account["name"]) if account else super().holder(call)

    def refused(self, call: Call, missing: list[Need]) -> Refused:
        """[observed: terraform-provider-google#6690 for roles; gcloud for service accounts]."""
        need = missing[0]
        if need.permission.startswith("iam.roles."):
            verb = need.permission.rpartition(".")[2]
            return Refused(DENIED, f"You don't have permission to {verb} the role at {need.name}.")
        words = f"Permission '{need.permission}' denied on resource (or it may not exist)."
        return Refused(DENIED, words, details=[error_info("iam", need)])
