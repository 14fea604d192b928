"""Every rule of every CRD here, checked with what keeps it and with what breaks it; and the words of faults."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from localcloud.kubernetes import catalog
from localcloud.kubernetes.rule_values import escaped, seen
from localcloud.kubernetes.rules import RULES, rule_faults
from localcloud.wire.messages import Json
from tests.localcloud.kubernetes.rule_examples import EXAMPLES

CRDS = Path(catalog.__file__).with_name("crds")
IMMUTABLE = "Value is immutable"


def _nodes(schema: Any) -> Iterator[tuple[Json, Json]]:
    """Each rule with the schema of the place where it stands."""
    if not isinstance(schema, dict):
        return
    for rule in schema.get("x-kubernetes-validations", ()):
        yield rule, schema
    for inner in (
        *schema.get("properties", {}).values(),
        schema.get("items"),
        schema.get("additionalProperties"),
    ):
        yield from _nodes(inner)


def places() -> dict[str, list[tuple[Json, Json]]]:
    """Message → every place of that rule, in every version of every CRD."""
    found: dict[str, list[tuple[Json, Json]]] = {}
    for path in sorted(CRDS.glob("*.yaml")):
        for version in catalog.crd(path.stem)["spec"]["versions"]:
            for rule, schema in _nodes(version["schema"]["openAPIV3Schema"]):
                found.setdefault(rule["message"], []).append((rule, schema))
    return found


PLACES = places()


def faults(value: Any, message: str, old: Any = None) -> set[str]:
    """What breaks the rule of this message, wherever it stands."""
    return {
        fault.message
        for rule, schema in PLACES[message]
        for fault in rule_faults(value, {**schema, "x-kubernetes-validations": [rule]}, old)
        if fault.path == ""
    }


def test_each_rule_has_examples() -> None:
    """One that a CRD adds needs its own."""
    assert set(PLACES) == {IMMUTABLE, *EXAMPLES}
    assert 61 == len({rule["rule"] for found in PLACES.values() for rule, _ in found})


def test_each_rule_is_a_question() -> None:
    """It compiles, to a bool or to what is only known with the object."""
    types = {RULES.compile(rule["rule"]).type for found in PLACES.values() for rule, _ in found}
    assert types <= {"bool", "dyn"}


@pytest.mark.parametrize(
    ("message", "value"),
    [(message, value) for message, examples in EXAMPLES.items() for value in examples.fit],
)
def test_what_fits_keeps_the_rule(message: str, value: Any) -> None:
    """In each version of each CRD that has it."""
    assert set() == faults(value, message)


@pytest.mark.parametrize(
    ("message", "value"),
    [(message, value) for message, examples in EXAMPLES.items() for value in examples.broken],
)
def test_what_breaks_the_rule_is_told_its_message(message: str, value: Any) -> None:
    """As an invalid value of the schema's type."""
    of_type = PLACES[message][0][1]["type"]
    assert {f'Invalid value: "{of_type}": {message}'} == faults(value, message)


def test_a_rule_about_a_change_waits_for_one() -> None:
    """The first value is free."""
    assert set() == faults("a", IMMUTABLE)
    assert set() == faults("a", IMMUTABLE, "a")
    assert {f'Invalid value: "string": {IMMUTABLE}'} == faults("b", IMMUTABLE, "a")


def _told(rule: str, value: Any, **more: Any) -> list[str]:
    schema = {"type": "object", "properties": {"a": {}}, "x-kubernetes-validations": [{"rule": rule, **more}]}
    return [str(fault) for fault in rule_faults({"a": value}, schema, None)]


OVERLOAD = "call arguments did not match a supported operator, function or macro signature for rule"
EXPENSIVE = "no further validation rules will be run due to call cost exceeds limit for rule"


@pytest.mark.parametrize(
    ("rule", "value", "more", "expected"),
    [
        ("self.b == 1", 1, {}, 'Invalid value: "object": no such key: b evaluating rule: self.b == 1'),
        ("self.a / 0 == 1", 1, {"message": " says "},
         'Invalid value: "object": division by zero evaluating rule: says'),
        ("self.a < 3", "x", {}, f"Invalid value: \"object\": 'no such overload': {OVERLOAD}: self.a < 3"),
        ("self.a.all(x, self.a.all(y, true))", [1] * 200, {"message": "all"},
         "Invalid value: \"object\": 'operation cancelled: actual cost limit exceeded': " f"{EXPENSIVE}: all"),
        ("self.a", 3, {}, 'Invalid value: "object": failed rule: self.a'),
        ("self.a == 2", 1, {"fieldPath": ".a"}, 'a: Invalid value: "object": failed rule: self.a == 2'),
        ("self.a == 2", 1, {"reason": "FieldValueRequired", "message": "two"}, "Required value: two"),
        ("self.a == 2", 1, {"reason": "FieldValueForbidden", "message": "two"}, "Forbidden: two"),
        ("self.a == 2", 1, {"reason": "FieldValueDuplicate"}, 'Duplicate value: "object"'),
        ("self.b == 2", 1, {"reason": "FieldValueForbidden", "fieldPath": ".a"},
         'Invalid value: "object": no such key: b evaluating rule: self.b == 2'),
        ("self.a == 2", 1, {"messageExpression": "'not ' + string(self.a)", "message": "plain"},
         'Invalid value: "object": not 1'),
        ("self.a == 2", 1, {"messageExpression": "self.b", "message": "plain"}, 'Invalid value: "object": plain'),
        ("self.a == 2", 1, {"messageExpression": r"'a\nb'", "message": "plain"},
         'Invalid value: "object": plain'),
    ],
)  # fmt: skip
def test_a_broken_rule_is_told_as_the_api_server_tells_it(
    rule: str, value: Any, more: Json, expected: str
) -> None:
    """k8s.io/apiextensions-apiserver, pkg/apiserver/schema/cel/validation.go [documented]."""
    (told,) = _told(rule, value, **more)
    assert expected == told.removeprefix(": ")


def test_a_value_that_is_not_there_has_no_rules() -> None:
    """A null is judged by what surrounds it."""
    schema = {
        "type": "object",
        "properties": {"a": {"nullable": True, "x-kubernetes-validations": [{"rule": "false"}]}},
    }
    assert [] == rule_faults({"a": None}, schema, None)
    assert 1 == len(rule_faults({"a": 1}, schema, None))


def test_a_map_is_told_by_its_key() -> None:
    """And a list by its index."""
    never = {"type": "string", "x-kubernetes-validations": [{"rule": "self == 'x'"}]}
    schema = {
        "type": "object",
        "properties": {
            "map": {"type": "object", "additionalProperties": never},
            "list": {"type": "array", "items": never},
        },
    }
    value = {"map": {"x": "x", "k": "y"}, "list": ["x", "y"]}
    assert ["map[k]", "list[1]"] == [fault.path for fault in rule_faults(value, schema, None)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plain", "plain"),
        ("namespace", "__namespace__"),
        ("a.b-c/d", "a__dot__b__dash__c__slash__d"),
        ("a__b", "a__underscores__b"),
    ],
)
def test_names_of_properties_are_escaped(name: str, expected: str) -> None:
    """But keys of maps are not [documented: validation rules, field names]."""
    assert expected == escaped(name)
    assert {expected: 1} == seen({name: 1}, {"properties": {name: {"type": "integer"}}})
    assert {name: 1} == seen({name: 1}, {"additionalProperties": {"type": "integer"}})


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"type": "number"}, 1, 1.0),
        ({"type": "integer"}, 1, 1),
        ({"type": "string", "format": "date-time"}, "2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ({"type": "string", "format": "date"}, "2026-01-02", datetime(2026, 1, 2, tzinfo=UTC)),
        ({"type": "string", "format": "byte"}, "YWI=", bytearray(b"ab")),
        ({"type": "string", "format": "date-time"}, "soon", "soon"),
        ({"type": "boolean"}, True, True),
    ],
)  # fmt: skip
def test_a_rule_sees_the_types_that_formats_stand_for(schema: Json, value: Any, expected: Any) -> None:
    """[documented: validation rules, types]."""
    found = seen(value, schema)
    assert (expected, type(expected)) == (found, type(found))
