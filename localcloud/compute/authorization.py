"""What IAM asks about Compute Engine's calls, and how it refuses them."""

from __future__ import annotations

from dataclasses import dataclass, field

from localcloud.iam.authorization import DENIED, Authorization, is_making, path_of, verb_of
from localcloud.service import Call, Need
from localcloud.wire.errors import Refused, Style
from localcloud.wire.messages import Json, Response


@dataclass(eq=False)
class ManyRefused(Refused):
    """Compute Engine tells all that is missing at once; its `message` is the first [observed]."""

    messages: list[str] = field(default_factory=list)

    def response(self, style: Style) -> Response:
        """One entry of `errors` for each."""
        body: Json = {"code": self.code, "message": self.message}
        body["errors"] = [
            {"message": each, "domain": "global", "reason": "forbidden"} for each in self.messages
        ]
        return Response.of_json({"error": body}, self.code)


class ComputeAuthorization(Authorization):
    """Rules ask about the resource that is there; a refusal names every permission."""

    def name(self, call: Call, permission: str) -> str:
        """The project in lists, else the resource, also one that is to be made [observed]."""
        verb, path = verb_of(call), path_of(call)
        if verb in ("list", "aggregatedList") or "/" not in path:
            return f"projects/{path.partition('/')[0]}"
        if verb == "insert":
            return f"projects/{path}/{call.body.get('name', '')}"
        if verb not in ("get", "delete", "patch"):
            path = path.removesuffix(f"/{verb}")
        return f"projects/{path}"

    def resource(self, call: Call) -> Json:
        """What is to be made, or what is there."""
        if is_making(call):
            return call.body
        collection = ".".join(call.method.split(".")[:2])
        return call.world.store[collection].get(self.name(call, "")) or {}

    def refused(self, call: Call, missing: list[Need]) -> Refused:
        """All that is missing [observed]."""
        messages = [f"Required '{each.permission}' permission for '{each.name}'" for each in missing]
        return ManyRefused(DENIED, messages[0], "forbidden", messages=messages)
