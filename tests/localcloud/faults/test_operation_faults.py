"""Operations that are planned to fail do so as often as was said."""

from __future__ import annotations

import pytest

from localcloud.faults import operation_faults
from localcloud.wire.errors import Refused
from localcloud.world import World


@pytest.mark.parametrize(("times", "failures"), [(1, 1), (2, 2), (None, 4)])
def test_operations_fail_once_often_or_for_good(times: int | None, failures: int) -> None:
    """And no more than that."""
    world = World.create()
    operation_faults.plan(world, "a.create", "thing", "INTERNAL", "Internal error.", times)

    met = [operation_faults.finish(world, "a.create", "thing", lambda: None) for _ in range(4)]

    assert [{"code": 13, "message": "Internal error."}] * failures == [each for each in met if each]


def test_a_service_may_ask_for_the_failure_as_a_refusal() -> None:
    """Compute writes an operation's error by itself."""
    world = World.create()
    operation_faults.plan(world, "a.create", "thing", "RESOURCE_EXHAUSTED", "Quota exceeded.")

    with pytest.raises(Refused) as refusal:
        operation_faults.refuse_planned(world, "a.create", "thing")
    operation_faults.refuse_planned(world, "a.create", "thing")

    assert ("RESOURCE_EXHAUSTED", "Quota exceeded.") == (refusal.value.status, refusal.value.message)
