"""Shares by weight, the same every time."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from localcloud.dataplane.turns import Turns
from localcloud.store import Collection


@given(st.lists(st.integers(0, 20), min_size=1, max_size=5))
def test_over_a_round_everyone_has_exactly_the_share_of_its_weight(weights: list[int]) -> None:
    """As many requests as the weights add up to."""
    turns = Turns(Collection("turns"))
    chosen = Counter(turns.choose("rule", weights) for _ in range(sum(weights)))

    assert [chosen[index] for index in range(len(weights))] == weights


def test_nobody_is_chosen_among_weights_of_zero() -> None:
    """A rule whose backends all weigh nothing answers an error."""
    assert Turns(Collection("turns")).choose("rule", [0, 0]) is None


def test_shares_are_interleaved() -> None:
    """Not all of one first: nine to one shows in twenty requests, and halves take turns."""
    turns = Turns(Collection("turns"))
    halves = [turns.choose("halves", [5, 5]) for _ in range(10)]

    assert halves != sorted(halves, key=str)
    assert 1 in [turns.choose("nine", [9, 1]) for _ in range(10)]


def test_each_rule_has_turns_of_its_own() -> None:
    """One rule's traffic does not shift another's."""
    turns = Turns(Collection("turns"))
    alone = [turns.choose("a", [1, 1]) for _ in range(4)]
    other = Turns(Collection("turns"))
    mixed = [(other.choose("a", [1, 1]), other.choose("b", [3, 1]))[0] for _ in range(4)]

    assert mixed == alone
