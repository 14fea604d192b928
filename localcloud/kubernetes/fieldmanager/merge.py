"""Merge: a configuration laid over an object, by item where the schema says so."""

from __future__ import annotations

from typing import Any

from localcloud.kubernetes.definitions import property_of, resolve
from localcloud.kubernetes.fieldmanager.elements import item_key
from localcloud.wire.messages import Json


def merge(live: Any, config: Any, schema: Json) -> Any:
    """`config` over `live`: maps by member, keyed lists and sets by item, all else replaced."""
    schema = resolve(schema)
    if isinstance(live, dict) and isinstance(config, dict):
        if schema.get("x-kubernetes-map-type") == "atomic":
            return config
        return {**live, **{name: _member(live, name, value, schema) for name, value in config.items()}}
    keyed = schema.get("x-kubernetes-list-type") in ("map", "set")
    if keyed and isinstance(live, list) and isinstance(config, list):
        return _lists(live, config, schema)
    return config


def _member(live: Json, name: str, value: Any, schema: Json) -> Any:
    return merge(live[name], value, property_of(schema, name) or {}) if name in live else value


def _lists(live: list[Any], config: list[Any], schema: Json) -> list[Any]:
    """Items of both in the configuration's order; what only `live` has stays where it stood."""
    items = schema.get("items", {})
    wanted = {item_key(item, schema): item for item in config}
    have = {item_key(item, schema): item for item in live}
    rest = list(wanted)
    out: list[Any] = []
    for key, item in have.items():
        if key not in wanted:
            out.append(item)
        while rest and key in wanted and key in rest:
            head = rest.pop(0)
            out.append(merge(have[head], wanted[head], items) if head in have else wanted[head])
            if head == key:
                break
    return out + [merge(have[k], wanted[k], items) if k in have else wanted[k] for k in rest]
