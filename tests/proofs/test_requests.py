"""Mutated requests: each is a request, or refused with faults that can be sent, shown and read."""

from __future__ import annotations

import pytest

from tests.shared.spec.mutations import violation
from tests.support.proofs import Piece

PIECES, EACH = 8, 2000


@pytest.mark.proof("mutated requests")
@pytest.mark.parametrize("number", range(PIECES))
def test_no_message_makes_the_reader_stumble(piece: Piece, number: int) -> None:
    """In each of these seeds."""
    piece.judge_each(violation, [(seed,) for seed in range(number * EACH, (number + 1) * EACH)])
    piece.conclude()
