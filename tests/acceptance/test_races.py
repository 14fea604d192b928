"""The schedule finds races: those of the mutants, each within 50 seeds, and none in the product as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.races import RACES, WHOLE, Race

# In `make test` those that last half a minute of simulated time; the others take whole requests.
QUICK = [pytest.param(race, marks=pytest.mark.long) if race.scenario in WHOLE else race for race in RACES]


@pytest.mark.long
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.name)
def test_the_race_of_a_mutant_is_found_within_fifty_seeds(race: Race, tmp_path: Path) -> None:
    """And found again by the same seed."""
    root = race.mutant.build(tmp_path)

    seed = race.found_by(range(50), root)

    assert seed is not None
    assert seed == race.found_by(range(seed, seed + 1), root)


@pytest.mark.parametrize("race", QUICK, ids=lambda race: race.name)
def test_the_product_itself_has_none(race: Race) -> None:
    """One seed here; `make prove` has all fifty."""
    assert [] == list(race.holds(range(1)))
