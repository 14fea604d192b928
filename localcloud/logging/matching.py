"""Which entries a query lets through: each node of its tree as a test.

Text is compared by its NFKC_CF form, but by regular expressions; a value is converted to the type of the field, and
where that cannot be, the comparison fails [documented: logging/docs/view/logging-query-language, "Comparison
operators", "Values and conversions"]. A field of LogEntry has one type, so such a query is refused at once [inferred].
What the page has beyond that, functions but log_id among it, is refused as not implemented.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from localcloud.logging.fields import Field, Kind, field_of, leaves
from localcloud.logging.query import (
    All,
    Any_,
    Anywhere,
    Comparison,
    Function,
    Node,
    Not,
    Value,
    parse,
    unparseable,
)
from localcloud.patterns import BadPattern, compiled
from localcloud.wire.errors import not_implemented
from localcloud.wire.messages import Json

Test = Callable[[Json], bool]
Holds = Callable[[Any], bool]

# LogSeverity, by rank [documented].
RANKS = {
    "DEFAULT": 0,
    "DEBUG": 100,
    "INFO": 200,
    "NOTICE": 300,
    "WARNING": 400,
    "ERROR": 500,
    "CRITICAL": 600,
    "ALERT": 700,
    "EMERGENCY": 800,
}
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
_DOUBLE = re.compile(
    r"[+-]?([0-9]+\.?[0-9]*(e[+-]?[0-9]+)?|\.[0-9]+(e[+-]?[0-9]+)?|infinity)|nan", re.IGNORECASE
)
_UNITS = {"ns": 9, "us": 6, "ms": 3, "s": 0}  # of durations → digits behind the point of a second
_LONG_UNITS = {"m": 60, "h": 3600}  # seconds
_DURATION = re.compile(r"([+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?)(ns|us|ms|s|m|h)")


@lru_cache(maxsize=256)
def compile_query(text: str) -> Test:
    """The test that a query is; an empty one lets every entry through.

    Raises:
        Refused: INVALID_ARGUMENT, it is no query; UNIMPLEMENTED, the local cloud does not know what it asks for.
    """
    return _test(parse(text))


def _test(node: Node) -> Test:
    match node:
        case All(parts):
            tests = [_test(each) for each in parts]
            return lambda entry: all(test(entry) for test in tests)
        case Any_(parts):
            tests = [_test(each) for each in parts]
            return lambda entry: any(test(entry) for test in tests)
        case Not(part):
            denied = _test(part)
            return lambda entry: not denied(entry)
        case Comparison():
            return _comparison(node)
        case Anywhere(value):
            return _anywhere(value)
        case Function():
            return _function(node)


def _comparison(node: Comparison) -> Test:
    field = field_of(node.path)
    if node.operator == ":" and node.value == Value("*"):
        return lambda entry: bool(field.values(entry))
    holds = _holds(field, node.operator, node.value)
    fallback = [] if field.default is None else [field.default]
    return lambda entry: any(map(holds, field.values(entry) or fallback))


def _holds(field: Field, sign: str, value: Value) -> Holds:
    """The comparison with one value. Of a list, one item for which it holds is enough, with `!=` as with `=`
    [documented: "Object and array types"].
    """
    name = ".".join(field.path)
    if sign in ("=~", "!~"):
        return _matches(field, value, sign == "=~")
    if field.kind is Kind.OBJECT:
        if sign != ":":
            raise unparseable(f"Invalid operator '{sign}' for the field '{name}'.")  # words [inferred]
        return _contains_below(value)
    if field.kind in (Kind.TEXT, Kind.FREE):
        return _contains_below(value) if sign == ":" else _compares(sign, value, field.kind)
    wanted = _converted(field, value)
    compare = _ORDERS["=" if sign == ":" else sign]  # of one value, `has` is `equals` [inferred]
    read = _READERS[field.kind]
    return lambda found: compare(read(found), wanted)


def _matches(field: Field, value: Value, wanted: bool) -> Holds:
    if field.kind not in (Kind.TEXT, Kind.FREE):
        raise not_implemented(f"regular expressions for the field {'.'.join(field.path)}")
    if not value.quoted:
        raise unparseable(
            f"The regular expression {value.text} must be double-quoted."
        )  # documented; words [inferred]
    try:
        pattern = compiled(value.text)
    except BadPattern as fault:
        raise unparseable(f"Invalid regular expression: {fault}") from None  # words [inferred]
    return lambda found: _is_plain(found) and bool(pattern.search(_whole(_text(found)))) == wanted


def _contains_below(value: Value) -> Holds:
    """The `has` operator: a part of the text, or of any text in an object."""
    wanted = _folded(value.text)
    return lambda found: any(wanted in _folded(_text(each)) for each in leaves(found))


def _compares(sign: str, value: Value, kind: Kind) -> Holds:
    """A value of a payload says by itself whether it is compared as a number, a boolean or text."""
    compare, wanted, number = _ORDERS[sign], _folded(value.text), _number(value.text)
    is_null = value == Value("NULL_VALUE")

    def holds(found: Any) -> bool:
        if found is None:
            return sign in ("=", "!=") and is_null == (sign == "=")  # [documented: "NULL_VALUE"]
        if isinstance(found, bool):
            return wanted in ("true", "false") and compare(found, wanted == "true")
        if isinstance(found, int | float):
            return kind is Kind.FREE and number is not None and compare(found, number)
        return _is_plain(found) and compare(_folded(found), wanted)

    return holds


def _anywhere(value: Value) -> Test:
    return _contains_below(value)


def _function(node: Function) -> Test:
    if node.name != "log_id":
        raise not_implemented(f"{node.name}() in filters of logs")
    if len(node.arguments) != 1:
        raise unparseable("log_id() takes one argument.")  # words [inferred]
    wanted = f"/logs/{quote(node.arguments[0].text, safe='')}".casefold()
    return lambda entry: str(entry["logName"]).casefold().endswith(wanted)


def _converted(field: Field, value: Value) -> Any:
    """The value in the field's type.

    Raises:
        Refused: INVALID_ARGUMENT, it has none there; the words are [inferred].
    """
    try:
        return _CONVERSIONS[field.kind](value.text)
    except (ValueError, KeyError):
        raise unparseable(f"Invalid value '{value.text}' for the field '{'.'.join(field.path)}'.") from None


def _rank(text: str) -> int:
    return int(text) if text.isdigit() else RANKS[text.upper()]


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def moment(text: str) -> datetime:
    """A time of RFC 3339, or a day in UTC [documented: "Values and conversions"].

    Raises:
        ValueError: it is neither.
    """
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _duration(text: str) -> Fraction:
    """Seconds: a signed decimal number and its unit [documented: "Values and conversions"]."""
    if not (match := _DURATION.fullmatch(text)):
        raise ValueError(text)
    amount, unit = Fraction(match[1]), match[2]
    return amount / 10 ** _UNITS[unit] if unit in _UNITS else amount * _LONG_UNITS[unit]


def _integer(text: str) -> int:
    """A signed integer [documented: "intNN"]."""
    if not _INTEGER.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _number(text: str) -> float | None:
    """A number as the page has it ["double"], or None: Python reads more, such as digits with underscores."""
    return float(text) if _DOUBLE.fullmatch(text) else None


def _whole(text: str) -> str:
    """Without halves of characters, which RE2 does not read."""
    return text.encode("utf-8", "replace").decode()


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    """What text is compared by: NFKC_CF, nearly [documented: "string", under "Comparison operators"]."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _is_plain(found: Any) -> bool:
    return not isinstance(found, dict | list)


def _text(found: Any) -> str:
    if isinstance(found, bool):
        return str(found).lower()
    return "" if found is None else f"{found:g}" if isinstance(found, float) else str(found)


_CONVERSIONS: dict[Kind, Callable[[str], Any]] = {
    Kind.NUMBER: _integer,
    Kind.BOOLEAN: _boolean,
    Kind.TIME: moment,
    Kind.DURATION: _duration,
    Kind.SEVERITY: _rank,
}
_READERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.NUMBER: float,
    Kind.BOOLEAN: bool,
    Kind.TIME: moment,
    Kind.DURATION: _duration,
    Kind.SEVERITY: lambda found: RANKS[found],
}
