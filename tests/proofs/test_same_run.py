"""What makes no difference: running again, and how messages are delivered."""

from __future__ import annotations

import pytest

from tests.acceptance.crashes import difference
from tests.acceptance.runs import STORE, UNKIND, document, run
from tests.support.dumps import standing
from tests.support.proofs import Piece


@pytest.mark.proof("same seed, same run")
@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("example", ["store", "three-regions"])
def test_the_same_seed_gives_the_same_run(piece: Piece, example: str, seed: int) -> None:
    """The same sequence of calls, at the same times, and the same dump."""
    one, other = run(document(example), seed=seed), run(document(example), seed=seed)

    same = one.sequence() == other.sequence() and one.dump == other.dump
    piece.judge("" if same else f"{example}, seed {seed}: two runs differ")
    piece.conclude()


@pytest.mark.proof("every message twice and shuffled")
@pytest.mark.parametrize("seed", range(1, 11))
def test_unkind_delivery_makes_no_difference(piece: Piece, seed: int) -> None:
    """Every message twice, and out of order: the same things stand in the end."""
    kind, unkind = run(STORE, seed=seed), run(STORE, seed=seed, delivery=UNKIND)

    where = difference(standing(kind.dump), standing(unkind.dump))
    piece.judge(f"seed {seed}: {where}" if where else "")
    piece.conclude()
