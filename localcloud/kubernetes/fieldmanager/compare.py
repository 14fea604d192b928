"""Compare: what of an object was added, modified and removed between two of its states."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from localcloud.kubernetes.definitions import resolve
from localcloud.kubernetes.fieldmanager.elements import members
from localcloud.kubernetes.fieldmanager.fieldpath import STRIPPED, Path, Set
from localcloud.wire.messages import Json


@dataclass
class Comparison:
    """The difference, as paths."""

    added: Set = field(default_factory=set)
    modified: Set = field(default_factory=set)
    removed: Set = field(default_factory=set)


def compare(old: Json, new: Json, schema: Json) -> Comparison:
    """How `new` differs from `old`, system metadata left out."""
    found = Comparison()
    _walk(old, new, schema, (), found)
    for paths in (found.added, found.modified, found.removed):
        paths -= STRIPPED
    return found


def _walk(old: Any, new: Any, schema: Json, path: Path, found: Comparison) -> None:
    if old is new or (path in STRIPPED and path != ("f:metadata",)):
        return
    schema = resolve(schema)
    before, after = members(old, schema), members(new, schema)
    if before is None or after is None or type(old) is not type(new):
        if old != new:
            found.modified.add(path)
        return
    had = {element: member for element, member, _ in before}
    for element, member, inner in after:
        if element in had:
            _walk(had.pop(element), member, inner, (*path, element), found)
        else:
            _whole(member, inner, (*path, element), found.added)
    schemas = {element: inner for element, _, inner in before}
    for element, member in had.items():
        _whole(member, schemas[element], (*path, element), found.removed)


def _whole(value: Any, schema: Json, path: Path, found: Set) -> None:
    """Every path of a value that came or went, containers included (but Go's by-value structs)."""
    parts = members(value, resolve(schema))
    if not parts or not schema.get("x-value"):
        found.add(path)
    for element, member, inner in parts or ():
        _whole(member, inner, (*path, element), found)
