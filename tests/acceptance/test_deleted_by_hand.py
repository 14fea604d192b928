"""Whatever somebody deletes by hand, before a teardown or during it, the teardown ends, and does not lie.

Either all is removed, or the answer has the commands that remove what nobody else can (see `hands`). `make prove` has
the whole matrix.
"""

from __future__ import annotations

import random

import pytest

from tests.acceptance.hands import KINDS, TEARDOWN_MOMENTS, teardown

CASES = [(kind, moment) for kind in KINDS for moment in TEARDOWN_MOMENTS]


def test_a_teardown_ends_whatever_is_deleted_by_hand_during_it() -> None:
    """A case of the matrix, in which something is there to be deleted, and a person has to do something."""
    kind, moment = random.Random("by hand").choice(CASES)
    lived = teardown(kind, moment)
    assert ("", True, True) == (lived.violation, lived.deleted, bool(lived.told)), lived


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_a_teardown_ends_whatever_was_deleted_by_hand_before(kind: str) -> None:
    """A quarter of an hour before: the controllers have done what they do by themselves."""
    lived = teardown(kind, None)
    assert ("", True) == (lived.violation, lived.deleted), lived


def test_the_matrix_has_every_kind_at_every_step() -> None:
    """As a message comes, and between the look of a function and its first change."""
    assert 360 == len(CASES)
    assert {0, 1, 2} == {moment.nth for _, moment in CASES}
