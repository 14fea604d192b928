"""Each cause fires its rule alone; the fix, done as it says, cures; the next deploy is verified."""

from __future__ import annotations

import pytest

from tests.acceptance.google_programs import missing
from tests.shared.diagnosis import matrix
from tests.shared.diagnosis.causes import Cause
from tests.support.proofs import Piece

CASES = [
    pytest.param(cause, alone, id=f"{cause.name}, alone" if alone else cause.name)
    for cause, alone in matrix.cases()
]


@pytest.mark.proof("causes and rules")
@pytest.mark.parametrize(("cause", "alone"), CASES)
def test_a_cause_is_found_and_cured(piece: Piece, cause: Cause, alone: bool) -> None:
    """In an environment of its own; `alone`, the next deploy cures it."""
    row = matrix.cured(cause, alone)

    piece.facts = {
        "causes": [cause.name],
        "not installed": missing(),
        row.way.name.lower(): [f"{cause.code}: {cause.name}"],
    }
    piece.judge(row.violation)
    piece.conclude()
