"""The JSONPath of CRD printer columns: members, indexes, and filters by equality."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_STEP = re.compile(
    r"""\.(?P<name>(?:[^.\[\]\\]|\\.)+)|\[(?P<index>\d+|\*)\]|\[['"](?P<quoted>[^'"]+)['"]\]"""
    r"""|\[\?\(@\.(?P<key>[\w.]+)\s*==\s*["'](?P<value>[^"']*)["']\)\]"""
)


def values_at(item: Any, path: str) -> list[Any]:
    """Every value of `item` at `path`, such as `.status.conditions[?(@.type=="Ready")].status`."""
    found = [item]
    for step in _steps(path):
        found = [value for node in found for value in _follow(node, step)]
    return found


@lru_cache(maxsize=256)
def _steps(path: str) -> tuple[dict[str, str | None], ...]:
    return tuple(match.groupdict() for match in _STEP.finditer(path))


def _follow(node: Any, step: dict[str, str | None]) -> list[Any]:
    name = step["quoted"] or (step["name"] or "").replace("\\.", ".")
    if name:
        return [node[name]] if isinstance(node, dict) and name in node else []
    if not isinstance(node, list):
        return []
    if step["key"]:
        return [item for item in node if str(item.get(step["key"], "")) == step["value"]]
    if step["index"] == "*":
        return list(node)
    at = int(step["index"] or 0)
    return [node[at]] if at < len(node) else []
