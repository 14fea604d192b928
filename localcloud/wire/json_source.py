"""JSON that somebody sends: read within bounds, so that whatever walks through a value comes to an end soon.

Python's own reader takes what is no JSON (`NaN`), makes infinity of `1e999`, reads integers of any length, and leaves
nesting to Python's recursion, which later walks run out of.
"""

from __future__ import annotations

import json
import math
from typing import Any

DEEPEST = 100  # levels [documented: protobuf, json_stream_parser.cc, kMaxRecursionDepth]
MOST_VALUES = 100_000  # none of Google's limits: what a service checks in well under a second
_LONGEST_INTEGER = 20  # characters of a 64-bit integer; what is longer is a float in Go and in protobuf


class NotJson(ValueError):
    """A text is no JSON, or beyond the bounds."""


class BeyondBounds(NotJson):
    """A text is JSON, but not such as is read here."""


def read_json(text: str | bytes, most: int = MOST_VALUES) -> Any:
    """The value of a JSON text.

    Raises:
        NotJson: it is none; it is nested more deeply than `DEEPEST` levels; it has more than `most` values; or a
            number in it is no 64-bit float's.
    """
    _check_size(text, most)
    try:
        words = text if isinstance(text, str) else text.decode(json.detect_encoding(text), "surrogatepass")
        value = _DECODER.decode(words)
    except RecursionError:
        raise BeyondBounds("exceeded max depth") from None
    except NotJson:
        raise
    except ValueError as error:
        raise NotJson(str(error)) from None
    if words.count("{") + words.count("[") > DEEPEST:  # otherwise it cannot be that deep
        _check_depth(value)
    return value


def _check_size(text: str | bytes, most: int) -> None:
    """Commas are counted, for this costs nothing; those within texts count as well."""
    commas = text.count(",") if isinstance(text, str) else text.count(b",")
    if commas > most:
        raise BeyondBounds(f"the local cloud reads no JSON of more than {most} values")


def _check_depth(value: Any) -> None:
    waiting = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if depth > DEEPEST:
            raise BeyondBounds("exceeded max depth")
        members = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        waiting += [(each, depth + 1) for each in members if isinstance(each, dict | list)]


def _constant(name: str) -> float:
    """NaN and Infinity are words of Python's JSON alone."""
    raise NotJson(f"invalid character '{name[0]}' looking for beginning of value")


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise BeyondBounds(f"json: cannot unmarshal number {text[:40]} into Go value of type float64")
    return value


def _integer(text: str) -> int | float:
    return int(text) if len(text) <= _LONGEST_INTEGER else _float(text)


_DECODER = json.JSONDecoder(parse_constant=_constant, parse_float=_float, parse_int=_integer)
