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


def broken() -> None:
    """A change that meets a fault in the cloud's own code."""
    raise ZeroDivisionError("of a test")


def test_a_fault_in_the_clouds_own_code_ends_the_operation_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Who waits for it is told, where time goes on; what it was stands in the log."""
    world = World.create()
    world.clock.outlives_faults = True
    assert {"code": 13, "message": "Internal error."} == operation_faults.finish(
        world, "a.create", "thing", broken
    )
    (record,) = caplog.records
    assert "a.create of thing failed" in record.getMessage()
    assert "ZeroDivisionError" in caplog.text


def test_where_time_jumps_such_a_fault_fails_the_run() -> None:
    """Nobody may overlook it."""
    with pytest.raises(ZeroDivisionError):
        operation_faults.finish(World.create(), "a.create", "thing", broken)
