"""What is large, deep or without end is refused as API servers refuse it, and nothing takes long because of it.

The seconds are the processor's own, several times what each case takes here; before, each took minutes or all memory.
"""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.kubernetes.quantities import NotAQuantity, amount
from tests.localcloud.kubernetes.conftest import Call
from tests.support.turns import at_most

MAPS = "/api/v1/namespaces/shop/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"
JSON_PATCH, STRATEGIC = "application/json-patch+json", "application/strategic-merge-patch+json"
YAML = "application/yaml"
LIST = "a{0}: &a{0} [{1}]"
MERGE = "a{0}: &a{0} {{<<: [{1}]}}"


def laughs(form: str) -> bytes:
    """A "billion laughs": each line stands for ten of the line before."""
    lines = (form.format(i, ",".join([f"*a{i - 1}"] * 10)) for i in range(1, 9))
    return "\n".join(["a0: &a0 {x: y}", *lines]).encode()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (laughs(LIST), "document contains excessive aliasing"),
        (laughs(MERGE), "document contains excessive aliasing"),
        (b"a: &a [*a]", "anchor value contains itself"),
        (b"[" * 200_000, "exceeded max depth"),
        (b"? " * 50_000, "exceeded max depth"),
        (
            b"data: {" + b"a,".join(b"k%d: " % i for i in range(40_000)) + b"}",
            "no YAML of more than 50000 values",
        ),
    ],
    ids=["aliases", "merge keys", "itself", "depth", "keys of keys", "size"],
)
def test_yaml_has_bounds(call: Call, body: bytes, words: str) -> None:
    """Aliases and merge keys are counted as if they were written out, before anything is made of them."""
    with at_most(0.5):
        reply = call("POST", MAPS, body, YAML)
    assert (400, "BadRequest") == (reply.status, reply.body["reason"])
    assert words in reply.body["message"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (b"[" * 101 + b"]" * 101, "exceeded max depth"),
        (b"[" * 1000 + b"]" * 1000, "exceeded max depth"),
        (b"[" * 100_000 + b"]" * 100_000, "exceeded max depth"),
        (b"1e999", "cannot unmarshal number 1e999 into Go value of type float64"),
        (b"9" * 4000, "into Go value of type float64"),
        (b"NaN", "invalid character 'N' looking for beginning of value"),
        (b"[" + b"{}," * 150_000 + b"{}]", "no JSON of more than 30000 values"),
    ],
    ids=["101", "1000", "100000", "infinite", "digits", "NaN", "size"],
)
def test_json_has_bounds(call: Call, value: bytes, words: str) -> None:
    """Go's decoder has such words for numbers and depth, if another depth."""
    with at_most(0.2):
        reply = call("POST", MAPS, b'{"metadata": {"name": "a"}, "x": ' + value + b"}")
    assert (400, "BadRequest") == (reply.status, reply.body["reason"])
    assert words in reply.body["message"]


def test_a_strategic_patch_takes_as_long_as_its_lists_are(call: Call) -> None:
    """Of 10,000 variables half are changed and half are new; they stand as the patch has them."""

    def spec(first: int, value: str) -> Any:
        variables = [{"name": f"v{i}", "value": value} for i in range(first, first + 10_000)]
        containers = [{"name": "app", "image": "whereami:v1", "env": variables}]
        labels = {"app": "store"}
        return {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        }

    assert 201 == call("POST", DEPLOYMENTS, {"metadata": {"name": "a"}, "spec": spec(0, "old")}).status
    with at_most(2):
        reply = call("PATCH", f"{DEPLOYMENTS}/a", {"spec": spec(5000, "new")}, STRATEGIC)
    found = reply.body["spec"]["template"]["spec"]["containers"][0]["env"]
    assert [f"v{i}" for i in range(15_000)] == [each["name"] for each in found]
    assert {"old"} == {each["value"] for each in found[:5000]}
    assert {"new"} == {each["value"] for each in found[5000:]}


def test_a_json_patch_has_so_many_operations(call: Call) -> None:
    """413 beyond them."""
    call("POST", MAPS, {"metadata": {"name": "a"}, "data": {}})
    reply = call("PATCH", f"{MAPS}/a", [{"op": "remove", "path": "/x"}] * 10_001, JSON_PATCH)
    assert (413, "RequestEntityTooLarge") == (reply.status, reply.body["reason"])
    words = "The allowed maximum operations in a JSON patch is 10000, got 10001"
    assert f"Request entity too large: {words}" == reply.body["message"]


def test_copies_of_copies_end(call: Call) -> None:
    """Each doubles what there is."""
    call("POST", MAPS, {"metadata": {"name": "a"}, "data": {"a": "b" * 1000}})
    copies = [{"op": "copy", "from": "", "path": f"/x{i}"} for i in range(40)]
    with at_most(1):
        reply = call("PATCH", f"{MAPS}/a", copies, JSON_PATCH)
    assert 422 == reply.status
    assert "exceeding the limit 3145728" in reply.body["message"]


@pytest.mark.parametrize(
    "text", ["1" * 100_000 + "x", "1." + "1" * 100_000 + "x", "1e" + "9" * 100_000 + "x"]
)
def test_a_long_quantity_that_is_none_is_refused_at_once(text: str) -> None:
    """However many ways there are to part its digits."""
    with at_most(0.1), pytest.raises(NotAQuantity):
        amount(text)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("limit=lots", 'strconv.ParseInt: parsing "lots": invalid syntax'),
        (f"limit={'9' * 40}", f'strconv.ParseInt: parsing "{"9" * 40}": value out of range'),
        ("watch=true&timeoutSeconds=1e999", 'strconv.ParseInt: parsing "1e999": invalid syntax'),
        ("watch=true&timeoutSeconds=NaN", 'strconv.ParseInt: parsing "NaN": invalid syntax'),
        ("resourceVersion=lots", 'resourceVersion: Invalid value: "lots"'),
        (f"watch=true&resourceVersion={'9' * 5000}", f'resourceVersion: Invalid value: "{"9" * 5000}"'),
        ("continue=lots", "continue key is not valid"),
        ("continue=WzEsIDJd", "continue key is not valid"),  # [1, 2]
    ],
    ids=lambda text: text[:40],
)
def test_a_list_is_asked_for_with_numbers(call: Call, query: str, words: str) -> None:
    """What is none is refused before anything is looked up."""
    reply = call("GET", f"{MAPS}?{query}")
    assert (400, words) == (reply.status, reply.body["message"])
