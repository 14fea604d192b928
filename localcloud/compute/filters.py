"""List filters: AIP-160 (`(a = b) AND labels.c:*`) and the older `field eq regex` [documented in every
`filter`].

The two may not be mixed, and a first word that the kind's schema does not have is refused: so do Google's
lists [observed for `labels` on backend services].
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from localcloud.compute.names import full_name
from localcloud.patterns import compiled
from localcloud.wire.errors import Refused, invalid
from localcloud.wire.messages import Json

Test = Callable[[Json], bool]

_TOKEN = re.compile(
    r"""\s*(\(|\)|!=|<=|>=|=|<|>|:|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s()=!<>:"']+(?::[^\s()"']+)?)"""
)
_FIELD = re.compile(r"[A-Za-z][\w.\-]*")
_REGEX = ("eq", "ne")
_ORDERS = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}
_SIGNS = ("=", "!=", ":", *_ORDERS)


def compile_filter(text: str, fields: set[str]) -> Test:
    """The test that a filter expression is; an empty one lets everything through. `fields` are the schema's
    own.

    Raises:
        Refused: 400 [observed words].
    """
    if not text.strip():
        return lambda resource: True
    try:
        return _Parser(text, fields).parse()
    except (ValueError, RecursionError):  # of brackets within brackets
        raise _refused(text) from None


def _refused(text: str) -> Refused:
    return invalid(f"Invalid value for field 'filter': '{text}'. Invalid list filter expression.")


class _Parser:
    def __init__(self, text: str, fields: set[str]) -> None:
        self._tokens = list(_tokens(text))
        self._fields = fields
        self._styles: set[bool] = set()  # whether a comparison was by regular expression

    def parse(self) -> Test:
        test = self._any()
        if self._tokens or len(self._styles) > 1:
            raise ValueError
        return test

    def _any(self) -> Test:
        """OR binds looser than AND, which may be left out."""
        tests = [self._all()]
        while self._take("OR"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda resource: any(test(resource) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._tokens and self._tokens[0] not in ("OR", ")"):
            self._take("AND")
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda resource: all(test(resource) for test in tests)

    def _one(self) -> Test:
        if self._take("NOT"):
            denied = self._one()
            return lambda resource: not denied(resource)
        if self._take("("):
            inner = self._any()
            if not self._take(")"):
                raise ValueError
            return inner
        return self._comparison()

    def _comparison(self) -> Test:
        field, sign, value = self._next(), self._next(), _bare(self._next())
        if not _FIELD.fullmatch(field) or field.split(".")[0] not in self._fields:
            raise ValueError
        self._styles.add(sign in _REGEX)
        if sign in _REGEX:
            pattern = compiled(value)  # one that is none is a ValueError, too
            return lambda resource: _matches(pattern, _values(resource, field)) == (sign == "eq")
        if sign not in _SIGNS:
            raise ValueError
        return lambda resource: _compare(sign, _values(resource, field), value)

    def _next(self) -> str:
        if not self._tokens:
            raise ValueError
        return self._tokens.pop(0)

    def _take(self, word: str) -> bool:
        if self._tokens and self._tokens[0] == word:
            self._tokens.pop(0)
            return True
        return False


def _tokens(text: str) -> Iterator[str]:
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError
        at = match.end()
        yield from _split(match[1])


def _split(word: str) -> tuple[str, ...]:
    """`name:prefix` is a field, a sign and a value; the colon of a bare URL is its own."""
    if ":" not in word[1:] or word[0] in "\"'" or word.startswith("http"):
        return (word,)
    field, value = word.split(":", 1)
    return field, ":", value


def _bare(token: str) -> str:
    """Without its quotes; other backslashes stay, since gcloud writes regular expressions in quotes [observed]."""
    return re.sub(r"\\([\"'])", r"\1", token[1:-1]) if token[0] in "\"'" else token


def _values(resource: Json, field: str) -> list[Any]:
    """What `a.b` leads to; a list stands for each of its items."""
    found: list[Any] = [resource]
    for part in field.split("."):
        found = [item[part] for item in found if isinstance(item, dict) and part in item]
        found = [each for item in found for each in (item if isinstance(item, list) else [item])]
    return found


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _matches(pattern: Any, values: list[Any]) -> bool:
    return any(pattern.fullmatch(_text(value)) for value in values)


def _compare(sign: str, values: list[Any], wanted: str) -> bool:
    if sign == "!=":
        return not _compare("=", values, wanted)
    if sign == ":" and wanted == "*":
        return bool(values)
    return any(_holds(sign, value, wanted) for value in values)


def _holds(sign: str, value: Any, wanted: str) -> bool:
    if isinstance(value, dict):
        return sign == ":" and wanted in value
    text = _text(value)
    if sign == "=":
        return text == wanted or ((name := full_name(text)) != "" and name == full_name(wanted))
    if sign == ":":
        return fnmatchcase(text, wanted) if "*" in wanted else wanted in text
    left, right = _ordered(text, wanted)
    return bool(_ORDERS[sign](left, right))


def _ordered(left: str, right: str) -> tuple[Any, Any]:
    try:
        return float(left), float(right)
    except ValueError:
        return left, right
