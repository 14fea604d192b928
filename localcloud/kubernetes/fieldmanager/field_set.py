"""ToFieldSet: the fields that an applied configuration claims."""

from __future__ import annotations

from typing import Any

from localcloud.kubernetes.definitions import resolve
from localcloud.kubernetes.fieldmanager.elements import members
from localcloud.kubernetes.fieldmanager.fieldpath import STRIPPED, Path, Set
from localcloud.wire.messages import Json


def to_field_set(config: Json, schema: Json) -> Set:
    """The leaves of a configuration and the items of its keyed lists."""
    found: Set = set()
    _walk(config, schema, (), found)
    return found - STRIPPED


def _walk(value: Any, schema: Json, path: Path, found: Set) -> None:
    parts = members(value, resolve(schema))
    if parts is None or (not parts and isinstance(value, dict)):
        found.add(path)
    for element, member, inner in parts or ():
        if not element.startswith("f:"):
            found.add((*path, element))
        _walk(member, inner, (*path, element), found)
