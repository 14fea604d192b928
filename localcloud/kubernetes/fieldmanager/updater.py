"""The Updater: whose fields are whose after an update or an apply.

An update takes what it changes from everybody. An apply may take only with force, gives up what it no longer
mentions, and shares what it sets to the same value [documented].
"""

from __future__ import annotations

from collections.abc import Iterable

from localcloud.kubernetes.errors import StatusError
from localcloud.kubernetes.fieldmanager import managed_fields
from localcloud.kubernetes.fieldmanager.compare import Comparison, compare
from localcloud.kubernetes.fieldmanager.field_set import to_field_set
from localcloud.kubernetes.fieldmanager.fieldpath import Path, Set, spelled
from localcloud.kubernetes.fieldmanager.managed_fields import ManagedFields, Manager, VersionedSet
from localcloud.kubernetes.fieldmanager.merge import merge
from localcloud.kubernetes.fieldmanager.remove import remove_items
from localcloud.wire.messages import Json


def update(live: Json | None, new: Json, schema: Json, by: Manager, time: str) -> list[Json]:
    """The managedFields after `by` wrote `new` over `live` (None: created it).

    `new` may carry managedFields of its own, which then are the starting point; a single empty entry
    resets them, and what cannot be read is passed over [documented].
    """
    given = new["metadata"].get("managedFields")
    if given == [{}]:
        return []
    managed = (given and managed_fields.decodable(new)) or managed_fields.decode(live)
    change = compare(live or {}, new, schema)
    disown(managed, change, by)
    before = set(managed[by].fields) if by in managed else set()
    after = (before - change.removed) | change.modified | change.added
    if after != before:
        managed[by] = VersionedSet(after, time, new["apiVersion"])
    return managed_fields.encode(managed)


def apply(
    live: Json | None, config: Json, schema: Json, by: Manager, force: bool
) -> tuple[Json, ManagedFields]:
    """`live` after `by` applied `config`, and who owns what then; `by`'s own set has the time it had before.

    Raises:
        StatusError: 409, others own fields that would change, and `force` is not set.
    """
    managed = managed_fields.decode(live)
    claimed = to_field_set(config, schema)
    merged = merge(live or {}, config, schema)
    if by in managed:
        merged = prune(merged, schema, managed[by].fields, claimed.union(*_others(managed, by)))
    change = compare(live or {}, merged, schema)
    if not force:
        check_conflicts(managed, change, by)
    disown(managed, change, by)
    time = managed[by].time if by in managed else ""
    managed[by] = VersionedSet(claimed, time, config["apiVersion"])
    return merged, managed


def prune(merged: Json, schema: Json, last: Set, owned: Set) -> Json:
    """`merged` less what the `last` apply set, this one does not, and nobody else owns."""
    prefixes = {path[:i] for path in owned for i in range(1, len(path))}
    gone = {path for path in last if path not in owned and path not in prefixes}
    pruned: Json = remove_items(merged, schema, gone, owned | prefixes)
    return pruned


def check_conflicts(managed: ManagedFields, change: Comparison, by: Manager) -> None:
    """Refuse an apply that would change what others own.

    Raises:
        StatusError: 409, with a cause for each of their fields.
    """
    touched = change.modified | change.added
    conflicts: dict[str, list[Path]] = {}
    for manager, owned in managed.items():
        hit = owned.fields & touched
        if manager != by and hit:
            conflicts.setdefault(manager.described(), []).extend(sorted(hit))
    if conflicts:
        raise _conflict(conflicts)


def disown(managed: ManagedFields, change: Comparison, by: Manager) -> None:
    """Others lose what was changed or removed under them."""
    lost = change.modified | change.added | change.removed
    for manager in [each for each in managed if each != by]:
        managed[manager].fields -= lost
        if not managed[manager].fields:
            del managed[manager]


def _others(managed: ManagedFields, by: Manager) -> Iterable[Set]:
    return (owned.fields for manager, owned in managed.items() if manager != by)


def _conflict(conflicts: dict[str, list[Path]]) -> StatusError:
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {who}", "field": spelled(path)}
        for who, paths in sorted(conflicts.items())
        for path in paths
    ]
    if len(causes) == 1:
        text = f"Apply failed with 1 conflict: {causes[0]['message']}: {causes[0]['field']}"
    else:
        blocks = (
            "\n".join([f"conflicts with {who}:", *(f"- {spelled(path)}" for path in paths)])
            for who, paths in sorted(conflicts.items())
        )
        text = f"Apply failed with {len(causes)} conflicts: " + "\n".join(blocks)
    return StatusError(409, "Conflict", text, {"causes": causes})
