"""Answers lost, late and doubled, executions cancelled, operations that fail: the environment comes to stand."""

from __future__ import annotations

from functools import cache

import pytest

from tests.acceptance import crashes, misdelivery
from tests.support.proofs import Piece, part

PARTS = 6


@cache
def undisturbed() -> crashes.Lived:
    """A deploy of which nothing goes astray."""
    return crashes.live(crashes.DEPLOY)


@pytest.mark.proof("misdelivery")
@pytest.mark.parametrize("number", range(PARTS), ids=lambda number: f"part {number + 1} of {PARTS}")
def test_what_goes_astray_makes_no_difference(piece: Piece, number: int) -> None:
    """Published again where a person would."""
    whole = undisturbed()

    mine = part(list(misdelivery.misdeliveries(whole)), number, PARTS)
    piece.judge_each(misdelivery.violation, [(each, whole) for each in mine])
    piece.conclude()
