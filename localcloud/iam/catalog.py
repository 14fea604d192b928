"""What is known of permissions, as data: by method, by kind of object in a cluster, and of predefined roles."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).with_name("permissions.yaml")  # of clusters, and of predefined roles
EVERYTHING = "*"
LISTED = "documented"  # the mark of what bears none


@dataclass(frozen=True)
class Rule:
    """One permission that a method takes. A method without an entry is refused as one that is not implemented.

    `at` is the field that names what it is asked for on (a network, a subnetwork, a topic, a service account), ""
    for the project (or topic, service account) that the call is about. `when` are fields that must be set (None: as
    `when: fleet` says) or have a value. The fields are those of the body of a call that makes a resource, and of
    what is there already otherwise. `mark` says how it is known: documented, observed (an error that names it has
    been seen), reported (others have seen it), inferred, memory.
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


def rules_in(file: Path) -> dict[str, tuple[Rule, ...]]:
    """What a service's `permissions.yaml` has: the permissions that each method takes, by discovery id."""
    entries: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    return {method: tuple(_rules(entry)) for method, entry in entries.items()}


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
