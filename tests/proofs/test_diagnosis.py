"""Each cause fires its rule alone; the fix, done as it says, cures; the next deploy is verified."""

from __future__ import annotations

import pytest

from tests.acceptance.google_programs import missing
from tests.shared.diagnosis import matrix
from tests.shared.diagnosis.causes import CAUSES, Cause
from tests.support.proofs import Piece

SOON = 300.0  # simulated seconds from when the platform can know to the diagnosis
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


@pytest.mark.proof("time to diagnosis")
@pytest.mark.parametrize("cause", CAUSES, ids=lambda each: each.name)
def test_a_cause_is_told_within_minutes(piece: Piece, cause: Cause) -> None:
    """By a deploy that meets it, with its own code or with that of a step; never because time is up."""
    told = matrix.told(cause)

    code, seconds = told or ("mended by the deploy itself", 0.0)
    piece.facts = {"seconds": {f"{cause.name}: {code}": f"{seconds:.0f}"}}
    late = seconds > SOON or code == "TOOK_TOO_LONG"
    piece.judge(f"{cause.name} was told after {seconds:.0f} s as {code}" if late else "")
    piece.conclude()
