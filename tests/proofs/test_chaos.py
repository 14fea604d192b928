"""Storms of every kind: the newest request's state holds, and other people's things are untouched.

One of them again, with its story: `python -m tests.acceptance.chaos SEED`.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import pytest

from tests.acceptance.chaos import run
from tests.acceptance.chaos.requests import CLAIMS
from tests.acceptance.chaos.seeds import Chaos
from tests.support.proofs import Piece

SEEDS, AT_A_TIME = 500, 10


@cache
def undisturbed() -> dict[str, dict[str, Any]]:
    """What each claim leaves when nothing goes wrong."""
    return {name: run.dump_after(name) for name in CLAIMS}


@pytest.mark.proof("chaos")
@pytest.mark.parametrize("first", range(0, SEEDS, AT_A_TIME))
def test_the_newest_request_holds_whatever_happens(piece: Piece, first: int) -> None:
    """In each of these seeds."""
    every = list[run.Verdict]()

    def violation(seed: int) -> str:
        chaos = Chaos.of(seed)
        every.append(run.endure(chaos, undisturbed()))
        return every[-1].violation(chaos)

    piece.judge_each(violation, [(seed,) for seed in range(first, first + AT_A_TIME)])
    piece.facts = {
        "the newest request at first": Counter(each.first.strip() for each in every),
        "published again": sum(bool(each.again) for each in every),
        "waited for a place": sum(each.waited for each in every),
        "deleted by hand": sum(each.deleted for each in every),
    }
    piece.conclude()
