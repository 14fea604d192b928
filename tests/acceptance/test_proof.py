"""`verified` is a proof: the run ends when the last backend that a rule can reach has answered."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.contested import Contested
from localcloud.time.timing import Timing
from tests.acceptance.runs import STORE, Outcome, run, store

LATE = 0  # a seed with which the second cluster of the region is healthy 80 s after all else


def beside_each_other() -> dict[str, Any]:
    """Two clusters in one region, behind one address and one rule."""
    clusters = [
        {"name": "gke-west-1", "location": "us-west1-a"},
        {"name": "gke-west-2", "location": "us-west1-b"},
    ]
    document = store(clusters=clusters)
    document["services"] = document["services"][:1]
    document["routes"][0]["rules"] = [{"backendRefs": [{"name": "store", "port": 8080}]}]
    return document


def healthy_at(outcome: Outcome) -> list[float]:
    """When the backends of each cluster were healthy, in seconds from the request."""
    return sorted(each.end for each in outcome.report.operations if each.kind == "dataplane.health")


@pytest.mark.parametrize("keeps_to_zone", [False, pytest.param(True, marks=pytest.mark.long)])
def test_a_deploy_waits_for_the_second_cluster_of_a_region(keeps_to_zone: bool) -> None:
    """Whether or not proxies keep to a zone: then its health speaks for it, and the row says so."""
    outcome = run(beside_each_other(), seed=LATE, contested=Contested(keeps_to_zone=keeps_to_zone))
    first, second = healthy_at(outcome)
    (row,) = outcome.report.traffic
    answers = {each.cluster: each.answers for each in row.clusters}

    assert second - first > 60
    assert (outcome.report.outcome, row.verdict) == ("done", "proven")
    assert outcome.report.simulated_seconds is not None and outcome.report.simulated_seconds > second
    assert set(answers) == {"gke-west-1", "gke-west-2"}
    assert all(answers.values()) is not keeps_to_zone
    assert any("a proxy may use the backends of one zone" in each for each in row.unseen) is keeps_to_zone


@pytest.mark.long
@pytest.mark.xdist_group("tutorial")
def test_a_verifier_that_is_thirty_seconds_slower_is_that_far_from_the_critical_path(
    tutorial: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its six requests are no work of the platform's. Looks that come before the last one may be longer, too."""
    typical = Timing.typical
    slow = {"wire.request": 5.0}
    monkeypatch.setattr(Timing, "typical", lambda self, kind: slow.get(kind) or typical(self, kind))
    slower = run(STORE, seed=0)
    path = tutorial.report.critical_path_seconds

    assert path is not None and path == slower.report.critical_path_seconds
    assert ratio(slower) - ratio(tutorial) >= 25 / path
    assert ratio(slower) - ratio(tutorial) <= 60 / path


def ratio(outcome: Outcome) -> float:
    assert outcome.report.simulated_seconds and outcome.report.critical_path_seconds
    return outcome.report.simulated_seconds / outcome.report.critical_path_seconds
