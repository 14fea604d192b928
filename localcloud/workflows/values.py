"""Values of the language: their types, sizes, comparison, and the way to and from JSON.

Values are never changed once made: an assignment into a map builds a new one. That is what makes copies,
which the language promises [documented: variables are copied, not referenced], free.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from localcloud.wire.json_source import read_json
from localcloud.workflows.errors import fail

MEMORY_LIMIT = 512 * 1024  # bytes that an execution holds [documented: quotas]
STRING_LIMIT = 256 * 1024  # one string [documented: quotas]


@dataclass(frozen=True)
class FunctionRef:
    """A function named but not called, as a retry policy names its predicate."""

    name: str


_TYPE_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "double",
    str: "string",
    bytes: "bytes",
    list: "list",
    dict: "map",
    FunctionRef: "function",
}


def type_name(value: Any) -> str:
    """The type as `get_type` calls it [documented: expression-helpers]."""
    return _TYPE_NAMES[type(value)]


def is_number(value: Any) -> bool:
    """Whether `value` is an integer or a double; a boolean is neither."""
    return type(value) in (int, float)


def size_of(value: Any) -> int:
    """Bytes that `value` counts towards the memory limit [documented: variables, memory usage].

    Numbers and booleans 8; strings, bytes and lists 8 and their contents; maps 8, their keys and values.
    Null is free: assigning it is the documented way to release memory.

    Raises:
        LimitError: a string is over 256 KB.
    """
    kind = type(value)  # looked at for every value of every assignment: exact types are the quickest
    if kind is str:
        return 8 + _string_size(value)
    if kind is dict:
        size = 8
        for key, item in value.items():
            size += 8 + _string_size(key) if type(key) is str else size_of(key)
            size += 8 + _string_size(item) if type(item) is str else size_of(item)
        return size
    if kind is list:
        return 8 + sum(map(size_of, value))
    if value is None:
        return 0
    return 8 + len(value) if kind is bytes else 8


def _string_size(value: str) -> int:
    size = len(value) if value.isascii() else len(value.encode())
    if size > STRING_LIMIT:
        raise fail("ResourceLimitError", f"string of {size} bytes exceeds the limit of {STRING_LIMIT} bytes")
    return size


def limited(value: Any) -> Any:
    """`value`, unless it is a string of over 256 KB: those are no values, whether or not a variable holds them.

    Raises:
        LimitError: it is one.
    """
    if isinstance(value, str):
        _string_size(value)
    return value


def text_of(value: Any) -> str:
    """`value` as `string()` and `+` write it.

    Doubles are the shortest decimal that reads back the same [observed: a sample's 80.6]; booleans are
    lower case [inferred].

    Raises:
        WorkflowError: TypeError, for anything but a string, a number or a boolean.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_number(value):
        return repr(value)
    raise fail("TypeError", f"cannot convert {type_name(value)} to string")


def equal(left: Any, right: Any) -> bool:
    """`==`: values of different types differ, but integers and doubles compare by number [inferred]."""
    if is_number(left) and is_number(right):
        return bool(left == right)
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    return bool(left == right)


def copied(value: Any) -> Any:
    """A deep copy: nothing that a host holds is a value of a run, and the other way round."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [copied(item) for item in value]
    return value


def to_json(value: Any, indent: str | None = None) -> str:
    """`value` as JSON: compact, keys in order [observed in payloads], non-ASCII kept.

    Raises:
        WorkflowError: ValueError, `value` contains bytes, which JSON cannot carry [documented: json.encode].
    """
    separators = (",", ":") if indent is None else (",", ": ")
    return json.dumps(
        _jsonable(value), sort_keys=True, ensure_ascii=False, indent=indent, separators=separators
    )


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {text_of(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_jsonable(item) for item in value]
    if isinstance(value, bytes | FunctionRef):
        raise fail("ValueError", f"{type_name(value)} cannot be encoded as JSON")
    return value


def from_json(text: str | bytes) -> Any:
    """The value of a JSON text; a number without fraction or exponent is an integer.

    Raises:
        WorkflowError: ValueError, `text` is not JSON.
    """
    try:
        return read_json(text)
    except ValueError as error:
        raise fail("ValueError", f"not a JSON document: {error}") from None
