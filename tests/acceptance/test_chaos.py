"""A sample of the chaos; `make prove` has five hundred seeds."""

from __future__ import annotations

from tests.acceptance.chaos import CLAIMED, PLACES, Chaos, Judged, dump_after, judged

THIRTY_PER_CENT = Chaos(3, 0.30, ((0.0, "store"), (426.0, "one rule less")))


def test_under_chaos_the_newest_request_holds_and_other_peoples_things_are_untouched() -> None:
    """Three calls in ten fail, every message comes twice and out of order, and two requests overlap."""
    assert Judged("") == judged(THIRTY_PER_CENT, {"one rule less": dump_after("one rule less")})


def test_a_seed_makes_the_chaos() -> None:
    """The first request comes at once, the newest is the last, and all strengths and dialects occur."""
    every = [Chaos.of(seed) for seed in range(60)]

    assert every == [Chaos.of(seed) for seed in range(60)]
    assert {0.05, 0.15, 0.30} == {each.rate for each in every}
    assert {1, 2, 3, 4} <= {len(each.requests) for each in every}
    assert 4 == len({each.dialect for each in every})
    assert set(PLACES) == {outage.place for each in every for outage in each.outages}
    assert {0, 1, 2} == {len(each.outages) for each in every}
    assert any(0.0 < when < CLAIMED for each in every for when, _ in each.requests)
    assert {"store", "health check", "one rule less", "teardown"} == {each.newest for each in every}
    assert all(each.requests[0][0] == 0.0 and sorted(each.requests) == list(each.requests) for each in every)
