"""What is known of permissions, as data: by method, by kind of object in a cluster, which there are, and what
predefined roles hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from localcloud.own_files import own

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
    entries: dict[str, Any] = own(file)
    return {method: tuple(_rules(entry)) for method, entry in entries.items()}


@dataclass(frozen=True)
class PredefinedRole:
    """One of Google's own roles, with all that it holds (`EVERYTHING` for the owner's)."""

    name: str
    title: str
    description: str
    permissions: frozenset[str]


@cache
def stems() -> dict[str, str | None]:
    """Kind of object in a cluster → what its permissions are called after `container.`; None if it takes none."""
    found: dict[str, str | None] = _data("clusters.yaml")
    return found


@cache
def permissions() -> frozenset[str]:
    """Every permission of the services that are known here."""
    return _joined(_data("known_permissions.yaml"))


def is_of_known_service(permission: str) -> bool:
    """Whether `permissions` would have it, if there were such a permission."""
    return permission.partition(".")[0] in _services()


@cache
def predefined() -> dict[str, PredefinedRole]:
    """The predefined roles of which it is known what they hold, by name."""
    return {name: _predefined(name, entry) for name, entry in _data("roles.yaml")["roles"].items()}


def asked_on(kind: str) -> str:
    """How the permissions begin that are asked for on a resource of a kind (`topics`) with a policy of its own."""
    found: str = _data("roles.yaml")["resources"][kind]
    return found


def is_predefined(role: str) -> bool | None:
    """Whether Google has a role of this name; None if it is of a service that is not known here."""
    service, _, word = role.removeprefix("roles/").rpartition(".")
    words = _data("roles.yaml")["names"].get(service)
    return None if words is None else word in words.split()


@cache
def _services() -> frozenset[str]:
    return frozenset(each.partition(".")[0] for each in permissions())


def _predefined(name: str, entry: dict[str, Any]) -> PredefinedRole:
    held = entry["holds"]
    all_of_it = frozenset({EVERYTHING}) if held == "everything" else _joined(held)
    return PredefinedRole(name, entry["title"], entry["description"], all_of_it)


def _joined(by_resource: dict[str, str]) -> frozenset[str]:
    """Resource → its verbs in one line, as whole permissions."""
    return frozenset(
        f"{resource}.{verb}" for resource, verbs in by_resource.items() for verb in verbs.split()
    )


@cache
def _data(file: str) -> dict[str, Any]:
    loaded: dict[str, Any] = own(Path(__file__).with_name(file))
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
