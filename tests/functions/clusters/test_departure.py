"""Clusters that a changed spec leaves out: emptied, out of the fleet, without their firewall rule, then deleted."""

from __future__ import annotations

from typing import Any

import pytest

from functions.clusters.detaching import Departing, decide
from functions.clusters.removal import Leaving
from shared.google.container import Cluster
from shared.step.outcome import Blocked, Decision, Done, Waiting
from tests.support.fleets import cluster
from tests.support.live import NOW

EAST = "gke-east-1"
RULE = "projects/shop-prod/global/firewalls/gke-gke-east-1-0a1b2c3d-mcsd"


def leaving(one: Cluster, held: tuple[str, ...] = (), **fields: Any) -> Departing:
    return Departing(Leaving([one]), {one.path: held}, **fields)


def begun(decision: Decision) -> list[tuple[str, str]]:
    return [(change.verb, change.resource.rpartition("/")[2]) for change in decision.changes]


def test_nothing_that_leaves_is_done() -> None:
    """The ordinary case."""
    assert Decision(Done()) == decide(Departing(), NOW)


@pytest.mark.parametrize("kind", ["ServiceExport", "ServiceNetworkEndpointGroup"])
def test_a_cluster_that_reaches_outside_itself_is_waited_for(kind: str) -> None:
    """Only its own controllers can take back what it made elsewhere; the plan shows that it will go."""
    decision = decide(leaving(cluster(EAST), (f"{kind} store/store in {EAST}",)), NOW)

    assert [] == begun(decision)
    assert isinstance(decision.outcome, Waiting)
    assert f"{kind} store/store in {EAST}" in decision.outcome.message
    assert [("delete", EAST)] == [(c.verb, c.resource.rpartition("/")[2]) for c in decision.later]


def test_a_cluster_with_a_gateway_is_for_a_person() -> None:
    """Its load balancer would stay behind."""
    outcome = decide(leaving(cluster(EAST), (f"Gateway theirs/shop in {EAST}",)), NOW).outcome

    assert isinstance(outcome, Blocked)
    assert ("CLUSTER_IN_USE", True) == (outcome.code, "theirs/shop" in outcome.cause)


def test_an_empty_cluster_leaves_the_fleet_then_loses_its_rule_then_goes() -> None:
    """One after the other, each once the one before is seen."""
    joined, alone = cluster(EAST), cluster(EAST, fleet_project="", membership="")
    rules = {alone.path: (RULE,)}

    assert [("update", EAST)] == begun(decide(leaving(joined, firewalls=rules), NOW))
    assert [("delete", RULE.rpartition("/")[2])] == begun(decide(leaving(alone, firewalls=rules), NOW))
    assert [] == begun(decide(leaving(alone, firewalls=rules, going=frozenset({RULE})), NOW))
    assert [("delete", EAST)] == begun(decide(leaving(alone), NOW))


def test_an_update_is_not_begun_beside_another() -> None:
    """GKE runs one operation per cluster."""
    assert [] == begun(decide(leaving(cluster(EAST, status="RECONCILING")), NOW))


def test_a_cluster_in_error_is_deleted_as_it_is() -> None:
    """Nobody in it would let anything go."""
    assert [("delete", EAST)] == begun(decide(leaving(cluster(EAST, status="ERROR")), NOW))
