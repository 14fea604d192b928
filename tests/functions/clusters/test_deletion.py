"""Clusters on their way out: what is deleted when, and how long it is waited for. All decisions are pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.clusters.attachments import ClustersToRemove
from functions.clusters.deletion import decide
from shared.google.gkehub import Membership
from shared.step.outcome import Decision, Done, Waiting
from tests.support.fleets import cluster, member_path
from tests.support.live import NOW

WEST, EAST = "gke-west-1", "gke-east-1"


def member(name: str = WEST, **fields: Any) -> Membership:
    return replace(Membership(member_path(name), True, NOW - 300, cluster(name).path), **fields)


def deleted(decision: Decision) -> list[str]:
    described = [each.describe() for each in decision.changes]
    assert {"delete"} >= {each.verb for each in described}
    return ["/".join(each.resource.split("/")[-2:]) for each in described]


def waits(decision: Decision) -> tuple[str, float]:
    assert isinstance(decision.outcome, Waiting), decision
    return decision.outcome.reason, decision.outcome.retry_after


def test_all_clusters_go_side_by_side() -> None:
    """Those in ERROR too; their memberships are left to GKE, which removes them first."""
    seen = ClustersToRemove([cluster(WEST), cluster(EAST, status="ERROR")], [member(WEST), member(EAST)])

    assert [f"clusters/{WEST}", f"clusters/{EAST}"] == deleted(decide(seen, NOW))
    assert ("ClusterStopping", 228.0) == waits(decide(seen, NOW))


@pytest.mark.parametrize(("begun", "seconds"), [(None, 228.0), (100.0, 128.0), (340.0, 25.5)])
def test_a_deletion_is_waited_for_as_long_as_it_usually_takes(begun: float | None, seconds: float) -> None:
    """Reckoned from when its operation began, if GKE still tells."""
    since = {} if begun is None else {(WEST, "us-west1-a"): NOW - begun}
    decision = decide(ClustersToRemove([cluster(WEST, status="STOPPING")], since=since), NOW)

    assert ([], ("ClusterStopping", seconds)) == (deleted(decision), waits(decision))


def test_a_cluster_that_is_being_created_is_deleted_once_it_is_there() -> None:
    """GKE refuses it before; what can go goes, and the next look is when the creation has usually ended."""
    decision = decide(ClustersToRemove([cluster(WEST, age=100, status="PROVISIONING"), cluster(EAST)]), NOW)

    assert [f"clusters/{EAST}"] == deleted(decision)
    assert ("ClusterProvisioning", 80.0) == waits(decision)


@pytest.mark.parametrize("link", [cluster(WEST).path, ""])
def test_a_membership_that_gke_leaves_behind_is_removed_while_its_cluster_tells_whose_it_is(
    link: str,
) -> None:
    """By the cluster that it names, or by the membership that the cluster names; one that is going is left."""
    stopping = cluster(WEST, status="STOPPING")
    left, going = member(WEST, cluster=link), member(WEST, cluster=link, ready=False)

    assert [f"memberships/{WEST}"] == deleted(decide(ClustersToRemove([stopping], [left]), NOW))
    assert [] == deleted(decide(ClustersToRemove([stopping], [going]), NOW))


def test_done_is_when_neither_clusters_nor_memberships_are_left() -> None:
    """A labelled membership outlives its cluster, and is removed."""
    orphan = decide(ClustersToRemove([], [member(WEST)]), NOW)

    assert ([f"memberships/{WEST}"], ("MembershipDeleting", 12.0)) == (deleted(orphan), waits(orphan))
    assert Decision(Done()) == decide(ClustersToRemove([]), NOW)
