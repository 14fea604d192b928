"""What an update mask takes from a change, and what it leaves."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.wire.masks import masked

THERE = {"name": "a", "labels": {"k.e_y": "1", "x": "2"}, "spec": {"maxCount": 3, "minCount": 1}}


@pytest.mark.parametrize(
    ("mask", "given", "changed"),
    [
        ("", {"name": "b"}, {"name": "b"}),
        ("*", {"labels": {}}, {"labels": {}}),
        ("name", {"name": "b", "labels": {}}, {"name": "b"}),
        ("spec.max_count", {"spec": {"maxCount": 9}}, {"spec": {"maxCount": 9, "minCount": 1}}),
        ("spec.maxCount,spec.minCount", {"spec": {"minCount": 2}}, {"spec": {"minCount": 2}}),
        ("labels.k.e_y", {"labels": {"k.e_y": "9"}}, {"labels": {"k.e_y": "9", "x": "2"}}),
    ],
)
def test_a_mask_takes_what_it_names(mask: str, given: Any, changed: Any) -> None:
    """Keys of the caller's own are not respelled."""
    assert {**THERE, **changed} == masked(THERE, given, mask, maps=("labels",))


def test_what_is_named_and_not_given_is_removed() -> None:
    """Everything else stays."""
    assert {"name": "a", "spec": THERE["spec"]} == masked(THERE, {}, "labels")
