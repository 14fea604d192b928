"""A request body against its schema in the discovery document: unknown fields, wrong types, enum values.

The words are those of Google's JSON parser [observed]. Integers stand for enum values, as the REST clients of
google-cloud-* send them; `enums.json` has the numbers, which the documents leave out.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from localcloud.wire.discovery import Document
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Json

# 64-bit integers are strings in the documents; proto JSON takes numbers for them too [documented].
LONG = frozenset({"int64", "uint64"})

LIMITS = {
    "int32": range(-(2**31), 2**31),
    "uint32": range(2**32),
    "int64": range(-(2**63), 2**63),
    "uint64": range(2**64),
}
MOST_DIGITS = 40  # more than any of these has

JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int, str),
    "number": (int, float, str),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}


@cache
def enum_numbers() -> dict[str, dict[str, dict[str, str]]]:
    """API name → `Schema.field` → enum number → value name."""
    path = Path(__file__).parent / "enums.json"
    numbers: dict[str, dict[str, dict[str, str]]] = json.loads(path.read_text("utf-8"))
    return numbers


@dataclass
class Validation:
    """One pass over one body; `faults` gathers (path, words)."""

    document: Document
    faults: list[tuple[str, str]] = field(default_factory=list)

    def object(self, schema: str, value: Any, at: str) -> Any:
        """`value` in the document's spelling (camelCase, enum names), checked against `schema`."""
        properties: dict[str, Json] = self.document.schemas[schema].get("properties", {})
        if not isinstance(value, dict):
            return self._fault(at, f"Invalid value at '{at}' ({schema}), {json.dumps(value)}", value)
        result: Json = {}
        for given, item in value.items():
            name = given if given in properties else camel(given)
            if name not in properties:
                self._unknown(given, at)
            elif item is not None:
                where = f"{at}.{snake(name)}" if at else snake(name)
                result[name] = self._value(properties[name], item, where, f"{schema}.{name}")
        return result

    def _unknown(self, name: str, at: str) -> None:
        place = f" at '{at}'" if at else ""
        self._fault(at, f'Invalid JSON payload received. Unknown name "{name}"{place}: Cannot find field.')

    def _value(self, schema: Json, value: Any, at: str, key: str) -> Any:
        if "$ref" in schema:
            return self.object(schema["$ref"], value, at)
        kind = schema.get("type", "any")
        if kind == "any":
            return value
        if kind == "array" and isinstance(value, list):
            return [self._value(schema["items"], item, f"{at}[{i}]", key) for i, item in enumerate(value)]
        if kind == "object" and isinstance(value, dict):
            extra = schema.get("additionalProperties", {})
            return {k: self._value(extra, item, at, key) for k, item in value.items()} if extra else value
        return self._scalar(schema, kind, value, at, key)

    def _scalar(self, schema: Json, kind: str, value: Any, at: str, key: str) -> Any:
        if "enum" in schema:
            return self._enum(schema, value, at, key)
        if schema.get("format") in LONG:
            kind = "integer"
        wrong = not isinstance(value, JSON_TYPES[kind]) or (kind != "boolean" and isinstance(value, bool))
        if wrong or (kind == "integer" and not re.fullmatch(r"-?\d+", str(value))):
            words = json.dumps(value)
            return self._fault(
                at, f"Invalid value at '{at}' ({schema.get('format', kind).upper()}), {words}", value
            )
        if schema.get("format") in LIMITS and int(str(value)[:MOST_DIGITS]) not in LIMITS[schema["format"]]:
            return self._fault(at, f"Invalid value at '{at}' ({schema['format'].upper()}), {value}", value)
        if schema.get("format") == "byte" and not _is_base64(value):
            return self._fault(
                at, f"Invalid value at '{at}' (TYPE_BYTES), Base64 decoding failed for \"{value}\"", value
            )
        return value

    def _enum(self, schema: Json, value: Any, at: str, key: str) -> Any:
        if isinstance(value, int):
            value = enum_numbers().get(self.document.name, {}).get(key, {}).get(str(value), value)
        if value not in schema["enum"]:
            self._fault(at, f"Invalid value at '{at}' ({key}), {json.dumps(value)}")
        return value

    def _fault(self, at: str, words: str, value: Any = None) -> Any:
        self.faults.append((at, words))
        return value


def checked_body(document: Document, schema: str, body: Any) -> Json:
    """`body` in the document's spelling.

    Raises:
        Refused: INVALID_ARGUMENT with every fault, and a google.rpc.BadRequest among the details.
    """
    validation = Validation(document)
    result: Json = validation.object(schema, body, "")
    if validation.faults:
        violations = [{"field": at, "description": words} for at, words in validation.faults]
        raise Refused(
            "INVALID_ARGUMENT",
            "\n".join(words for _, words in validation.faults),
            "badRequest",
            [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}],
        )
    return result


def camel(name: str) -> str:
    """`config_membership` → `configMembership`; proto JSON takes either spelling."""
    head, *rest = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)


def snake(name: str) -> str:
    """`configMembership` → `config_membership`, as error paths spell it."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda m: "_" + m[1].lower(), name)


def is_count(text: str) -> bool:
    """Whether `text`, of a query, is a number that is not negative and no larger than 64 bits hold."""
    return text.isascii() and text.isdigit() and len(text) <= 18


def decoded(value: str) -> bytes:
    """The bytes of a field of the format `byte`: either alphabet, padded or not [documented: proto JSON].

    Raises:
        ValueError: it is no base64.
    """
    return base64.b64decode(
        value.translate(str.maketrans("-_", "+/")) + "=" * (-len(value) % 4), validate=True
    )


def _is_base64(value: str) -> bool:
    try:
        decoded(value)
    except (binascii.Error, ValueError):
        return False
    return True
