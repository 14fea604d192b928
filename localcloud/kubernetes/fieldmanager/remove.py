"""RemoveItems: an object less some of its fields."""

from __future__ import annotations

from typing import Any

from localcloud.kubernetes.definitions import resolve
from localcloud.kubernetes.fieldmanager.elements import members
from localcloud.kubernetes.fieldmanager.fieldpath import Set
from localcloud.wire.messages import Json


def remove_items(value: Any, schema: Json, gone: Set, kept: Set) -> Any:
    """`value` less the paths in `gone`; a container emptied by that goes too unless it is in `kept`."""
    if not gone:
        return value
    parts = members(value, resolve(schema)) or []
    left: list[tuple[str, Any]] = []
    for element, member, inner in parts:
        if (element,) in gone:
            continue
        below = _under(gone, element)
        if below:
            keep = _under(kept, element)
            slim = remove_items(member, inner, below, keep)
            if not slim and member and (element,) not in kept:
                continue
            member = slim
        left.append((element, member))
    if isinstance(value, list):
        return [member for _, member in left]
    return {element[2:]: member for element, member in left}


def _under(paths: Set, element: str) -> Set:
    return {path[1:] for path in paths if len(path) > 1 and path[0] == element}
