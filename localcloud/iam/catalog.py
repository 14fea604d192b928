"""What is known of permissions, as data: by method, by kind of object in a cluster, and of predefined roles."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).with_name("permissions.yaml")
EVERYTHING = "*"
LISTED = "documented"  # the mark of what bears none


@dataclass(frozen=True)
class Rule:
    """One permission that a method takes.

    `at` is the field that names what it is asked for on, "" for what the call is about; `when` are fields that must
    be set (None) or have a value; `mark` says how it is known.
    """

    permission: str
    at: str = ""
    when: dict[str, Any] = field(default_factory=dict, hash=False)
    mark: str = LISTED

    def holds(self, resource: dict[str, Any]) -> bool:
        """Whether a call about `resource` takes it."""
        wanted = all(
            resource.get(name) if value is None else resource.get(name) == value
            for name, value in self.when.items()
        )
        return wanted and (not self.at or bool(resource.get(self.at)))


@cache
def methods() -> dict[str, tuple[Rule, ...]]:
    """The permissions of every method that is known, by discovery id."""
    return {method: tuple(_rules(entry)) for method, entry in _data()["methods"].items()}


@cache
def stems() -> dict[str, str | None]:
    """Kind of object in a cluster → what its permissions are called after `container.`; None if it takes none."""
    found: dict[str, str | None] = _data()["kubernetes"]
    return found


@cache
def predefined() -> dict[str, frozenset[str]]:
    """The predefined roles that are known, by name."""
    return {name: frozenset(permissions) for name, permissions in _data()["roles"].items()}


@cache
def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(DATA.read_text("utf-8"))
    return loaded


def _rules(entry: Any) -> list[Rule]:
    return [_rule(each) for each in (entry if isinstance(entry, list) else [entry])]


def _rule(entry: Any) -> Rule:
    if isinstance(entry, str):
        return Rule(entry)
    when = entry.get("when", {})
    return Rule(
        entry["permission"],
        entry.get("at", ""),
        {when: None} if isinstance(when, str) else when,
        entry.get("mark", LISTED),
    )
