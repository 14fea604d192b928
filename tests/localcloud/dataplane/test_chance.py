"""Draws by weight: chance, and the same every time."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from localcloud.dataplane.chance import Chance
from localcloud.store import Collection


def drawn(weights: list[int], times: int, seed: int = 0, key: str = "rule") -> list[int | None]:
    chance = Chance(seed, Collection("drawn"))
    return [chance.choose(key, weights) for _ in range(times)]


@pytest.mark.parametrize("weights", [[1, 1], [3, 1], [99, 1], [0, 2, 5]])
def test_shares_are_those_of_the_weights(weights: list[int]) -> None:
    """Within four standard deviations of a large sample; a weight of zero never."""
    counts = Counter(drawn(weights, 10_000))

    for index, weight in enumerate(weights):
        share = weight / sum(weights)
        assert abs(counts[index] - 10_000 * share) <= 4 * (10_000 * share * (1 - share)) ** 0.5


def test_it_is_chance_and_no_turn() -> None:
    """Of two halves the same one comes twice in a row about half the time, and five times in a row at some time."""
    halves = drawn([1, 1], 1_000)
    again = sum(one == other for one, other in pairwise(halves))

    assert 440 < again < 560
    assert any(len(set(halves[at : at + 5])) == 1 for at in range(995))


def test_a_seed_draws_the_same_and_another_seed_otherwise() -> None:
    """So do two rules of one seed."""
    assert drawn([1, 1], 50) == drawn([1, 1], 50)
    assert drawn([1, 1], 50) != drawn([1, 1], 50, seed=1)
    assert drawn([1, 1], 50) != drawn([1, 1], 50, key="other")


def test_nobody_is_chosen_among_weights_of_zero() -> None:
    """A rule whose backends all weigh nothing answers an error."""
    assert drawn([0, 0], 1) == [None]


def test_each_rule_draws_for_itself() -> None:
    """One rule's traffic does not shift another's."""
    chance = Chance(0, Collection("drawn"))
    mixed = [(chance.choose("rule", [1, 1]), chance.choose("other", [3, 1]))[0] for _ in range(20)]

    assert mixed == drawn([1, 1], 20)
