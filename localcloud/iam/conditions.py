"""IAM conditions in CEL: what they can ask about a call.

`request.time` is the moment; `resource.name` the resource, of services that tell it; and an API attribute lists the
roles that a new policy changes [documented: iam/docs/conditions-attribute-reference].

A condition that cannot be evaluated is false [documented: overview of conditions]. An attribute that a call does
not have is the default that the expression gives; and of nothing, everything holds: `[].hasOnly(…)` is true
[documented: limiting the roles that can be granted].
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.cel import CelError, Environment, Function

if TYPE_CHECKING:
    from localcloud.wire.messages import Json

MODIFIED = "iam.googleapis.com/modifiedGrantsByRole"


@dataclass(frozen=True)
class Attributes:
    """What conditions can ask about one call: API attributes by name, the name of the resource ("": its service does
    not tell it), and the moment in unix seconds."""

    api: dict[str, list[str]] = field(default_factory=dict)
    resource: str = ""
    time: float = 0.0

    def variables(self) -> dict[str, Any]:
        """As expressions name them."""
        resource = {"name": self.resource} if self.resource else {}
        return {"api": self.api, "resource": resource, "request.time": datetime.fromtimestamp(self.time, UTC)}


# The functions of API attributes [documented: attribute reference for IAM conditions].
_ATTRIBUTES, _VALUES = "map<string, list<string>>", "list<string>"
CONDITIONS = Environment(
    ("api", "resource"),
    functions=(
        Function("getAttribute", (_ATTRIBUTES, "string", _VALUES), _VALUES, dict.get),
        Function("hasOnly", (_VALUES, _VALUES), "bool", lambda values, allowed: set(values) <= set(allowed)),
    ),
    timestamps=("request.time",),
)


def satisfied(condition: Json | None, attributes: Attributes) -> bool:
    """Whether a binding's condition holds for a call with these attributes; without one it does."""
    if condition is None:
        return True
    try:
        bindings = CONDITIONS.bind(attributes.variables())
        return CONDITIONS.compile(condition.get("expression", "")).evaluate(bindings) is True
    except CelError:
        return False


def bucket_name(holder: str) -> str:
    """What conditions call a bucket, `projects/_/buckets/B`; "" for other holders, whose services tell no name."""
    _, found, bucket = holder.partition("/buckets/")
    return f"projects/_/buckets/{bucket}" if found else ""


def modified_roles(before: Iterable[Json], after: Iterable[Json]) -> list[str]:
    """The roles whose members a new policy changes, under any condition."""
    return sorted({role for role, *_ in _grants(before) ^ _grants(after)})


def _grants(bindings: Iterable[Json]) -> set[tuple[str, str, str]]:
    return {
        (binding.get("role", ""), member, repr(binding.get("condition")))
        for binding in bindings
        for member in binding.get("members", [])
    }
