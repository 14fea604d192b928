"""Each permission, taken away alone, makes the step that needs it end blocked, naming it and whose it is."""

from __future__ import annotations

import pytest

from tests.acceptance import permissions
from tests.support.proofs import Piece, part

PARTS = 12  # of the cases: which there are, undisturbed stories say


@pytest.mark.proof("every permission")
@pytest.mark.parametrize("number", range(PARTS), ids=lambda number: f"part {number + 1} of {PARTS}")
def test_a_permission_that_is_missing_is_named(piece: Piece, number: int) -> None:
    """By the step that needs it, which ends blocked."""
    mine = part(permissions.cases(), number, PARTS)

    piece.judge_each(permissions.fault, mine)
    if number == 0:  # figures of the whole
        piece.facts = {
            "granted": len(permissions.all_grants()),
            "listed as unproven": len(permissions.unproven()),
            "not of a step": permissions.NOT_A_STEP,
        }
    piece.conclude()
