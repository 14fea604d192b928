"""A CRD whose rules are no expressions is refused, in the API server's words; one whose rules are is served."""

from __future__ import annotations

import copy
import json
import time
from typing import Any

import pytest

from localcloud.wire.messages import Json
from tests.localcloud.kubernetes.conftest import Call

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
THINGS = "/apis/example.com/v1/namespaces/shop/things"
PLACE = "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0]"


def crd(*rules: Json, **spec: Any) -> Json:
    """A CRD of things, with rules on their spec."""
    inner = {
        "type": "object",
        "properties": {"size": {"type": "integer"}},
        "x-kubernetes-validations": [*rules],
    }
    schema = {"type": "object", "properties": {"spec": {**inner, **spec}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "things", "kind": "Thing"},
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
            ],
        },
    }


def causes(call: Call, document: Json) -> list[str]:
    """The faults of a CRD that is refused."""
    refused = call("POST", CRDS, document)
    assert refused.status == 422, refused.body
    return [f"{cause['field']}: {cause['message']}" for cause in refused.body["details"]["causes"]]


def printed(rule: str = "", message: str = "", expression: str = "") -> str:
    """A rule in Go's notation."""
    return (
        f'Invalid value: apiextensions.ValidationRule{{Rule:"{rule}", Message:"{message}", '
        f'MessageExpression:"{expression}", Reason:(*apiextensions.FieldValueErrorReason)(nil), FieldPath:"", '
        "OptionalOldSelf:(*bool)(nil)}: "
    )


@pytest.mark.parametrize(
    ("rule", "field", "message"),
    [
        ({"rule": "ip2(self)"}, "rule", printed("ip2(self)")
         + "compilation failed: ERROR: <input>:1:4: undeclared reference to 'ip2' (in container '')\n"
         " | ip2(self)\n | ...^"),
        ({"rule": "1 == true", "message": "m"}, "rule", printed("1 == true", "m")
         + "compilation failed: ERROR: <input>:1:3: found no matching overload for '_==_' applied to '(int, bool)'\n"
         " | 1 == true\n | ..^"),
        ({"rule": "has(self)"}, "rule", printed("has(self)")
         + "compilation failed: ERROR: <input>:1:5: invalid argument to has() macro\n | has(self)\n | ....^"),
        ({"rule": "1 + 1"}, "rule", printed("1 + 1") + "cel expression must evaluate to a bool"),
        ({"rule": "true", "messageExpression": "1 + 1"}, "messageExpression",
         printed("true", expression="1 + 1") + "messageExpression must evaluate to a string"),
        ({"rule": "true", "messageExpression": "a"}, "messageExpression", printed("true", expression="a")
         + "messageExpression compilation failed: ERROR: <input>:1:1: undeclared reference to 'a' (in container '')\n"
         " | a\n | ^"),
        ({"rule": " "}, "rule", "Required value: rule is not specified"),
    ],
)  # fmt: skip
def test_a_rule_that_is_no_question_is_refused(call: Call, rule: Json, field: str, message: str) -> None:
    """With the CRD, and where it stands there."""
    assert [f"{PLACE}.{field}: {message}"] == causes(call, crd(rule))


def test_a_function_of_kubernetes_that_is_missing_here_is_told_as_such(call: Call) -> None:
    """An API server would take it."""
    (fault,) = causes(call, crd({"rule": "isURL(self.text) && quantity('1Gi').isInteger()"}))
    assert "compilation failed: ERROR: <input>:1:6: undeclared reference to 'isURL'" in fault
    assert fault.endswith(
        "(The local cloud lacks this function of Kubernetes' CEL libraries: isURL, quantity.)"
    )


def test_the_place_of_a_rule_is_named(call: Call) -> None:
    """Within lists and maps; and by its version, where versions have schemas of their own."""
    bad = {"type": "string", "x-kubernetes-validations": [{"rule": "self +"}]}
    listed = crd(
        properties={
            "list": {"type": "array", "items": bad},
            "map": {"type": "object", "additionalProperties": bad},
        }
    )
    spec = "spec.validation.openAPIV3Schema.properties[spec].properties"
    places = [fault.partition(".x-kubernetes")[0] for fault in causes(call, listed)]
    assert [f"{spec}[list].items", f"{spec}[map].additionalProperties"] == places

    other = copy.deepcopy(crd()["spec"]["versions"][0])
    two = crd({"rule": "self +"})
    two["spec"]["versions"].append({**other, "name": "v2", "storage": False})
    (fault,) = causes(call, two)
    assert fault.startswith(
        "spec.versions[0].schema.openAPIV3Schema.properties[spec].x-kubernetes-validations[0]"
    )


def test_a_rule_that_compiles_holds_for_objects(call: Call) -> None:
    """Numbers are divided as CEL divides them."""
    rule = {"rule": "self.size / 2 == -3", "messageExpression": "'halved: ' + string(self.size / 2)"}
    assert call("POST", CRDS, crd(rule)).status == 201

    assert call("POST", THINGS, {"metadata": {"name": "a"}, "spec": {"size": -7}}).status == 201
    refused = call("POST", THINGS, {"metadata": {"name": "b"}, "spec": {"size": 7}})
    assert refused.body["message"] == (
        'Thing.example.com "b" is invalid: spec: Invalid value: "object": halved: 3'
    )


@pytest.mark.parametrize("rule", ["1 / 0 == 1", "self.size < 'a'", "self.none.b", "self.size.matches('(')"])
def test_an_expression_that_has_no_value_refuses_the_object(call: Call, rule: str) -> None:
    """And nothing more: the server answers the next request."""
    assert call("POST", CRDS, crd({"rule": rule})).status == 201
    refused = call("POST", THINGS, {"metadata": {"name": "a"}, "spec": {"size": 1}})
    assert (refused.status, refused.body["reason"]) == (422, "Invalid")
    assert call("GET", CRDS, None).status == 200


BROKEN = "must be a valid regular expression, but isn't: error parsing regexp: "


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(", "missing closing ): `(`"),
        ("[a", "missing closing ]: `[a`"),
        ("a)", "unexpected ): `a)`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("*", "missing argument to repetition operator: `*`"),
        ("a{1001}", "invalid repeat count: `{1001}`"),
        ("[z-a]", "invalid character class range: `z-a`"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        (r"\8", r"invalid escape sequence: `\8`"),
        ("a\\", "trailing backslash at end of expression: ``"),
    ],
)
def test_a_pattern_that_is_no_regular_expression_is_refused(call: Call, pattern: str, words: str) -> None:
    """In Go's words, and where it stands."""
    place = "spec.validation.openAPIV3Schema.properties[spec].properties[text].pattern"
    (fault,) = causes(call, crd(properties={"text": {"type": "string", "pattern": pattern}}))
    assert f"{place}: Invalid value: {json.dumps(pattern)}: {BROKEN}{words}" == fault


@pytest.mark.parametrize(
    ("pattern", "fits", "broken"),
    [
        (r"^\p{Lu}\z", "É", "é"),
        (r"^[[:alpha:]]+$", "abc", "a1"),
        ("^(a+)+$", "a" * 40, "a" * 40 + "b"),
        ("b", "abc", "ac"),
        ("^a$", "a", "a\n"),
    ],
)
def test_a_pattern_is_a_regular_expression_of_gos(call: Call, pattern: str, fits: str, broken: str) -> None:
    """RE2's, which has classes that Python lacks, and takes no exponential time."""
    assert call("POST", CRDS, crd(properties={"text": {"type": "string", "pattern": pattern}})).status == 201
    began = time.process_time()
    assert call("POST", THINGS, {"metadata": {"name": "a"}, "spec": {"text": fits}}).status == 201
    assert call("POST", THINGS, {"metadata": {"name": "b"}, "spec": {"text": broken}}).status == 422
    assert time.process_time() - began < 1
