"""What IAM asks about Cloud Scheduler's calls, and how it refuses them."""

from __future__ import annotations

from localcloud.iam.authorization import DENIED, Authorization, is_making
from localcloud.service import Call, Need
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Json


class SchedulerAuthorization(Authorization):
    """Whoever makes a job must be let act as the account that it calls as [documented: OAuthToken]."""

    def resource(self, call: Call) -> Json:
        """The account that the job calls as, by what is sent."""
        token = call.body.get("httpTarget", {}).get("oauthToken", {}) if is_making(call) else {}
        return {"serviceAccount": token.get("serviceAccountEmail", "")}

    def name(self, call: Call, permission: str) -> str:
        """The location of a job that is to be made, else the job."""
        return super().name(call, permission).removesuffix("/jobs")

    def refused(self, call: Call, missing: list[Need]) -> Refused:
        """[observed: hashicorp/terraform-provider-google#7001]."""
        need = missing[0]
        return Refused(
            DENIED,
            f'The principal (user or service account) lacks IAM permission "{need.permission}" for the resource '
            f'"{need.name}" (or the resource may not exist).',
        )
