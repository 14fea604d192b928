"""Expression helpers and `math`: conversions, lengths, defaults [documented: expression-helpers]."""

from __future__ import annotations

from typing import Any

from localcloud.workflows.errors import fail
from localcloud.workflows.evaluation import truth
from localcloud.workflows.library.registry import expect, function
from localcloud.workflows.values import text_of, type_name

_NUMBER = (int, float)


@function("double", "x")
def to_double(x: Any) -> float:
    """A double from a string or a number."""
    try:
        return float(expect(x, (str, int, float), "double"))
    except ValueError:
        raise fail("ValueError", f"double: cannot convert {x!r}") from None


@function("int", "x")
def to_int(x: Any) -> int:
    """An integer from a string, or from a double by dropping its fraction."""
    try:
        return int(expect(x, (str, int, float), "int"))
    except ValueError:
        raise fail("ValueError", f"int: cannot convert {x!r}") from None


@function("string", "x")
def to_string(x: Any) -> str:
    """The text of a number, boolean or string."""
    return text_of(x)


@function("len", "value")
def length(value: Any) -> int:
    """Elements of a list or map, characters of a string."""
    return len(expect(value, (list, dict, str), "len"))


@function("keys", "map")
def keys(map: Any) -> list[Any]:
    """The keys of a map, in the order in which they were set [inferred]."""
    return list(expect(map, dict, "keys"))


@function("default", "value", "default_value")
def default(value: Any, default_value: Any) -> Any:
    """`value`, or the other when it is null."""
    return default_value if value is None else value


@function("if", "condition", "if_true", "if_false")
def choose(condition: Any, if_true: Any, if_false: Any) -> Any:
    """One of two values, both evaluated [observed]; a null condition counts as false [documented]."""
    return if_true if condition is not None and truth(condition, "if") else if_false


@function("get_type", "value")
def get_type(value: Any) -> str:
    """boolean, bytes, double, integer, list, map, null or string."""
    return type_name(value)


@function("math.abs", "x")
def absolute(x: Any) -> Any:
    """The number without its sign."""
    return abs(expect(x, _NUMBER, "math.abs"))


@function("math.max", "x", "y")
def maximum(x: Any, y: Any) -> Any:
    """The greater of two numbers."""
    return max(expect(x, _NUMBER, "math.max"), expect(y, _NUMBER, "math.max"))


@function("math.min", "x", "y")
def minimum(x: Any, y: Any) -> Any:
    """The lesser of two numbers."""
    return min(expect(x, _NUMBER, "math.min"), expect(y, _NUMBER, "math.min"))


@function("math.floor", "x")
def floor(x: Any) -> int:
    """The greatest integer not above the number [observed: third-party lists alone have it]."""
    return int(expect(x, _NUMBER, "math.floor") // 1)
