"""Durations come from one table, and a draw depends on seed, kind and resource alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.time.timing import SPREAD, Timing, table
from localcloud.world import World

KINDS = sorted(table())


def test_every_row_says_how_long_by_what_evidence_and_from_where() -> None:
    """A duration without a source is a guess in disguise."""
    for kind, row in table().items():
        assert row["seconds"] > 0, kind
        assert row["mark"] in ("documented", "observed", "inferred"), kind
        assert row["source"], kind


@given(st.integers(0, 10_000), st.sampled_from(KINDS), st.text(), st.integers(0, 5))
def test_a_draw_stays_within_the_spread(seed: int, kind: str, resource: str, nth: int) -> None:
    """±40 % of the typical time, never more."""
    timing = Timing(seed)
    typical = timing.typical(kind)

    drawn = timing.draw(kind, resource, nth)

    assert typical * (1 - SPREAD) - 0.001 <= drawn <= typical * (1 + SPREAD) + 0.001


def test_draws_do_not_depend_on_their_order() -> None:
    """The same resource takes the same time, whatever was drawn before."""
    forward = [Timing(7).draw("container.clusters.create", name) for name in ("a", "b", "c")]
    timing = Timing(7)
    backward = [timing.draw("container.clusters.create", name) for name in ("c", "b", "a")]

    assert forward == backward[::-1]
    assert len(set(forward)) == 3


def test_an_override_replaces_the_typical_time() -> None:
    """A slow day is one entry."""
    assert Timing(0, spread=0, overrides={"gateway.program": 900}).draw("gateway.program", "x") == 900


def test_an_unknown_kind_is_an_error() -> None:
    """Nothing takes a time that the table does not know."""
    with pytest.raises(KeyError):
        Timing(0).draw("coffee.brew", "x")


def test_the_ledger_says_what_work_had_to_wait_for() -> None:
    """Each entry names the work before it; the same kind on the same resource is drawn anew each time."""
    world, done = World.create(seed=3), list[str]()
    first = world.ledger.perform("container.clusters.create", "c", lambda: done.append("created"))
    world.clock.step()
    second = world.ledger.perform(
        "gkehub.memberships.create", "m", lambda: done.append("member"), [first, None]
    )
    world.clock.step()
    again = world.ledger.perform("container.clusters.create", "c", lambda: None)

    assert ["created", "member"] == done
    assert (first.id,) == second.after
    assert first.end == second.start
    assert world.ledger.latest("container.clusters.create", "c") is again
    assert again.end - again.start != first.end - first.start


def test_cancelled_work_is_not_finished() -> None:
    """Its object went away."""
    world = World.create()
    work = world.ledger.perform("gateway.program", "g", lambda: pytest.fail("it was cancelled"))

    work.cancel()

    assert not world.clock.step()
