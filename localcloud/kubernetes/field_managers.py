"""Field managers: `metadata.managedFields` kept through updates, and the conflicts of server-side apply.

Follows structured-merge-diff's updater: an update takes what it changes from everybody, an apply may take
only with force, gives up what it no longer mentions, and shares what it sets to the same value [documented].
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from localcloud.kubernetes.errors import StatusError
from localcloud.kubernetes.merging import merge
from localcloud.kubernetes.ownership import (
    Difference,
    Path,
    Paths,
    compare,
    decode,
    encode,
    fields_of,
    spelled,
    without,
)
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
class _Claim:
    paths: Paths
    time: str
    api_version: str


Ledger = dict[Manager, _Claim]


def updated(live: Json | None, new: Json, schema: Json, by: Manager, time: str) -> list[Json]:
    """managedFields after `by` wrote `new` over `live` (None: created it).

    `new` may carry managedFields of its own, which then are the starting point; a single empty entry
    resets them.
    """
    given = new["metadata"].get("managedFields")
    if given == [{}]:
        return []
    ledger = _read(given or (live or {}).get("metadata", {}).get("managedFields", []))
    change = compare(live or {}, new, schema)
    _settle(ledger, change, by)
    mine = ledger.get(by)
    before = set(mine.paths) if mine else set()
    after = (before - change.removed) | change.modified | change.added
    if after != before:
        ledger[by] = _Claim(after, time, new["apiVersion"])
    return _write(ledger)


def applied(live: Json | None, config: Json, schema: Json, by: Manager, force: bool) -> tuple[Json, Ledger]:
    """`live` after `by` applied `config`, and the claims that result, `by`'s own without its time.

    Raises:
        StatusError: 409, others own fields that would change, and `force` is not set.
    """
    ledger = _read((live or {}).get("metadata", {}).get("managedFields", []))
    last = ledger[by].paths if by in ledger else set()
    claim = fields_of(config, schema)
    merged = merge(live or {}, config, schema)
    if last:
        merged = _given_up(merged, schema, last, claim.union(*_others(ledger, by)))
    change = compare(live or {}, merged, schema)
    if not force:
        _refuse_conflicts(ledger, change, by)
    _settle(ledger, change, by)
    time = ledger[by].time if by in ledger else ""
    ledger[by] = _Claim(claim, time, config["apiVersion"])
    return merged, ledger


def written(ledger: Ledger, by: Manager, time: str, changed: bool) -> list[Json]:
    """The managedFields of `applied`'s claims; `by` acted at `time` if the object `changed`.

    Who only joins in what is there already has no time [observed].
    """
    if changed:
        ledger[by].time = time
    return _write(ledger)


def _others(ledger: Ledger, by: Manager) -> Iterable[Paths]:
    return (claim.paths for manager, claim in ledger.items() if manager != by)


def _given_up(merged: Json, schema: Json, last: Paths, owned: Paths) -> Json:
    """`merged` less what the last apply set, this one does not, and nobody else owns."""
    prefixes = {path[:i] for path in owned for i in range(1, len(path))}
    gone = {path for path in last if path not in owned and path not in prefixes}
    slim: Json = without(merged, schema, gone, owned | prefixes)
    return slim


def _settle(ledger: Ledger, change: Difference, by: Manager) -> None:
    """Others lose what was changed or removed under them."""
    lost = change.modified | change.added | change.removed
    for manager in [m for m in ledger if m != by]:
        ledger[manager].paths -= lost
    for manager in [m for m in ledger if m != by and not ledger[m].paths]:
        del ledger[manager]


def _refuse_conflicts(ledger: Ledger, change: Difference, by: Manager) -> None:
    touched = change.modified | change.added
    conflicts: dict[str, list[Path]] = {}
    for manager, claim in ledger.items():
        hit = claim.paths & touched
        if manager != by and hit:
            conflicts.setdefault(manager.described(), []).extend(sorted(hit))
    if conflicts:
        raise _conflict(conflicts)


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


def _read(entries: list[Json]) -> Ledger:
    return {
        Manager.of(
            entry.get("manager", ""),
            entry.get("operation", ""),
            entry.get("apiVersion", ""),
            entry.get("subresource", ""),
        ): _Claim(decode(entry.get("fieldsV1", {})), entry.get("time", ""), entry.get("apiVersion", ""))
        for entry in entries
    }


def _write(ledger: Ledger) -> list[Json]:
    def order(manager: Manager) -> tuple[str, ...]:
        time = ledger[manager].time
        return (manager.operation, time, manager.name, ledger[manager].api_version, manager.subresource)

    return [
        _entry(manager, ledger[manager]) for manager in sorted(ledger, key=order) if ledger[manager].paths
    ]


def _entry(manager: Manager, claim: _Claim) -> Json:
    entry: Json = {
        "manager": manager.name,
        "operation": manager.operation,
        "apiVersion": claim.api_version,
        **({"time": claim.time} if claim.time else {}),
        "fieldsType": "FieldsV1",
        "fieldsV1": encode(claim.paths),
    }
    if manager.subresource:
        entry["subresource"] = manager.subresource
    return entry
