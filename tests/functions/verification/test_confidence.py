"""The statistics: what a sample rejects, how seldom it is wrong, and what it finds."""

from __future__ import annotations

import random

import pytest

from functions.verification.confidence import ALARM, DEVIATION, is_rejected, needed, sample_size, within

RUNS = 10_000
SHARES = [0.5, 0.75, 0.9, 0.99]


def answers(share: float, size: int, seed: str) -> int:
    """How many of a seeded sample are of that share."""
    chance = random.Random(seed)
    return sum(chance.random() < share for _ in range(size))


@pytest.mark.parametrize("share", SHARES)
def test_a_right_share_is_hardly_ever_rejected(share: float) -> None:
    """In 10,000 samples an alarm of 1 in 10,000 comes once; more than five times is as unlikely as 1 in 1,600."""
    size = sample_size((share, 1 - share), ALARM)
    alarms = sum(is_rejected(answers(share, size, f"right/{n}"), size, share, ALARM) for n in range(RUNS))

    assert alarms <= 5


def test_the_chance_of_an_alarm_is_bounded_whatever_the_size() -> None:
    """Summed over every count that is rejected: exact, for each share and size."""
    for share in (0.01, 0.3, 0.75):
        for size in (20, 160, 500):
            odds = _odds(share, size)
            rejected = sum(chance for k, chance in enumerate(odds) if is_rejected(k, size, share, ALARM))
            assert rejected <= ALARM


@pytest.mark.parametrize("share", SHARES)
def test_a_deviation_that_is_promised_is_found(share: float) -> None:
    """At least as often as the power says: 99 times in a hundred."""
    size = sample_size((share, 1 - share), ALARM)
    found = within(share, size, ALARM)
    missed = sum(
        not is_rejected(answers(share - found, size, f"wrong/{n}"), size, share, ALARM) for n in range(1_000)
    )

    assert found <= DEVIATION
    assert missed <= 25


def test_three_to_one_is_not_one_to_one() -> None:
    """Of a thousand such samples nearly all are found."""
    size = sample_size((0.75, 0.25), ALARM)
    found = sum(is_rejected(answers(0.5, size, f"half/{n}"), size, 0.75, ALARM) for n in range(1_000))

    assert found >= 985


@pytest.mark.parametrize(("share", "requests"), [(1.0, 1), (0.5, 14), (0.01, 917), (0.0, 1001)])
def test_a_backend_is_seen_after_so_many_requests(share: float, requests: int) -> None:
    """But for a chance of 1 in 10,000."""
    assert needed(share, 1e-4) == requests


def _odds(share: float, size: int) -> list[float]:
    """The chance of each count, by adding one request after the other: another way than the module's."""
    odds = [1.0]
    for _ in range(size):
        before = [0.0, *odds], [*odds, 0.0]
        odds = [one * share + other * (1 - share) for one, other in zip(*before, strict=True)]
    return odds
