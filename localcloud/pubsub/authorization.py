"""What IAM asks about Pub/Sub's calls, and how it refuses them."""

from __future__ import annotations

from localcloud.iam.authorization import DENIED, Authorization
from localcloud.service import Call, Need
from localcloud.wire.errors import Refused


class PubSubAuthorization(Authorization):
    """A topic has a policy of its own [documented]."""

    def holder(self, call: Call) -> str:
        """The topic that the path names, else the project."""
        topic = call.params.get("topicsId")
        return super().holder(call) + (f"/topics/{topic}" if topic else "")

    def refused(self, call: Call, missing: list[Need]) -> Refused:
        """[documented: troubleshooting]."""
        return Refused(DENIED, "User not authorized to perform this action.")
