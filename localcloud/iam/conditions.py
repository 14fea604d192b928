"""IAM conditions: the attribute that a grant of limited roles asks about, in CEL.

A condition that cannot be evaluated is false [documented: overview of conditions]. An attribute that a call does
not have is the default that the expression gives; and of nothing, everything holds: `[].hasOnly(…)` is true
[documented: limiting the roles that can be granted].
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from localcloud.cel import CelError, Environment, Function

if TYPE_CHECKING:
    from localcloud.wire.messages import Json

Attributes = dict[str, Any]
MODIFIED = "iam.googleapis.com/modifiedGrantsByRole"

# The functions of API attributes [documented: attribute reference for IAM conditions].
_ATTRIBUTES, _VALUES = "map<string, list<string>>", "list<string>"
CONDITIONS = Environment(
    ("api",),
    functions=(
        Function("getAttribute", (_ATTRIBUTES, "string", _VALUES), _VALUES, dict.get),
        Function("hasOnly", (_VALUES, _VALUES), "bool", lambda values, allowed: set(values) <= set(allowed)),
    ),
)


def satisfied(condition: Json | None, attributes: Attributes) -> bool:
    """Whether a binding's condition holds for a call with these attributes; without one it does."""
    if condition is None:
        return True
    try:
        bindings = CONDITIONS.bind({"api": attributes})
        return CONDITIONS.compile(condition.get("expression", "")).evaluate(bindings) is True
    except CelError:
        return False


def modified_roles(before: Iterable[Json], after: Iterable[Json]) -> list[str]:
    """The roles whose members a new policy changes, under any condition."""
    return sorted({role for role, *_ in _grants(before) ^ _grants(after)})


def _grants(bindings: Iterable[Json]) -> set[tuple[str, str, str]]:
    return {
        (binding.get("role", ""), member, repr(binding.get("condition")))
        for binding in bindings
        for member in binding.get("members", [])
    }
