"""CRDs that an API server does not take, or takes and does not serve, in its words."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from localcloud.kubernetes.rules import RULES
from tests.localcloud.kubernetes.conftest import Call
from tests.support.turns import at_most

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
THINGS = "/apis/example.com/v1/namespaces/shop/things"
ROOT = "spec.versions[0].schema.openAPIV3Schema"
APPROVAL = (
    'Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see '
    "https://github.com/kubernetes/enhancements/pull/1111"
)


def crd(
    schema: Any = None, kind: str = "Thing", plural: str = "things", group: str = "example.com", **spec: Any
) -> Any:
    """A CRD of one version."""
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema or {"type": "object"}},
    }
    names = {"kind": kind, "plural": plural}
    whole = {"group": group, "names": names, "scope": "Namespaced", "versions": [version], **spec}
    return {"metadata": {"name": f"{plural}.{group}"}, "spec": whole}


def causes(call: Call, body: Any) -> list[str]:
    """The faults of a CRD: field and message."""
    reply = call("POST", CRDS, body)
    assert 422 == reply.status, reply.body
    return [f"{cause['field']}: {cause['message']}" for cause in reply.body["details"]["causes"]]


@pytest.mark.parametrize(
    ("member", "fault"),
    [
        ({}, "type: Required value: must not be empty for specified object fields"),
        (
            {"type": "lots"},
            'type: Unsupported value: "lots": supported values: "array", "boolean", "integer", "number", '
            '"object", "string"',
        ),
        ({"type": "array"}, "items: Required value: must be specified"),
        (
            {"type": "array", "items": {}},
            "items.type: Required value: must not be empty for specified array items",
        ),
        (
            {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
            "uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
        ),
        ({"type": "object", "$ref": "#/x"}, "$ref: Forbidden: $ref is not supported"),
        (
            {
                "type": "object",
                "properties": {"b": {"type": "string"}},
                "additionalProperties": {"type": "string"},
            },
            "additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive",
        ),
    ],
)
def test_a_schema_is_structural(call: Call, member: Any, fault: str) -> None:
    """Wherever it is not, the place is named."""
    assert [f"{ROOT}.properties[a].{fault}"] == causes(
        call, crd({"type": "object", "properties": {"a": member}})
    )


@pytest.mark.parametrize(
    "schema", [{"properties": []}, {"properties": {"a": 5}}, {"required": "a"}, {"enum": "x"}]
)
def test_what_is_no_schema_is_refused(call: Call, schema: Any) -> None:
    """It once was served, and failed with each object."""
    (fault,) = causes(call, crd({"type": "object", **schema}))
    assert "in body must be of type" in fault


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        (
            crd(kind="Deployment", plural="deployments", group="apps"),
            ['spec.group: Invalid value: "apps": should be a domain with at least one dot'],
        ),
        (
            crd(group="gateway.networking.k8s.io"),
            [f"metadata.annotations[api-approved.kubernetes.io]: {APPROVAL}"],
        ),
        (
            crd(scope="Lots"),
            ['spec.scope: Unsupported value: "Lots": supported values: "Cluster", "Namespaced"'],
        ),
    ],
    ids=["a built-in group", "a protected group", "scope"],
)
def test_a_name_that_is_not_to_be_had(call: Call, body: Any, faults: list[str]) -> None:
    """The built-in kinds stay what they are."""
    assert faults == causes(call, body)
    assert 200 == call("GET", "/apis/apps/v1/namespaces/shop/deployments").status


@pytest.mark.parametrize("storage", [[], [0, 1]])
def test_one_version_is_stored(call: Call, storage: list[int]) -> None:
    """Not none, nor two."""
    body = crd()
    versions = [copy.deepcopy(body["spec"]["versions"][0]) for _ in range(2)]
    for i, version in enumerate(versions):
        version.update(name=f"v{i + 1}", storage=i in storage)
    body["spec"]["versions"] = versions
    (fault,) = causes(call, body)
    assert fault.endswith("must have exactly one version marked as storage version")


def test_a_kind_that_another_crd_has_is_not_served(call: Call) -> None:
    """Its CRD is stored and says why; the other's objects are as they were, also when it goes."""
    call("POST", CRDS, crd())
    assert 201 == call("POST", THINGS, {"metadata": {"name": "a"}}).status
    assert 201 == call("POST", CRDS, crd(plural="others")).status
    status = call("GET", f"{CRDS}/others.example.com").body["status"]
    told = {each["type"]: (each["status"], each["reason"], each["message"]) for each in status["conditions"]}
    assert ("False", "KindConflict", '"Thing" is already in use') == told["NamesAccepted"]
    assert ("False", "NotAccepted", "not all names are accepted") == told["Established"]
    assert 404 == call("GET", "/apis/example.com/v1/namespaces/shop/others").status
    call("DELETE", f"{CRDS}/others.example.com")
    assert ["a"] == [item["metadata"]["name"] for item in call("GET", THINGS).body["items"]]


def test_a_rule_cannot_make_more_text_than_there_is_room_for(call: Call) -> None:
    """Each of eight calls makes the text ten times as long; short texts may pass, long ones cost too much."""
    rule = "self.a" + '.replace("a", "aaaaaaaaaa")' * 2 + ".size() > 0"
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "x-kubernetes-validations": [{"rule": rule}],
    }
    assert 201 == call("POST", CRDS, crd(schema)).status
    assert 201 == call("POST", THINGS, {"metadata": {"name": "short"}, "a": "a" * 10}).status
    with at_most(0.2):
        reply = call("POST", THINGS, {"metadata": {"name": "long"}, "a": "a" * 100_000})
    assert 422 == reply.status
    assert "operation cancelled: actual cost limit exceeded" in reply.body["message"]
    assert RULES.compile(rule) is not None
