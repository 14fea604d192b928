"""Label values survive the way there and back, within Google's limits."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import labels

VALUE = re.compile(r"[a-z0-9_-]{0,63}")


@given(st.text(max_size=5))  # escaped, a character has 12 at most
def test_a_value_is_read_back_as_it_was_packed(text: str) -> None:
    """Whatever its characters."""
    assert labels.unpack(labels.pack(text)) == text


@given(st.text(max_size=200))
def test_a_packed_value_keeps_the_limits(text: str) -> None:
    """63 characters of lowercase letters, digits, `_` and `-`."""
    assert VALUE.fullmatch(labels.pack(text))


@given(st.text(min_size=64, max_size=200))
def test_what_is_too_long_can_be_compared_but_not_read(text: str) -> None:
    """A digest says so, and is the same each time."""
    packed = labels.pack(text)

    assert labels.unpack(packed) is None
    assert labels.pack(text) == packed
    assert labels.pack(text + "x") != packed


@given(st.text(min_size=1, max_size=130))
def test_what_is_spread_is_gathered_whatever_its_length(text: str) -> None:
    """Each part keeps the limits; what fits is one label, as it always was."""
    values = labels.spread("key", text)

    assert all(VALUE.fullmatch(value) for value in values.values())
    assert values["key"] == labels.pack(text)
    assert labels.gathered(values | {"other": "x"}, "key") == text


def test_a_text_is_gathered_whole_or_not_at_all() -> None:
    """Without a part, or with one that somebody changed, it would be another name."""
    values = labels.spread("key", "store/" + "g" * 120)

    assert len(values) == 4
    for key in list(values)[1:]:
        assert labels.gathered({k: v for k, v in values.items() if k != key}, "key") is None
        assert labels.gathered(values | {key: "other"}, "key") is None
    assert labels.gathered({"key": labels.pack("g" * 120)}, "key") is None


@pytest.mark.parametrize("value", ["_ff", "a_c3", "_c3_28"])
def test_what_was_never_packed_is_not_read(value: str) -> None:
    """Anybody may write a label."""
    assert labels.unpack(value) is None


def test_what_labels_allow_is_kept_readable() -> None:
    """Project ids and network names look like themselves."""
    assert labels.pack("shop-prod-7") == "shop-prod-7"
    assert labels.pack("store/gw") == "store_2fgw"


@given(st.from_regex(r"[a-z][a-z0-9-]{0,90}[a-z0-9]", fullmatch=True))
def test_a_bounded_name_is_a_resource_name(name: str) -> None:
    """At most 63 characters, no dash at the end, and itself where it fits."""
    bounded = labels.bounded(name)

    assert re.fullmatch(r"[a-z][a-z0-9-]{0,61}[a-z0-9]", bounded)
    assert (bounded == name) == (len(name) <= 63)


def test_long_names_that_differ_stay_different() -> None:
    """Two environments do not share a subnet by accident."""
    assert labels.bounded("a" * 70) != labels.bounded("a" * 71)


def test_a_mark_names_its_environment() -> None:
    """And only a mark does."""
    assert labels.marked_by(labels.mark("store-7")) == "store-7"
    assert labels.marked_by("somebody's subnet for store-7") is None
    assert labels.marked_by(None) is None


def test_a_generation_fits_a_label() -> None:
    """Publish time in ms, then the message id, which may be long."""
    token = labels.generation("2026-01-05T10:00:00.123Z", "98765432109876543210")

    assert token == "1767607200123-98765432109876543210"
    assert VALUE.fullmatch(token)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1767600000000-9", "1767600000001-1"),
        ("1767600000000-9", "1767600000000-10"),
        ("999-1", "1000-1"),
        ("", "1-1"),
        ("nonsense", "1-1"),
    ],
)
def test_generations_are_ordered_by_time_then_by_message(older: str, newer: str) -> None:
    """As numbers, not as text; what is no generation is older than any."""
    assert labels.age_order(older) < labels.age_order(newer)


def test_ownership_is_the_label_alone() -> None:
    """A resource without labels is nobody's."""
    assert labels.is_owned({"fleetgate-env": "store"}, "store")
    assert not labels.is_owned({"fleetgate-env": "other"}, "store")
    assert not labels.is_owned(None, "store")


@pytest.mark.parametrize("value", ["", "x", "-1", "\u00b2", "\u0663", "9" * 63, "253402300800"])
def test_a_label_that_is_no_moment_is_none(value: str) -> None:
    """Anybody may write one, and nothing is reckoned with it."""
    assert labels.number(value) is None
    if value != "253402300800":  # of milliseconds that is one
        assert labels.asked_at(f"{value}-1") == -0.001
