"""What IAM asks about Cloud Build's calls."""

from __future__ import annotations

from localcloud.iam.authorization import Authorization, is_making
from localcloud.service import Call
from localcloud.wire.messages import Json


class BuildAuthorization(Authorization):
    """Whoever makes a trigger, or changes one, must be let act as the account that its builds run as [documented:
    build/docs/securing-builds/configure-user-specified-service-accounts]."""

    def resource(self, call: Call) -> Json:
        """The account that builds run as, by what is sent."""
        return {"serviceAccount": call.body.get("serviceAccount", "")} if is_making(call) else {}
