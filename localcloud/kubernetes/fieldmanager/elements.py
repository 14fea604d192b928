"""What a map or a list is made of, by its schema: the step that every walk over an object takes.

Maps are owned by member, keyed lists and sets by item, all else whole [documented: merge strategy of server-side
apply].
"""

from __future__ import annotations

import json
from typing import Any

from localcloud.kubernetes.definitions import property_of, resolve
from localcloud.wire.messages import Json


def members(value: Any, schema: Json) -> list[tuple[str, Any, Json]] | None:
    """(path element, member, its schema) of a map or list owned by parts; None where `value` is owned whole."""
    if isinstance(value, dict):
        if schema.get("x-kubernetes-map-type") == "atomic":
            return None
        return [(f"f:{name}", member, property_of(schema, name) or {}) for name, member in value.items()]
    if isinstance(value, list) and schema.get("x-kubernetes-list-type") in ("map", "set"):
        items = schema.get("items", {})
        return [(item_key(item, schema), item, items) for item in value]
    return None


def item_key(item: Any, schema: Json) -> str:
    """The path element that names `item` in a keyed list or a set."""
    if schema.get("x-kubernetes-list-type") != "map" or not isinstance(item, dict):
        return "v:" + json.dumps(item, separators=(",", ":"))
    item_schema = resolve(schema.get("items", {}))
    key = {}
    for name in schema["x-kubernetes-list-map-keys"]:
        value = item.get(name, (property_of(item_schema, name) or {}).get("default"))
        if value is not None:
            key[name] = value
    return "k:" + json.dumps(key, sort_keys=True, separators=(",", ":"))
