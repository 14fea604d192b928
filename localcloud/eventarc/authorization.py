"""What IAM asks about Eventarc's calls, and how it refuses them."""

from __future__ import annotations

from localcloud.iam.authorization import DENIED, RunsAsAccount
from localcloud.service import Call, Need
from localcloud.wire.errors import Refused

ACT_AS = "iam.serviceAccounts.actAs"


class EventarcAuthorization(RunsAsAccount):
    """Whoever makes a trigger must be let act as its account."""

    def refused(self, call: Call, missing: list[Need]) -> Refused:
        """Acting as somebody is refused in words of Eventarc's own."""
        need = missing[0]
        return may_not_act_as(need.name) if need.permission == ACT_AS else super().refused(call, missing)


def may_not_act_as(account: str) -> Refused:
    """[documented: functions/docs/troubleshooting], also of an account that is not there."""
    return Refused(
        DENIED, f'Permission "iam.serviceAccounts.ActAs" denied on "EndUserCredentials to {account}"'
    )
