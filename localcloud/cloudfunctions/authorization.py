"""What IAM asks about Cloud Functions' calls."""

from __future__ import annotations

from localcloud.iam.authorization import RunsAsAccount, is_making, verb_of
from localcloud.service import Call
from localcloud.wire.messages import Json
from localcloud.wire.validation import camel


class FunctionsAuthorization(RunsAsAccount):
    """Who deploys must be let act as the function's account, the one that builds it, and a new trigger's."""

    def resource(self, call: Call) -> Json:
        """The accounts that a deployment names, or that are there."""
        fields = super().resource(call)
        if not is_making(call):
            return fields
        there = call.world.store[self._collection].get(self.name(call, "")) or {}
        builders = (each.get("buildConfig", {}).get("serviceAccount") for each in (call.body, there))
        return {
            **fields,
            "buildAccount": next(filter(None, builders), ""),
            "triggerAccount": _trigger_account(call),
        }


def _trigger_account(call: Call) -> str:
    """A trigger that a change does not touch needs nobody's leave."""
    mask = [camel(path.partition(".")[0]) for path in call.query("updateMask").split(",") if path]
    touched = verb_of(call) == "create" or not mask or "eventTrigger" in mask
    return str(call.body.get("eventTrigger", {}).get("serviceAccountEmail", "")) if touched else ""
