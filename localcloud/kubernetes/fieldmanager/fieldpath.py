"""Paths of fields, sets of them, and their spelling: FieldsV1 in managedFields, dotted in conflicts.

A path is a tuple of FieldsV1 elements (`f:spec`, `k:{"name":"http"}`, `v:"x"`); a set is a Python set of paths.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache

from localcloud.wire.messages import Json

Path = tuple[str, ...]
Set = set[Path]

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
# What nobody owns: identity and system metadata (apimachinery's stripMeta).
STRIPPED = frozenset(
    {("f:apiVersion",), ("f:kind",), ("f:metadata",)} | {("f:metadata", f"f:{name}") for name in _SYSTEM}
)


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


def decode(fields: Json) -> Set:
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
