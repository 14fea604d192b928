"""A sample of the storms; `make prove` has five hundred."""

from __future__ import annotations

from tests.acceptance.storms import Weather, calm, verdict

THIRTY_PER_CENT = Weather(3, 0.30, ((0.0, "store"), (426.0, "one rule less")))


def test_in_a_storm_the_newest_request_holds_and_other_peoples_things_are_untouched() -> None:
    """Three calls in ten fail, every message comes twice and out of order, and two requests overlap."""
    assert ("", False) == verdict(THIRTY_PER_CENT, {"one rule less": calm("one rule less")})


def test_a_seed_makes_the_weather() -> None:
    """The first request comes at once, the newest is the last, and all strengths occur."""
    every = [Weather.of(seed) for seed in range(60)]

    assert every == [Weather.of(seed) for seed in range(60)]
    assert {0.05, 0.15, 0.30} == {each.rate for each in every}
    assert {1, 2, 3, 4} == {len(each.requests) for each in every}
    assert {"store", "health check", "one rule less", "teardown"} == {each.newest for each in every}
    assert all(each.requests[0][0] == 0.0 and sorted(each.requests) == list(each.requests) for each in every)
