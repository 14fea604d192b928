"""The crash matrix: a function is killed at each mutation, at three moments each, and nothing comes of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.acceptance import crashes
from tests.acceptance.crashes import REPEATING_MUTANTS, RepeatingMutant
from tests.support.proofs import Piece, part

SCENARIOS = {
    each.name: each
    for each in (
        crashes.DEPLOY,
        crashes.CHANGE,
        crashes.TEARDOWN,
        crashes.STATIC,
        crashes.ELSEWHERE,
        crashes.OCCUPIED,
    )
}
PARTS = 8  # of each matrix: how many points it has, an undisturbed run says


@cache
def undisturbed(scenario: str) -> crashes.Lived:
    """A scenario without any crash; several parts compare with the same one."""
    return crashes.live(SCENARIOS[scenario])


@pytest.mark.proof("crash matrix of {scenario}")
@pytest.mark.parametrize("number", range(PARTS), ids=lambda number: f"part {number + 1} of {PARTS}")
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_crash_makes_no_difference(piece: Piece, scenario: str, number: int) -> None:
    """The run ends as if nothing had been."""
    whole = undisturbed(scenario)
    assert "done" == whole.report.outcome
    every = list(crashes.points(whole))
    assert 3 * len(whole.mutations()) == len(every)

    mine = part(list(crashes.runs(every).values()), number, PARTS)
    piece.judge_each(
        crashes.violation,
        [(SCENARIOS[scenario], same[0], whole) for same in mine],
        [len(same) for same in mine],
    )
    piece.facts = {"points": sum(map(len, mine)), "runs": len(mine)}
    piece.conclude()


@pytest.mark.proof("crash matrix of static addresses")
def test_a_crash_about_static_addresses_makes_no_difference(piece: Piece) -> None:
    """Each is created, and labelled after that, as the anchor is: every such point of a deploy."""
    whole = crashes.live(crashes.RESERVE)
    every = list(crashes.of_addresses(crashes.points(whole)))
    methods = [each.mutation[1].rpartition(".")[2] for each in every]
    assert (9, 9) == (methods.count("insert"), methods.count("setLabels"))

    mine = list(crashes.runs(every).values())
    piece.judge_each(
        crashes.violation, [(crashes.RESERVE, same[0], whole) for same in mine], [len(same) for same in mine]
    )
    piece.facts = {"points": len(every), "runs": len(mine)}
    piece.conclude()


@pytest.mark.proof("mutants that repeat")
@pytest.mark.parametrize("mutant", REPEATING_MUTANTS, ids=lambda mutant: mutant.function)
def test_what_is_not_idempotent_is_found(piece: Piece, mutant: RepeatingMutant, tmp_path: Path) -> None:
    """In any one of the seven functions."""
    found = mutant.found(tmp_path)

    piece.facts[mutant.function] = found
    piece.judge("" if found else f"the mutant of {mutant.function} goes unseen")
    piece.conclude()
