"""Who owns which field: the sets behind `metadata.managedFields` and server-side apply [documented].

A set is a Python set of paths; a path is a tuple of FieldsV1 elements (`f:spec`, `k:{"name":"http"}`,
`v:"x"`). What a list or map is made of follows the schema: keyed lists and sets by item, the rest whole.
The algebra is that of sigs.k8s.io/structured-merge-diff.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from localcloud.kubernetes.definitions import property_of, resolve
from localcloud.wire.messages import Json

Path = tuple[str, ...]
Paths = set[Path]

_SYSTEM = (
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "generation",
    "managedFields",
    "resourceVersion",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)
_UNTRACKED = frozenset(
    {("f:apiVersion",), ("f:kind",), ("f:metadata",)} | {("f:metadata", f"f:{name}") for name in _SYSTEM}
)


@dataclass
class Difference:
    """What a write changed, as paths."""

    added: Paths = field(default_factory=set)
    modified: Paths = field(default_factory=set)
    removed: Paths = field(default_factory=set)


def members(value: Any, schema: Json) -> list[tuple[str, Any, Json]] | None:
    """(element, member, its schema) of a map or list owned by parts; None where `value` is owned whole."""
    if isinstance(value, dict):
        if schema.get("x-kubernetes-map-type") == "atomic":
            return None
        return [(f"f:{name}", member, property_of(schema, name) or {}) for name, member in value.items()]
    if isinstance(value, list) and schema.get("x-kubernetes-list-type") in ("map", "set"):
        items = schema.get("items", {})
        return [(item_key(item, schema), item, items) for item in value]
    return None


def item_key(item: Any, schema: Json) -> str:
    """The element that names `item` in a keyed list or a set."""
    if schema.get("x-kubernetes-list-type") != "map" or not isinstance(item, dict):
        return "v:" + json.dumps(item, separators=(",", ":"))
    item_schema = resolve(schema.get("items", {}))
    key = {}
    for name in schema["x-kubernetes-list-map-keys"]:
        value = item.get(name, (property_of(item_schema, name) or {}).get("default"))
        if value is not None:
            key[name] = value
    return "k:" + json.dumps(key, sort_keys=True, separators=(",", ":"))


def fields_of(value: Json, schema: Json) -> Paths:
    """The paths that an applied configuration claims: its leaves and the items of its keyed lists."""
    found: Paths = set()
    _claim(value, schema, (), found)
    return found - _UNTRACKED


def _claim(value: Any, schema: Json, path: Path, found: Paths) -> None:
    parts = members(value, resolve(schema))
    if parts is None or (not parts and isinstance(value, dict)):
        found.add(path)
    for element, member, inner in parts or ():
        if not element.startswith("f:"):
            found.add((*path, element))
        _claim(member, inner, (*path, element), found)


def compare(old: Json, new: Json, schema: Json) -> Difference:
    """How `new` differs from `old`, system metadata left out."""
    found = Difference()
    _compare(old, new, schema, (), found)
    for paths in (found.added, found.modified, found.removed):
        paths -= _UNTRACKED
    return found


def _compare(old: Any, new: Any, schema: Json, path: Path, found: Difference) -> None:
    if old is new or (path in _UNTRACKED and path != ("f:metadata",)):
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
            _compare(had.pop(element), member, inner, (*path, element), found)
        else:
            _whole(member, inner, (*path, element), found.added)
    schemas = {element: inner for element, _, inner in before}
    for element, member in had.items():
        _whole(member, schemas[element], (*path, element), found.removed)


def _whole(value: Any, schema: Json, path: Path, found: Paths) -> None:
    """Every path of a value that came or went, containers included (but Go's by-value structs)."""
    parts = members(value, resolve(schema))
    if not parts or not schema.get("x-value"):
        found.add(path)
    for element, member, inner in parts or ():
        _whole(member, inner, (*path, element), found)


def without(value: Any, schema: Json, gone: Paths, kept: Paths) -> Any:
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
            slim = without(member, inner, below, keep)
            if not slim and member and (element,) not in kept:
                continue
            member = slim
        left.append((element, member))
    if isinstance(value, list):
        return [member for _, member in left]
    return {element[2:]: member for element, member in left}


def _under(paths: Paths, element: str) -> Paths:
    return {path[1:] for path in paths if len(path) > 1 and path[0] == element}


def encode(paths: Iterable[Path]) -> Json:
    """A set as FieldsV1: nested maps, `.` for a member that has members of its own below it."""
    root: Json = {}
    for path in sorted(paths):
        node = root
        for element in path:
            node = node.setdefault(element, {})
        node["."] = {}
    return _tidy(root)


def _tidy(node: Json) -> Json:
    if len(node) == 1 and "." in node:
        return {}
    return {
        element: {} if element == "." else _tidy(child)
        for element, child in sorted(node.items(), key=lambda item: item[0])
    }


def decode(fields: Json) -> Paths:
    """The set that a FieldsV1 map stands for."""
    return set(_decode(fields, ()))


def _decode(node: Json, path: Path) -> Iterator[Path]:
    for element, child in node.items():
        if element == ".":
            yield path
        elif not child:
            yield (*path, element)
        else:
            yield from _decode(child, (*path, element))


@lru_cache(maxsize=4096)
def spelled(path: Path) -> str:
    """A path as conflicts name it: `.spec.containers[name="x"].image`."""
    return "".join(_spelled(element) for element in path)


def _spelled(element: str) -> str:
    kind, _, rest = element.partition(":")
    if kind == "f":
        return f".{rest}"
    if kind == "k":
        pairs = json.loads(rest).items()
        return "[" + ",".join(f"{name}={json.dumps(value)}" for name, value in pairs) + "]"
    return f"[={rest}]"
