"""Chaos of every strength: the newest request's state holds, and other people's things are untouched."""

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
    again = list[bool]()

    def violation(seed: int) -> str:
        broken, published_again = chaos.violation(chaos.Chaos.of(seed), undisturbed())
        again.append(published_again)
        return broken

    piece.judge_each(violation, [(seed,) for seed in range(first, first + AT_A_TIME)])
    piece.facts = {"published again": sum(again)}
    piece.conclude()
