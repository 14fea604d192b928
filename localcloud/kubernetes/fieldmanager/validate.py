"""AsTyped: a configuration beside its schema, which must declare all of it."""

from __future__ import annotations

import json
from typing import Any

from localcloud.kubernetes.decoding import fits
from localcloud.kubernetes.definitions import property_of, resolve
from localcloud.kubernetes.errors import StatusError
from localcloud.kubernetes.fieldmanager.elements import item_key
from localcloud.kubernetes.fieldmanager.fieldpath import spelled
from localcloud.kubernetes.kinds import Kind
from localcloud.wire.messages import Json

_EXPECTED = {
    "string": "string",
    "integer": "numeric (int or float)",
    "number": "numeric (int or float)",
    "boolean": "boolean",
    "array": "list",
    "object": "map",
}


def as_typed(config: Json, kind: Kind) -> None:
    """Refuse a configuration with a field that the schema does not declare, or of another type.

    Raises:
        StatusError: 500, in the words of the typed patch conversion [observed].
    """
    faults = _check(config, kind.schema, "")
    if faults:
        fault = faults[0] if len(faults) == 1 else "errors:\n  " + "\n  ".join(faults)
        meta = config.get("metadata", {})
        name = f"{meta.get('namespace', '')}/{meta.get('name', '')}"
        what = f"{name}; {kind.api_version}, Kind={kind.kind}"
        raise StatusError(500, "", f"failed to create typed patch object ({what}): {fault}")


def _check(value: Any, schema: Json, path: str) -> list[str]:
    schema = resolve(schema)
    wanted = schema.get("type")
    if value is None or not wanted:
        return []
    if not fits(value, wanted):
        return [f"{path}: expected {_EXPECTED[wanted]}, got &value.valueUnstructured{{Value:{_go(value)}}}"]
    if isinstance(value, dict):
        return _check_members(value, schema, path)
    faults: list[str] = []
    for i, item in enumerate(value if isinstance(value, list) else ()):
        place = path + _element(item, i, schema)
        faults += _check(item, schema.get("items", {}), place)
    return faults


def _check_members(value: Json, schema: Json, path: str) -> list[str]:
    """A map with an undeclared member is not looked at any further [observed]."""
    known = {name: property_of(schema, name) for name in value}
    strangers = [name for name, member in known.items() if member is None]
    if strangers:
        return [f"{path}.{name}: field not declared in schema" for name in strangers]
    return [
        fault
        for name, member in value.items()
        for fault in _check(member, known[name] or {}, f"{path}.{name}")
    ]


def _element(item: Any, index: int, schema: Json) -> str:
    if schema.get("x-kubernetes-list-type") != "map":
        return f"[{index}]"
    return spelled((item_key(item, schema),))


def _go(value: Any) -> str:
    return json.dumps(value) if isinstance(value, str | bool) else str(value)
