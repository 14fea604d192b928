"""A deploy takes hardly longer than the platform needs, and asks its functions seldom."""

from __future__ import annotations

import statistics

import pytest

from tests.acceptance.runs import document, run
from tests.support.proofs import Piece

SEEDS = range(1, 21)
MEDIAN, MOST, INVOCATIONS = 1.10, 1.20, 120  # of time over critical path, and of a deploy's invocations


@pytest.mark.proof("close to the critical path")
@pytest.mark.parametrize("example", ["store", "three-regions"])
def test_a_deploy_is_close_to_the_critical_path(piece: Piece, example: str) -> None:
    """Each seed within the bound, and their median within a closer one."""
    ratios, invocations = list[float](), list[int]()
    for seed in SEEDS:
        report = run(document(example), seed=seed).report
        assert report.simulated_seconds and report.critical_path_seconds
        ratio = report.simulated_seconds / report.critical_path_seconds
        ratios.append(ratio)
        invocations.append(report.invocations)
        good = report.outcome == "done" and ratio <= MOST and report.invocations <= INVOCATIONS
        told = f"{example}, seed {seed}: {report.outcome}, {ratio:.3f}, {report.invocations} invocations"
        piece.judge("" if good else told)

    median = statistics.median(ratios)
    piece.judge("" if median <= MEDIAN else f"{example}: median {median:.3f}")
    piece.facts[example] = {
        "median": round(median, 4),
        "max": round(max(ratios), 4),
        "invocations": max(invocations),
    }
    piece.conclude()
