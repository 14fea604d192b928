"""The patch formats: JSON patch (RFC 6902) and strategic merge patch [documented]."""

from __future__ import annotations

import copy
import json
from collections import deque
from typing import Any

import jsonpatch

from localcloud.kubernetes.definitions import property_of, resolve
from localcloud.kubernetes.errors import StatusError, bad_request, unfit
from localcloud.wire.messages import Json

# Of a JSON patch [documented: apiserver, handlers/patch.go, maxJSONPatchOperations].
MOST_OPERATIONS = 10_000
# Bytes that the copies of one patch may come to [documented: apiserver, config.go, JSONPatchMaxCopyBytes; words:
# evanphx/json-patch, AccumulatedCopySizeError].
LARGEST_COPIES = 3 * 2**20
_RETAIN, _ORDER, _DELETE_PRIMITIVES = "$retainKeys", "$setElementOrder/", "$deleteFromPrimitiveList/"


def json_patch(value: Any, operations: Any) -> Any:
    """RFC 6902.

    Raises:
        StatusError: 400, not a patch; 413, one of too many operations; 422, an operation is malformed, a path is
            missing, a test fails, or what is copied grows too large.
    """
    if not isinstance(operations, list):
        raise _undecoded(operations, "jsonpatch.Patch")
    if len(operations) > MOST_OPERATIONS:
        words = f"The allowed maximum operations in a JSON patch is {MOST_OPERATIONS}, got {len(operations)}"
        raise StatusError(413, "RequestEntityTooLarge", f"Request entity too large: {words}")
    for operation in operations:
        if not isinstance(operation, dict):
            raise _undecoded(operation, "jsonpatch.Operation")
    try:
        return _applied(copy.deepcopy(value), operations)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        message = "the server rejected our request due to an error in our request"
        raise StatusError(422, "Invalid", message, {}) from error


def _applied(value: Any, operations: list[Json]) -> Any:
    """`value`, which may be changed, after each operation; copies of copies would grow without end."""
    copied = 0
    for operation in operations:
        if operation.get("op") == "copy" and isinstance(origin := operation.get("from"), str):
            source = jsonpatch.JsonPointer(origin).resolve(value)
            copied += len(json.dumps(source))
            if copied > LARGEST_COPIES:
                words = (
                    "Unable to complete the copy, the accumulated size increase of copy is "
                    f"{copied}, exceeding the limit {LARGEST_COPIES}"
                )
                raise StatusError(422, "Invalid", words, {})
        value = jsonpatch.JsonPatch([operation]).apply(value, in_place=True)
    return value


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
        gone = _identities(change)
        out[target] = [item for item in out.get(target) or [] if _identity(item) not in gone]
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
        known = _identities(current or [])
        return [*(current or []), *(item for item in patch if _identity(item) not in known)]
    merged = _KeyedList(current or [], key, schema.get("items", {}))
    for item in patch:
        merged.take(item)
    return merged.items()


class _KeyedList:
    """A list whose items a merge key tells apart, while a patch's items are merged into it."""

    def __init__(self, current: list[Any], key: str, schema: Json) -> None:
        self._key = key
        self._schema = schema
        self._items: dict[int, Any] = dict(enumerate(current))
        self._next = len(current)
        self._places: dict[str, list[int]] = {}
        for place, item in self._items.items():
            self._places.setdefault(_identity(item.get(key)), []).append(place)

    def take(self, item: Any) -> None:
        """Delete, change or add what `item` of a patch is about.

        Raises:
            StatusError: 400, it does not say which item it is about.
        """
        if not isinstance(item, dict) or self._key not in item:
            raise bad_request(f"map: {item} does not contain declared merge key: {self._key}")
        identity = _identity(item[self._key])
        places = self._places.get(identity)
        if item.get("$patch") == "delete":
            for place in self._places.pop(identity, ()):
                del self._items[place]
        elif places:
            self._items[places[0]] = strategic_merge(self._items[places[0]], item, self._schema)
        else:
            self._items[self._next] = strategic_merge({}, item, self._schema)
            self._places[identity] = [self._next]
            self._next += 1

    def items(self) -> list[Any]:
        """The items there are now, in their order."""
        return list(self._items.values())


def _identity(value: Any) -> str:
    """A text that only equal values have, for sets of values of any JSON type."""
    return f"={value}" if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _identities(values: Any) -> set[str]:
    return {_identity(each) for each in values}


def _reorder(out: Json, name: str, order: list[Any], schema: Json, before: Any) -> None:
    """Items named by `order` in that order; the others where they stood relative to them before."""
    key = schema.get("x-kubernetes-patch-merge-key")
    if name not in out or not (key or schema.get("x-kubernetes-patch-strategy") == "merge"):
        return
    ranks = _first_places(order, key)
    live = _first_places((before or {}).get(name) or [], key)
    items = out[name]
    named = sorted((i for i in items if _key_of(i, key) in ranks), key=lambda item: ranks[_key_of(item, key)])
    others = deque(item for item in items if _key_of(item, key) not in ranks)
    result: list[Any] = []
    for item in named:
        place = live.get(_key_of(item, key), -1)
        while others and live.get(_key_of(others[0], key), 0) < place:
            result.append(others.popleft())
        result.append(item)
    out[name] = [*result, *others]


def _first_places(items: list[Any], key: str | None) -> dict[str, int]:
    """Where each item is first, by what tells it apart."""
    return {_key_of(item, key): place for place, item in reversed(list(enumerate(items)))}


def _key_of(item: Any, key: str | None) -> str:
    return _identity(item.get(key) if key and isinstance(item, dict) else item)
