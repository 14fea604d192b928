"""Whatever a text has in it, what is shown of it is one line that does nothing."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.visible import HIDDEN, visible, visible_value
from tests.support.hidden import HIDDEN_CHARACTERS


@pytest.mark.parametrize("category", HIDDEN)
def test_every_hidden_character_is_known(category: str) -> None:
    """The list that screens are tried with has all of them."""
    assert [each for each in HIDDEN_CHARACTERS if unicodedata.category(each) == category]


def test_no_hidden_character_is_left() -> None:
    """Each becomes a space or its number."""
    for each in HIDDEN_CHARACTERS:
        shown = visible(f"a{each}b")
        assert shown.isascii() and shown.isprintable(), ascii(each)
        assert shown != "ab"


@given(st.text(st.characters(codec=None)))
def test_what_is_shown_has_no_hidden_character(text: str) -> None:
    """And what had none is as it was."""
    shown = visible(text)
    assert not any(unicodedata.category(each) in HIDDEN for each in shown)
    assert (shown == text) == (not any(unicodedata.category(each) in HIDDEN for each in text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("store-route: not found", "store-route: not found"),
        ("Zürich → 東京", "Zürich → 東京"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("two\r\n✓ lines\tand\u2028more", "two  ✓ lines and more"),
        ("user\u202eexe.tset", "user\\u202eexe.tset"),
        ("\ud800", "\\ud800"),
        ("\x7f\x9b2J", "\\x7f\\x9b2J"),
    ],
)
def test_it_is_read_as_it_was_written(text: str, shown: str) -> None:
    """Letters of any script stay."""
    assert visible(text) == shown


def test_a_value_is_made_visible_with_its_keys() -> None:
    """However deep."""
    assert visible_value({"a\x1b": [{"b": "\u202e"}, 1, None, True]}) == {
        "a\\x1b": [{"b": "\\u202e"}, 1, None, True]
    }
