"""How IAM refuses Pub/Sub's calls."""

from __future__ import annotations

from localcloud.iam.authorization import DENIED, Authorization
from localcloud.service import Call, Need
from localcloud.wire.errors import Refused


class PubSubAuthorization(Authorization):
    """A refusal names nothing."""

    def refused(self, call: Call, missing: list[Need]) -> Refused:
        """[documented: troubleshooting]."""
        return Refused(DENIED, "User not authorized to perform this action.")
