"""A deploy takes hardly longer than the platform needs, and asks its functions seldom."""

from __future__ import annotations

import statistics

import pytest

from fleetgate.report import Report
from tests.acceptance.runs import document, run
from tests.support.proofs import Piece
from tests.support.sizes import sized

SEEDS = range(1, 21)
MEDIAN, MOST, INVOCATIONS = 1.05, 1.10, 120  # of time over critical path, and of a deploy's invocations
MANY, MANY_SEEDS, MOST_FOR_MANY = 40, range(3), 1.06  # clusters, and the bound on their time


@pytest.mark.proof("close to the critical path")
@pytest.mark.parametrize("example", ["store", "three-regions"])
def test_a_deploy_is_close_to_the_critical_path(piece: Piece, example: str) -> None:
    """Each seed within the bound, and their median within a closer one."""
    ratios, invocations = list[float](), list[int]()
    for seed in SEEDS:
        report = run(document(example), seed=seed).report
        ratio = over_path(report)
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


@pytest.mark.proof("close to the critical path")
def test_forty_clusters_are_as_close(piece: Piece) -> None:
    """With ranges that fit the network; the last look at the clusters is what takes time then."""
    ratios = []
    for seed in MANY_SEEDS:
        report = run(sized(MANY, podRange="/17"), seed=seed).report
        ratios.append(over_path(report))
        good = report.outcome == "done" and ratios[-1] <= MOST_FOR_MANY
        piece.judge("" if good else f"{MANY} clusters, seed {seed}: {report.outcome}, {ratios[-1]:.3f}")

    piece.facts[f"{MANY} clusters"] = {"max": round(max(ratios), 4)}
    piece.conclude()


def over_path(report: Report) -> float:
    """How many times the critical path a deploy took."""
    assert report.simulated_seconds and report.critical_path_seconds
    return report.simulated_seconds / report.critical_path_seconds
