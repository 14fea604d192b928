"""`text`: searching, replacing, splitting and escaping strings; expressions are RE2's [documented: stdlib/text]."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

from localcloud.patterns import BadPattern, compiled
from localcloud.workflows.errors import fail
from localcloud.workflows.library.registry import expect, function
from localcloud.workflows.values import MEMORY_LIMIT

TEXT_LIMIT = 8 * MEMORY_LIMIT  # characters that a replacement may come to, at the most


def _strings(where: str, *values: Any) -> None:
    for value in values:
        expect(value, str, where)


def _pattern(where: str, source: Any, regexp: Any) -> Any:
    _strings(where, source, regexp)
    try:
        return compiled(regexp)
    except BadPattern as error:
        raise fail("ValueError", f"{where}: invalid regular expression: {error}") from None


def _check_size(most: int) -> None:
    """Refuse to make a text that no variable could hold, before it is made.

    Raises:
        WorkflowError: ResourceLimitError.
    """
    if most > TEXT_LIMIT:
        raise fail("ResourceLimitError", f"a text of {most} characters exceeds the limit of {TEXT_LIMIT}")


@function("text.find_all", "source", "substr")
def find_all(source: Any, substr: Any) -> list[int]:
    """Where a substring begins, each time."""
    _strings("text.find_all", source, substr)
    return [match.start() for match in re.finditer(re.escape(substr), source)]


@function("text.find_all_regex", "source", "regexp")
def find_all_regex(source: Any, regexp: Any) -> list[dict[str, Any]]:
    """Every match, as {index, match}."""
    matches = _pattern("text.find_all_regex", source, regexp).finditer(source)
    return [{"index": match.start(), "match": match.group()} for match in matches]


@function("text.match_regex", "source", "regexp")
def match_regex(source: Any, regexp: Any) -> bool:
    """Whether any part of the string matches."""
    return bool(_pattern("text.match_regex", source, regexp).search(source))


@function("text.replace_all", "source", "substr", "repl")
def replace_all(source: Any, substr: Any, repl: Any) -> str:
    """The string with each substring replaced."""
    _strings("text.replace_all", source, substr, repl)
    _check_size(len(source) + source.count(substr) * len(repl))
    return str(source.replace(substr, repl))


@function("text.replace_all_regex", "source", "regexp", "repl")
def replace_all_regex(source: Any, regexp: Any, repl: Any) -> str:
    r"""The string with each match replaced; `\1` is the first group."""
    pattern = _pattern("text.replace_all_regex", source, regexp)
    _strings("text.replace_all_regex", repl)
    matches, groups = sum(1 for _ in pattern.finditer(source)), repl.count("\\")
    _check_size(len(source) * (1 + groups) + matches * len(repl))
    try:
        return str(pattern.sub(repl, source))
    except (ValueError, IndexError) as error:
        raise fail("ValueError", f"text.replace_all_regex: {error}") from None


@function("text.split", "source", "separator")
def split(source: Any, separator: Any) -> list[str]:
    """The parts between separators; an empty separator splits into characters [inferred]."""
    _strings("text.split", source, separator)
    return source.split(separator) if separator else list(source)


@function("text.substring", "source", "start", "end")
def substring(source: Any, start: Any, end: Any) -> str:
    """Characters from `start` up to but not including `end`."""
    _strings("text.substring", source)
    first, last = expect(start, int, "text.substring"), expect(end, int, "text.substring")
    if not 0 <= first <= last <= len(source):
        raise fail("IndexError", f"text.substring: {first}…{last} out of range (length {len(source)})")
    return str(source[first:last])


@function("text.to_lower", "source")
def to_lower(source: Any) -> str:
    """The string in lower case."""
    return str(expect(source, str, "text.to_lower")).lower()


@function("text.to_upper", "source")
def to_upper(source: Any) -> str:
    """The string in upper case."""
    return str(expect(source, str, "text.to_upper")).upper()


@function("text.url_encode", "source")
def url_encode(source: Any) -> str:
    """Percent-encoding; a space becomes %20."""
    return quote(expect(source, str, "text.url_encode"), safe="")


@function("text.url_encode_plus", "source")
def url_encode_plus(source: Any) -> str:
    """Percent-encoding; a space becomes +."""
    return quote_plus(expect(source, str, "text.url_encode_plus"))


@function("text.url_decode", "source")
def url_decode(source: Any) -> str:
    """What either encoding came from."""
    return unquote_plus(expect(source, str, "text.url_decode"))
