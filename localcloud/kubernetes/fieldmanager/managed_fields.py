"""`metadata.managedFields`: each manager with the set of fields that it owns, read and written."""

from __future__ import annotations

from dataclasses import dataclass

from localcloud.kubernetes.fieldmanager import fieldpath
from localcloud.kubernetes.fieldmanager.fieldpath import Set
from localcloud.wire.messages import Json


@dataclass(frozen=True)
class Manager:
    """One entry's identity: who, by apply or update, through which subresource; for updates, in which version."""

    name: str
    operation: str
    api_version: str
    subresource: str = ""

    @classmethod
    def of(cls, name: str, operation: str, api_version: str, subresource: str = "") -> Manager:
        """The identity of such a writer: an applier is the same in all versions."""
        return cls(name, operation, "" if operation == "Apply" else api_version, subresource)

    def described(self) -> str:
        """As a conflict names it."""
        text = f'"{self.name}"'
        if self.subresource:
            text += f' with subresource "{self.subresource}"'
        if self.operation == "Update":
            text += f" using {self.api_version}"
        return text


@dataclass
class VersionedSet:
    """The fields that a manager owns, in which version it wrote them, and when (RFC 3339)."""

    fields: Set
    time: str
    api_version: str


ManagedFields = dict[Manager, VersionedSet]


def decode(item: Json | None) -> ManagedFields:
    """What the entries of an object say; nothing of an object that is not there."""
    entries = (item or {}).get("metadata", {}).get("managedFields") or []
    return {
        Manager.of(
            entry.get("manager", ""),
            entry.get("operation", ""),
            entry.get("apiVersion", ""),
            entry.get("subresource", ""),
        ): VersionedSet(
            fieldpath.decode(entry.get("fieldsV1", {})), entry.get("time", ""), entry.get("apiVersion", "")
        )
        for entry in entries
    }


def decodable(item: Json) -> ManagedFields | None:
    """What the entries of an object say that a client has written; None if they say nothing that can be read."""
    try:
        return decode(item)
    except (AttributeError, TypeError, ValueError):
        return None


def encode(managed: ManagedFields) -> list[Json]:
    """The entries, in the API server's order; who owns nothing has none."""

    def order(manager: Manager) -> tuple[str, ...]:
        owned = managed[manager]
        return (manager.operation, owned.time, manager.name, owned.api_version, manager.subresource)

    return [
        _entry(manager, managed[manager]) for manager in sorted(managed, key=order) if managed[manager].fields
    ]


def encode_applied(managed: ManagedFields, by: Manager, time: str, changed: bool) -> list[Json]:
    """The entries after an apply of `by`, at `time` if the object `changed`.

    Who only joins in what is there already has no time [observed].
    """
    if changed:
        managed[by].time = time
    return encode(managed)


def _entry(manager: Manager, owned: VersionedSet) -> Json:
    entry: Json = {
        "manager": manager.name,
        "operation": manager.operation,
        "apiVersion": owned.api_version,
        **({"time": owned.time} if owned.time else {}),
        "fieldsType": "FieldsV1",
        "fieldsV1": fieldpath.encode(owned.fields),
    }
    if manager.subresource:
        entry["subresource"] = manager.subresource
    return entry
