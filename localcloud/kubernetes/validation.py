"""What a CRD's structural schema refuses, in the API server's words [documented].

The same walk checks the required fields of the built-in types; their other rules are in `strategies.py`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from localcloud.cel import matches
from localcloud.kubernetes import errors
from localcloud.kubernetes.decoding import fits
from localcloud.kubernetes.definitions import property_of, resolve
from localcloud.kubernetes.errors import FieldError
from localcloud.kubernetes.fieldmanager.elements import item_key
from localcloud.kubernetes.kinds import Kind
from localcloud.kubernetes.rules import rule_faults
from localcloud.wire.messages import Json

_BLOCKING = frozenset(
    {
        "FieldValueRequired",
        "FieldValueTypeInvalid",
        "FieldValueNotSupported",
        "FieldValueTooLong",
        "FieldValueTooMany",
    }
)
_SKIPPED = FieldError(
    "<nil>",
    "FieldValueInvalid",
    "Invalid value: null: some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation",
)
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def _parses(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def parses(text: str) -> bool:
        try:
            parse(text)
        except ValueError:
            return False
        return True

    return parses


_FORMATS: dict[str, Callable[[str], bool]] = {
    "date-time": lambda text: _DATE_TIME.fullmatch(text) is not None,
    "ipv4": _parses(ipaddress.IPv4Address),
    "ipv6": _parses(ipaddress.IPv6Address),
}


def schema_faults(value: Json, schema: Json) -> list[FieldError]:
    """What in `value` does not fit `schema`, its rules left out."""
    faults: list[FieldError] = []
    _structure(value, schema, "", faults)
    return faults


def custom_faults(
    value: Json, kind: Kind, old: Json | None, others: Sequence[FieldError]
) -> list[FieldError]:
    """Every fault of a custom resource after the `others` of its metadata; some transitions need `old`.

    Rules are checked only for what is sound in all else; that they were not is a fault of its own [observed].
    """
    faults = [*others, *schema_faults(value, kind.schema)]
    if not kind.has_rules:
        return faults
    if any(fault.reason in _BLOCKING for fault in faults):
        return [*faults, _SKIPPED]
    return [*faults, *rule_faults(value, kind.schema, old)]


def _structure(value: Any, schema: Json, path: str, faults: list[FieldError]) -> None:
    schema = resolve(schema)
    wanted = schema.get("type")
    if wanted and not fits(value, wanted):
        faults.append(errors.mistyped(path, value, wanted))
        return
    if isinstance(value, dict):
        _object(value, schema, path, faults)
    elif isinstance(value, list):
        _array(value, schema, path, faults)
    elif isinstance(value, str):
        _string(value, schema, path, faults)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        _number(value, schema, path, faults)
    if "enum" in schema and value not in schema["enum"]:
        faults.append(errors.unsupported(path, value, schema["enum"]))
    _alternatives(value, schema, path, faults)


def _object(value: Json, schema: Json, path: str, faults: list[FieldError]) -> None:
    for name in schema.get("required", ()):
        if name not in value:
            faults.append(errors.required(_join(path, name)))
    limit = schema.get("maxProperties")
    if limit is not None and len(value) > limit:
        faults.append(errors.too_many(path, len(value), limit))
    least = schema.get("minProperties", 0)
    if len(value) < least:
        detail = f"{path} in body should have at least {least} properties"
        faults.append(errors.invalid(path, len(value), detail))
    for name, member in value.items():
        known = property_of(schema, name)
        if known and not (path == "" and name == "metadata"):
            _structure(member, known, _join(path, name), faults)


def _array(value: list[Any], schema: Json, path: str, faults: list[FieldError]) -> None:
    limit = schema.get("maxItems")
    if limit is not None and len(value) > limit:
        faults.append(errors.too_many(path, len(value), limit))
    least = schema.get("minItems", 0)
    if len(value) < least:
        faults.append(errors.invalid(path, len(value), f"{path} in body should have at least {least} items"))
    items = schema.get("items", {})
    for i, item in enumerate(value):
        _structure(item, items, f"{path}[{i}]", faults)
    _unique(value, schema, path, faults)


def _unique(value: list[Any], schema: Json, path: str, faults: list[FieldError]) -> None:
    list_type = schema.get("x-kubernetes-list-type")
    if list_type not in ("map", "set"):
        return
    seen: set[str] = set()
    for i, item in enumerate(value):
        key = item_key(item, schema)
        if key in seen:
            shown = item
            if list_type == "map":
                shown = {k: item.get(k) for k in schema["x-kubernetes-list-map-keys"]}
            faults.append(errors.duplicate(f"{path}[{i}]", shown))
        seen.add(key)


def _string(value: str, schema: Json, path: str, faults: list[FieldError]) -> None:
    limit = schema.get("maxLength")
    if limit is not None and len(value) > limit:
        faults.append(errors.too_long(path, limit))
    least = schema.get("minLength", 0)
    if len(value) < least:
        detail = f"{path} in body should be at least {least} chars long"
        faults.append(errors.invalid(path, value, detail))
    pattern = schema.get("pattern")
    if pattern and not matches(value, pattern):
        faults.append(errors.invalid(path, value, f"{path} in body should match '{pattern}'"))
    fits_format = _FORMATS.get(schema.get("format", ""))
    if fits_format and not fits_format(value):
        detail = f"{path} in body must be of type {schema['format']}: {errors.quoted(value)}"
        faults.append(replace(errors.invalid(path, value, detail), reason="FieldValueTypeInvalid"))


def _number(value: float, schema: Json, path: str, faults: list[FieldError]) -> None:
    if "minimum" in schema and value < schema["minimum"]:
        detail = f"{path} in body should be greater than or equal to {schema['minimum']}"
        faults.append(errors.invalid(path, value, detail))
    if "maximum" in schema and value > schema["maximum"]:
        detail = f"{path} in body should be less than or equal to {schema['maximum']}"
        faults.append(errors.invalid(path, value, detail))


_CHOICES = (("oneOf", "one and only one schema (oneOf)"), ("anyOf", "at least one schema (anyOf)"))


def _alternatives(value: Any, schema: Json, path: str, faults: list[FieldError]) -> None:
    """oneOf, anyOf and not. A choice that fails tells why, as the API server's validator does."""
    for word, says in _CHOICES:
        if word not in schema:
            continue
        results = [_faults_of(value, choice, path) for choice in schema[word]]
        fitting = sum(not found for found in results)
        if fitting == 1 or (fitting and word == "anyOf"):
            continue
        detail = f'"{path}" must validate {says}'
        if word == "oneOf":
            detail += f". Found {fitting} valid alternatives" if fitting else ". Found none valid"
        faults.append(errors.invalid("<nil>", "", detail))
        faults.extend(results[0])
    if "not" in schema and not _faults_of(value, schema["not"], path):
        faults.append(errors.invalid("<nil>", "", f'"{path}" must not validate the schema (not)'))


def _faults_of(value: Any, schema: Json, path: str) -> list[FieldError]:
    found: list[FieldError] = []
    _structure(value, schema, path, found)
    return found


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
