"""The merge behind server-side apply: a configuration laid over an object, by item where the schema says.

Also says what in a configuration the schema does not know, as apply refuses that outright.
"""

from __future__ import annotations

import json
from typing import Any

from localcloud.kubernetes.decoding import fits
from localcloud.kubernetes.definitions import property_of, resolve
from localcloud.kubernetes.errors import StatusError
from localcloud.kubernetes.kinds import Kind
from localcloud.kubernetes.ownership import item_key, spelled
from localcloud.wire.messages import Json

_EXPECTED = {
    "string": "string",
    "integer": "numeric (int or float)",
    "number": "numeric (int or float)",
    "boolean": "boolean",
    "array": "list",
    "object": "map",
}


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


def check_declared(config: Json, kind: Kind) -> None:
    """Refuse a configuration with a field that the schema does not declare, or of another type.

    Raises:
        StatusError: 500, in the words of the typed patch conversion [observed].
    """
    faults = _undeclared(config, kind.schema, "")
    if faults:
        fault = faults[0] if len(faults) == 1 else "errors:\n  " + "\n  ".join(faults)
        meta = config.get("metadata", {})
        name = f"{meta.get('namespace', '')}/{meta.get('name', '')}"
        what = f"{name}; {kind.api_version}, Kind={kind.kind}"
        raise StatusError(500, "", f"failed to create typed patch object ({what}): {fault}")


def _undeclared(value: Any, schema: Json, path: str) -> list[str]:
    schema = resolve(schema)
    wanted = schema.get("type")
    if value is None or not wanted:
        return []
    if not fits(value, wanted):
        return [f"{path}: expected {_EXPECTED[wanted]}, got &value.valueUnstructured{{Value:{_go(value)}}}"]
    if isinstance(value, dict):
        return _undeclared_members(value, schema, path)
    faults: list[str] = []
    for i, item in enumerate(value if isinstance(value, list) else ()):
        place = path + _place(item, i, schema)
        faults += _undeclared(item, schema.get("items", {}), place)
    return faults


def _undeclared_members(value: Json, schema: Json, path: str) -> list[str]:
    """A map with an undeclared member is not looked at any further [observed]."""
    known = {name: property_of(schema, name) for name in value}
    strangers = [name for name, member in known.items() if member is None]
    if strangers:
        return [f"{path}.{name}: field not declared in schema" for name in strangers]
    return [
        fault
        for name, member in value.items()
        for fault in _undeclared(member, known[name] or {}, f"{path}.{name}")
    ]


def _place(item: Any, index: int, schema: Json) -> str:
    if schema.get("x-kubernetes-list-type") != "map":
        return f"[{index}]"
    return spelled((item_key(item, schema),))


def _go(value: Any) -> str:
    return json.dumps(value) if isinstance(value, str | bool) else str(value)
