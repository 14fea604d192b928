"""The patch formats: JSON patch (RFC 6902), merge patch (RFC 7386) and strategic merge patch [documented]."""

from __future__ import annotations

from typing import Any

import jsonpatch

from localcloud.kubernetes.definitions import property_of, resolve
from localcloud.kubernetes.errors import StatusError, bad_request, unfit
from localcloud.wire.messages import Json

_RETAIN, _ORDER, _DELETE_PRIMITIVES = "$retainKeys", "$setElementOrder/", "$deleteFromPrimitiveList/"


def merge_patch(value: Any, patch: Any) -> Any:
    """RFC 7386: null removes, maps merge, all else replaces."""
    if not isinstance(patch, dict):
        return patch
    out = dict(value) if isinstance(value, dict) else {}
    for name, change in patch.items():
        if change is None:
            out.pop(name, None)
        else:
            out[name] = merge_patch(out.get(name), change)
    return out


def json_patch(value: Any, operations: Any) -> Any:
    """RFC 6902.

    Raises:
        StatusError: 400, not a patch; 422, an operation is malformed, a path is missing or a test fails.
    """
    if not isinstance(operations, list):
        raise _undecoded(operations, "jsonpatch.Patch")
    for operation in operations:
        if not isinstance(operation, dict):
            raise _undecoded(operation, "jsonpatch.Operation")
    try:
        return jsonpatch.apply_patch(value, operations)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        message = "the server rejected our request due to an error in our request"
        raise StatusError(422, "Invalid", message, {}) from error


def _undecoded(given: Any, wanted: str) -> StatusError:
    return bad_request(f"error decoding patch: {unfit(given, wanted)}")


def strategic_merge(value: Any, patch: Any, schema: Json) -> Any:
    """A strategic merge patch: lists with a merge key merge by it, `$patch` and its kin are obeyed."""
    if not isinstance(patch, dict):
        return patch
    directive = patch.get("$patch")
    if directive == "replace":
        return {k: v for k, v in patch.items() if k != "$patch"}
    if directive == "delete":
        return {}
    schema = resolve(schema)
    out = dict(value) if isinstance(value, dict) else {}
    retained = patch.get(_RETAIN)
    if retained is not None:
        out = {name: member for name, member in out.items() if name in retained}
    for name, change in patch.items():
        _strategic_member(out, name, change, schema)
    for name, order in _orders(patch).items():
        _reorder(out, name, order, property_of(schema, name) or {}, value)
    return out


def _orders(patch: Json) -> Json:
    """The order each patched list asks for: as said, else that of the patch itself [observed]."""
    said = {name.removeprefix(_ORDER): order for name, order in patch.items() if name.startswith(_ORDER)}
    lists = {name: order for name, order in patch.items() if isinstance(order, list) and name[0] != "$"}
    return {**lists, **said}


def _strategic_member(out: Json, name: str, change: Any, schema: Json) -> None:
    if name.startswith(_DELETE_PRIMITIVES):
        target = name.removeprefix(_DELETE_PRIMITIVES)
        out[target] = [item for item in out.get(target, []) if item not in change]
    elif name.startswith("$"):
        return
    elif change is None:
        out.pop(name, None)
    else:
        known = property_of(schema, name) or {}
        out[name] = (
            _strategic_list(out.get(name), change, known)
            if isinstance(change, list)
            else strategic_merge(out.get(name), change, known)
        )


def _strategic_list(current: list[Any] | None, patch: list[Any], schema: Json) -> list[Any]:
    merges = "merge" in schema.get("x-kubernetes-patch-strategy", "").split(",")
    replace = any(isinstance(item, dict) and item.get("$patch") == "replace" for item in patch)
    if not merges or replace:
        return [item for item in patch if not (isinstance(item, dict) and item.get("$patch") == "replace")]
    key = schema.get("x-kubernetes-patch-merge-key")
    if not key:
        return [*(current or []), *(item for item in patch if item not in (current or []))]
    out = list(current or [])
    for item in patch:
        _strategic_item(out, item, key, schema.get("items", {}))
    return out


def _strategic_item(out: list[Any], item: Json, key: str, schema: Json) -> None:
    if key not in item:
        raise bad_request(f"map: {item} does not contain declared merge key: {key}")
    places = [i for i, have in enumerate(out) if have.get(key) == item[key]]
    if item.get("$patch") == "delete":
        for i in reversed(places):
            del out[i]
    elif places:
        out[places[0]] = strategic_merge(out[places[0]], item, schema)
    else:
        out.append(strategic_merge({}, item, schema))


def _reorder(out: Json, name: str, order: list[Any], schema: Json, before: Any) -> None:
    """Items named by `order` in that order; the others where they stood relative to them before."""
    key = schema.get("x-kubernetes-patch-merge-key")
    if name not in out or not (key or schema.get("x-kubernetes-patch-strategy") == "merge"):
        return
    ranks = [_key_of(item, key) for item in order]
    live = [_key_of(item, key) for item in (before or {}).get(name) or []]
    items = out[name]
    named = [i for i in items if _key_of(i, key) in ranks]
    named.sort(key=lambda item: ranks.index(_key_of(item, key)))
    others = [item for item in items if _key_of(item, key) not in ranks]
    result: list[Any] = []
    while named and others:
        first, second = _key_of(others[0], key), _key_of(named[0], key)
        takes_other = second in live and live.index(first) < live.index(second)
        result.append(others.pop(0) if takes_other else named.pop(0))
    out[name] = result + named + others


def _key_of(item: Any, key: str | None) -> Any:
    return item.get(key) if key and isinstance(item, dict) else item
