"""Update masks: what is named is taken, what is not stays, whatever the spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.gkehub.masks import apply_mask
from localcloud.wire.errors import Refused
from localcloud.wire.messages import Json

WRITABLE = ("labels", "spec", "membershipSpecs")
RESOURCE: Json = {"name": "f", "labels": {"a": "1", "b_c": "2"}, "spec": {"one": {"twoThree": 1, "four": 2}}}

NINE: Json = {**RESOURCE, "spec": {"one": {"twoThree": 9, "four": 2}}}


@pytest.mark.parametrize(
    ("mask", "body", "expected"),
    [
        ("labels", {"labels": {"x": "y"}}, {**RESOURCE, "labels": {"x": "y"}}),
        ("labels", {}, {"name": "f", "spec": RESOURCE["spec"]}),
        ("labels.b_c", {"labels": {"b_c": "3"}}, {**RESOURCE, "labels": {"a": "1", "b_c": "3"}}),
        ("labels.a", {"labels": {}}, {**RESOURCE, "labels": {"b_c": "2"}}),
        ("spec.one.two_three", {"spec": {"one": {"twoThree": 9}}}, NINE),
        ("spec.one.twoThree", {"spec": {"one": {"twoThree": 9}}}, NINE),
        ("membership_specs", {"membershipSpecs": {"m": {}}}, {**RESOURCE, "membershipSpecs": {"m": {}}}),
        ("labels, spec", {"labels": {}, "spec": {}}, {"name": "f", "labels": {}, "spec": {}}),
        ("", {"spec": {}, "name": "g"}, {**RESOURCE, "spec": {}}),
        ("*", {"labels": {}}, {**RESOURCE, "labels": {}}),
    ],
)  # fmt: skip
def test_a_mask_takes_what_it_names(mask: str, body: Json, expected: Json) -> None:
    """Keys of maps are the caller's own and are not respelled."""
    assert apply_mask(RESOURCE, body, mask, WRITABLE) == expected


@pytest.mark.parametrize("mask", ["name", "state", "resource_state.state", "spec,createTime"])
def test_a_path_that_may_not_be_written_is_refused(mask: str) -> None:
    """However it is spelt."""
    with pytest.raises(Refused, match="update_mask"):
        apply_mask(RESOURCE, {}, mask, WRITABLE)


@given(
    st.sets(st.sampled_from(WRITABLE), min_size=1),
    st.dictionaries(st.sampled_from(WRITABLE), st.just({"n": 1})),
)
def test_fields_outside_the_mask_never_change(named: set[str], body: Json) -> None:
    """And the stored resource is not touched."""
    before = {**RESOURCE, "membershipSpecs": {"m": {}}}
    after = apply_mask(before, body, ",".join(sorted(named)), WRITABLE)
    assert {k: v for k, v in after.items() if k not in named} == {
        k: v for k, v in before.items() if k not in named
    }
    assert {k: after.get(k) for k in named} == {k: body.get(k) for k in named}
