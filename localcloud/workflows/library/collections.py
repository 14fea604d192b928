"""`list` and `map`: all return new values and change none [documented: stdlib]."""

from __future__ import annotations

from typing import Any

from localcloud.workflows.library.registry import expect, function


@function("list.concat", "objs", "val")
def concat(objs: Any, val: Any) -> list[Any]:
    """The list with one element more at its end."""
    return [*expect(objs, list, "list.concat"), val]


@function("list.prepend", "objs", "val")
def prepend(objs: Any, val: Any) -> list[Any]:
    """The list with one element more at its beginning."""
    return [val, *expect(objs, list, "list.prepend")]


@function("map.get", "map", "keys")
def get(map: Any, keys: Any) -> Any:
    """The value under a key, or under a path of keys; null where any part is missing or no map [documented].

    Raises:
        WorkflowError: TypeError, a key is no string.
    """
    path = [expect(key, str, "map.get") for key in (keys if isinstance(keys, list) else [keys])]
    found: Any = map
    for key in path:
        if not isinstance(found, dict) or key not in found:
            return None
        found = found[key]
    return found


@function("map.delete", "map", "key")
def delete(map: Any, key: Any) -> dict[Any, Any]:
    """The map without a key; one that is not there is no error [documented]."""
    expect(key, str, "map.delete")
    return {k: v for k, v in expect(map, dict, "map.delete").items() if k != key}


@function("map.merge", "first", "second")
def merge(first: Any, second: Any) -> dict[Any, Any]:
    """Both maps; the second's values win."""
    return {**expect(first, dict, "map.merge"), **expect(second, dict, "map.merge")}


@function("map.merge_nested", "first", "second")
def merge_nested(first: Any, second: Any) -> dict[Any, Any]:
    """Both maps, merged at every depth; the second's values win."""
    merged = dict(expect(first, dict, "map.merge_nested"))
    for key, value in expect(second, dict, "map.merge_nested").items():
        both = isinstance(merged.get(key), dict) and isinstance(value, dict)
        merged[key] = merge_nested(merged[key], value) if both else value
    return merged
