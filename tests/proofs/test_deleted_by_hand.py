"""Deletions by hand: each kind of thing, at each step of a teardown, as a message comes or between look and change.

And at times of a deploy, which ends verified or says what is gone; the next one makes it whole.
"""

from __future__ import annotations

import pytest

from tests.acceptance.hands import DEPLOY_MOMENTS, KINDS, TEARDOWN_MOMENTS, Moment, deploy, teardown
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


@pytest.mark.proof("deleted by hand during a deploy")
@pytest.mark.parametrize("kind", KINDS)
def test_a_deploy_ends_whatever_is_deleted_by_hand(piece: Piece, kind: str) -> None:
    """In bounded time and with the reason; then a deploy is done, and a teardown leaves nothing."""
    ended = list[str]()

    def violation(moment: Moment) -> str:
        lived = deploy(kind, moment)
        ended.extend(lived.endings[:1])
        return lived.violation and f"{kind} at {moment}: {lived.violation}"

    piece.judge_each(violation, [(moment,) for moment in DEPLOY_MOMENTS])
    piece.facts = {each: ended.count(each) for each in sorted({*ended})}
    piece.conclude()
