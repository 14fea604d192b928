"""Deletions by hand: each kind of thing, at each step of a teardown, as a message comes or between look and change."""

from __future__ import annotations

import pytest

from tests.acceptance.hands import KINDS, TEARDOWN_MOMENTS, Moment, teardown
from tests.support.proofs import Piece


@pytest.mark.proof("deleted by hand during a teardown")
@pytest.mark.parametrize("kind", KINDS)
def test_a_teardown_ends_whatever_is_deleted_by_hand(piece: Piece, kind: str) -> None:
    """Removed in bounded time, or with the commands that remove the rest; these are followed to the end."""
    met = list[str]()

    def violation(moment: Moment) -> str:
        lived = teardown(kind, moment)
        met.extend(["deleted"] if lived.deleted else [])
        met.extend(["commands told"] if lived.told else [])
        return lived.violation and f"{kind} at {moment}: {lived.violation}"

    piece.judge_each(violation, [(moment,) for moment in TEARDOWN_MOMENTS])
    piece.facts = {each: met.count(each) for each in ("deleted", "commands told")}
    piece.conclude()
