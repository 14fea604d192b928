"""Turns pydantic's errors into messages for the author of a document: what is wrong, and how to fix it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from shared.spec import values
from shared.spec.faults import MARKS, Fault, listed, nearest, path_of
from shared.spec.part import Part, field_at, fields_of

Message = tuple[str, str]

_GWCER104 = "the GKE controller refuses {} (GWCER104), and one refused route stops the whole Gateway"
# (part, unknown field or value) → messages, for what the Gateway API has and this Gateway class has not.
# GWCER104 is [observed] in public reports that quote the controller, most about other GKE classes: timeouts
# and regular expressions in several, method, ReplaceFullPath and a redirect's port in one each. That there
# are no extension filters is [inferred]; so is it that headers and parameters are compared exactly: expressions are
# implementation-specific in the Gateway API [documented, HeaderMatchType], and though a URL map of this scheme may have
# them [documented, compute HttpHeaderMatch], it may have them of paths too, which the controller refuses
# (cloud.google.com/kubernetes-engine/docs/how-to/gatewayclass-capabilities has what it takes). Where one turns out to
# work: remove its line, add the field.
UNSUPPORTED: dict[tuple[str, str], Message] = {
    ("Rule", "timeouts"): (
        _GWCER104.format("timeouts"),
        "remove it; a GCPBackendPolicy on the ServiceImport sets timeoutSec",
    ),
    ("Match", "method"): (
        _GWCER104.format("a match on the method"),
        "remove it; tell requests apart by path or header",
    ),
    ("PathMatch", "RegularExpression"): (
        _GWCER104.format("regular expressions in paths"),
        "write type PathPrefix or Exact",
    ),
    ("ValueMatch", "RegularExpression"): (
        _GWCER104.format("regular expressions in headers and parameters"),
        "write type Exact; another value is another match of the same rule",
    ),
    ("PathModifier", "ReplaceFullPath"): (
        _GWCER104.format("ReplaceFullPath"),
        "write type ReplacePrefixMatch",
    ),
    ("PathModifier", "replaceFullPath"): (_GWCER104.format("replaceFullPath"), "write replacePrefixMatch"),
    ("Redirect", "port"): (
        _GWCER104.format("a port in a redirect"),
        "remove it; the scheme implies the port",
    ),
    ("Filter", "ExtensionRef"): ("this Gateway class has no extension filters", "remove the filter"),
    ("Filter", "extensionRef"): ("this Gateway class has no extension filters", "remove the filter"),
    ("Listener", "HTTPS"): ("HTTPS listeners are not supported yet", "write protocol HTTP and leave tls out"),
    ("Listener", "tls"): ("HTTPS listeners are not supported yet", "remove tls and write protocol HTTP"),
}
# Pattern → what a matching value consists of.
_MADE_OF = {
    values.LABEL: "lower-case letters, digits and inner hyphens",
    values.NAME: "lower-case letters, digits and inner hyphens, a letter first",
    values.PROJECT: "6 to 30 lower-case letters, digits and inner hyphens, a letter first",
    values.HOSTNAME: "lower-case labels joined by dots; the first may be *",
    values.PRECISE_HOSTNAME: "lower-case labels joined by dots",
    values.HEADER: "letters, digits and hyphens",
    values.ACCOUNT: "a service account's e-mail address",
    values.MACHINE: "a machine type such as e2-standard-2",
}


@dataclass(frozen=True)
class _ErrorContext:
    """Where an error is, and the value there."""

    key: str
    value: Any
    kind: type[Part]
    field: FieldInfo | None
    ctx: dict[str, Any]
    item: bool  # an entry of the list that the field holds

    @property
    def example(self) -> str:
        examples = (self.field.examples if self.field else None) or []
        return listed(shown(each[0] if self.item and isinstance(each, list) else each) for each in examples)

    @property
    def such_as(self) -> str:
        return f", such as {self.example}" if self.field and self.field.examples else ""


def fault_of(error: ErrorDetails, root: type[Part]) -> Fault:
    """The fault for one of pydantic's errors about a `root` document."""
    loc = error["loc"]
    kind, field = field_at(root, loc)
    key = next((part for part in reversed(loc) if isinstance(part, str) and part not in MARKS), "")
    context = _ErrorContext(
        key, error["input"], kind, field, dict(error.get("ctx") or {}), bool(loc) and isinstance(loc[-1], int)
    )
    fault, fix = MESSAGES.get(error["type"], _other)(context)
    return Fault(path_of(loc), fault, fix)


def shown(value: object, limit: int = 60) -> str:
    """A value as a person would write it, cut if it is long."""
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    text = text or "''"
    return text if len(text) <= limit else f"{text[:limit]}…"


def _missing(at: _ErrorContext) -> Message:
    return f"{at.key} is missing", f"add {at.key}{at.such_as}"


def _unknown_field(at: _ErrorContext) -> Message:
    if words := UNSUPPORTED.get((at.kind.__name__, at.key)):
        return words
    known = fields_of(at.kind)
    near = nearest(at.key, known)
    return (
        f"there is no field {at.key!r} here",
        f"write {near}" if near else f"remove it; known are {listed(known)}",
    )


def _not_one_of(at: _ErrorContext) -> Message:
    if isinstance(at.value, str) and (words := UNSUPPORTED.get((at.kind.__name__, at.value))):
        return words
    if at.field and at.field.examples and not isinstance(at.value, str):
        return f"{shown(at.value)} does not fit here", f"write {at.example}"
    expected = re.findall(r"'([^']*)'", str(at.ctx["expected"])) or [str(at.ctx["expected"])]
    near = nearest(at.value, expected)
    return f"{shown(at.value)!r} is not one of {', '.join(expected)}", f"write {near or listed(expected)}"


def _pattern(at: _ErrorContext) -> Message:
    pattern = str(at.ctx["pattern"])
    slug = re.sub(r"[^a-z0-9]+", "-", str(at.value).lower()).strip("-")
    hyphenated = pattern in (values.LABEL, values.NAME, values.PROJECT) and re.match(pattern, slug)
    fix = (
        f"write {slug}" if hyphenated else f"use {_MADE_OF.get(pattern, 'what fits ' + pattern)}{at.such_as}"
    )
    return f"{shown(at.value)!r} is not made of {_MADE_OF.get(pattern, 'what belongs here')}", fix


def _not(what: str, fix: str) -> Callable[[_ErrorContext], Message]:
    return lambda at: (f"{_quoted(at.value)} is not {what}", f"{fix}{at.such_as}")


def _not_text(at: _ErrorContext) -> Message:
    hint = "; a number that is meant as text needs quotes" if isinstance(at.value, (int, float)) else ""
    return f"{shown(at.value)} is not text", f"write text{at.such_as}{hint}"


def _quoted(value: object) -> str:
    return repr(shown(value)) if isinstance(value, str) else shown(value)


def _limit(bound: str, words: str, fix: str) -> Callable[[_ErrorContext], Message]:
    def message(at: _ErrorContext) -> Message:
        limit = at.ctx[bound]
        return f"{at.key} has {words} {limit}", fix.format(limit)

    return message


def _bound(bound: str, words: str) -> Callable[[_ErrorContext], Message]:
    return lambda at: (
        f"{shown(at.value)} is {words} {at.ctx[bound]}",
        f"write {at.ctx[bound]} at the {_END[bound]}",
    )


def _too_few(at: _ErrorContext) -> Message:
    return f"{at.key} is empty", f"give at least one{at.such_as}"


def _other(at: _ErrorContext) -> Message:
    return (
        f"{shown(at.value)} does not fit here",
        f"write {at.example}" if at.such_as else "compare with the schema",
    )


_END = {"ge": "least", "le": "most"}
MESSAGES: dict[str, Callable[[_ErrorContext], Message]] = {
    "refused": lambda at: (at.ctx["fault"], at.ctx["fix"]),  # a message of our own: `locations.refusal`
    "missing": _missing,
    "extra_forbidden": _unknown_field,
    "literal_error": _not_one_of,
    "string_pattern_mismatch": _pattern,
    "string_type": _not_text,
    "string_too_short": _too_few,
    "string_too_long": _limit("max_length", "more characters than", "shorten it to {} characters"),
    "int_type": _not("a whole number", "write a number without quotes"),
    "bool_type": _not("true or false", "write true or false"),
    "greater_than_equal": _bound("ge", "less than"),
    "less_than_equal": _bound("le", "more than"),
    "tuple_type": _not("a list", "write a list"),
    "too_short": _too_few,
    "too_long": _limit("max_length", "more entries than", "leave at most {}"),
    "dict_type": _not("a map", "write keys and values"),
    "model_type": _not("an object", "write fields and values"),
}
