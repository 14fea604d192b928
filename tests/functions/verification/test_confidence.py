"""The statistics: how seldom what is right is rejected, what is found, and how many requests it takes."""

from __future__ import annotations

import random

import pytest

from functions.verification.confidence import ALARM, DEVIATION, MISS, MOST, holds, is_rejected, needed

SHARES = [0.5, 0.75, 0.9, 0.99]


def judged(share: float, true: float, seed: int, alarm: float = ALARM) -> tuple[str, int]:
    """The verdict on `share` when answers have the share `true`, and the requests that it took."""
    chance, answers = random.Random(f"{share}/{true}/{seed}"), 0
    for sent in range(1, MOST + 1):
        answers += chance.random() < true
        if is_rejected(answers, sent, share, alarm):
            return "rejected", sent
        if holds(answers, sent, share):
            return "holds", sent
    return "undecided", MOST


@pytest.mark.parametrize("share", SHARES)
def test_a_right_share_is_hardly_ever_rejected(share: float) -> None:
    """In 10,000 samples at most one false alarm is expected; more than five are as unlikely as 1 in 1,600."""
    verdicts = [judged(share, share, seed)[0] for seed in range(10_000)]

    assert verdicts.count("rejected") <= 5
    assert verdicts.count("undecided") == 0


@pytest.mark.parametrize("share", SHARES)
def test_a_share_that_is_off_is_found(share: float) -> None:
    """By DEVIATION, at least 99 times in a hundred: of a thousand more than 20 missed are as unlikely as 1 in 600."""
    verdicts = [judged(share, share - DEVIATION, seed)[0] for seed in range(1_000)]

    assert MISS == 0.01
    assert verdicts.count("rejected") >= 980


def test_a_share_that_is_off_by_more_is_found_as_well() -> None:
    """Where all answers come from one of two backends, too."""
    assert {judged(0.5, true, seed)[0] for true in (0.0, 0.1, 0.9, 1.0) for seed in range(200)} == {
        "rejected"
    }


@pytest.mark.long
def test_many_tests_at_once_are_as_seldom_wrong() -> None:
    """Each has its part of the chance of an alarm: 100 rules, 100 times."""
    alarms = [judged(0.75, 0.75, seed, ALARM / 100)[0] == "rejected" for seed in range(10_000)]

    assert sum(alarms) <= 1


def test_it_takes_few_requests() -> None:
    """Some forty for a right share; a fixed sample of the same bounds would take 160."""
    sizes = [judged(0.75, 0.75, seed)[1] for seed in range(1_000)]

    assert sum(sizes) / len(sizes) < 45


@pytest.mark.parametrize(("share", "requests"), [(1.0, 1), (0.5, 14), (0.01, 917), (0.0, 1001)])
def test_a_backend_is_seen_after_so_many_requests(share: float, requests: int) -> None:
    """But for a chance of 1 in 10,000."""
    assert needed(share, 1e-4) == requests
