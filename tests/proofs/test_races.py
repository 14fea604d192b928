"""The schedule finds races: those of mutants, each within fifty seeds, and none in the product."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.races import RACES, Race
from tests.support.proofs import Piece

SEEDS, AT_A_TIME = 50, 10


@pytest.mark.proof("mutants with a race")
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.name)
def test_the_race_of_a_mutant_is_found(piece: Piece, race: Race, tmp_path: Path) -> None:
    """And found again by its seed."""
    root = race.mutant.build(tmp_path)
    seed = race.found_by(range(SEEDS), root)
    again = seed is not None and race.found_by(range(seed, seed + 1), root) == seed

    piece.facts[race.name] = f"seed {seed}"
    piece.judge("" if again else f"{race.name}: found by seed {seed}, again: {again}")
    piece.conclude()


@pytest.mark.proof("no races")
@pytest.mark.parametrize("first", range(0, SEEDS, AT_A_TIME))
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.name)
def test_the_product_has_none(piece: Piece, race: Race, first: int) -> None:
    """In each of these seeds."""

    def violation(seed: int) -> str:
        return next(iter(race.holds(range(seed, seed + 1))), "")

    piece.judge_each(violation, [(seed,) for seed in range(first, first + AT_A_TIME)])
    piece.conclude()
