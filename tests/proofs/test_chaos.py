"""Chaos of every strength: the newest request's state holds, and other people's things are untouched.

Calls fail, messages come twice, and places are down for a while.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from tests.acceptance import chaos
from tests.support.proofs import Piece

SEEDS, AT_A_TIME = 500, 10


@cache
def undisturbed() -> dict[str, dict[str, Any]]:
    """What each claim leaves when nothing goes wrong."""
    return {name: chaos.dump_after(name) for name in chaos.CLAIMS}


@pytest.mark.proof("chaos")
@pytest.mark.parametrize("first", range(0, SEEDS, AT_A_TIME))
def test_the_newest_request_holds_whatever_happens(piece: Piece, first: int) -> None:
    """In each of these seeds."""
    every = list[chaos.Judged]()

    def violation(seed: int) -> str:
        every.append(chaos.judged(chaos.Chaos.of(seed), undisturbed()))
        return every[-1].violation

    piece.judge_each(violation, [(seed,) for seed in range(first, first + AT_A_TIME)])
    piece.facts = {
        "published again": sum(each.again for each in every),
        "waited for a place": sum(each.waited for each in every),
    }
    piece.conclude()
