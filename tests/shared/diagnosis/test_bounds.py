"""What explains a reason of waiting are codes that rules give; and every code explains some reason."""

from __future__ import annotations

from shared.step.bounds import BOUNDS
from tests.shared.diagnosis.causes import CAUSES

AWAITED = {"PLACE_UNREACHABLE"}  # a place comes back by itself: the step goes on then


def test_every_cause_ends_some_wait() -> None:
    """Whatever keeps an environment from being ready is told at a bound, and not when time is up."""
    explaining = {code for bound in BOUNDS.values() for code in bound.causes}

    assert explaining == {cause.code for cause in CAUSES} - AWAITED
