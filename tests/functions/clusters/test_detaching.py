"""Clusters that a changed spec leaves out: emptied, out of the fleet, without their firewall rule, then deleted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from functions.clusters.attachments import Attachments, ClustersToRemove, FirewallRule, HeldObject
from functions.clusters.detaching import decide
from shared.google.container import Cluster
from shared.google.gkehub import Membership
from shared.step.change import Change
from shared.step.outcome import Blocked, Decision, Done, Waiting
from tests.support.fleets import cluster, member_path
from tests.support.live import NOW

EAST = "gke-east-1"
RULE = "projects/shop-prod/global/firewalls/gke-gke-east-1-0a1b2c3d-mcsd"


def going(one: Cluster, *held: HeldObject, rules: Sequence[FirewallRule] = ()) -> ClustersToRemove:
    return ClustersToRemove([one], attachments={one.path: Attachments(held, rules)})


def begun(decision: Decision) -> list[tuple[str, str]]:
    return shown(decision.changes)


def shown(changes: Iterable[Change]) -> list[tuple[str, str]]:
    described = [change.describe() for change in changes]
    return [(each.verb, each.resource.rpartition("/")[2]) for each in described]


def test_nothing_that_goes_is_done() -> None:
    """The ordinary case."""
    assert Decision(Done()) == decide(ClustersToRemove(), NOW)


@pytest.mark.parametrize("kind", ["ServiceExport", "ServiceNetworkEndpointGroup"])
def test_a_cluster_that_reaches_outside_itself_is_waited_for(kind: str) -> None:
    """Only its own controllers can take back what it made elsewhere; the plan shows that it will go."""
    decision = decide(going(cluster(EAST), HeldObject(kind, "store/store", EAST)), NOW)

    assert [] == begun(decision)
    assert isinstance(decision.outcome, Waiting)
    assert f"{kind} store/store in {EAST}" in decision.outcome.message
    assert [("delete", EAST)] == shown(decision.later)


def test_a_cluster_with_a_gateway_is_for_a_person() -> None:
    """Its load balancer would stay behind."""
    outcome = decide(going(cluster(EAST), HeldObject("Gateway", "theirs/shop", EAST)), NOW).outcome

    assert isinstance(outcome, Blocked)
    assert ("CLUSTER_IN_USE", True) == (outcome.code, f"Gateway theirs/shop in {EAST}." in outcome.cause)


def test_an_empty_cluster_leaves_the_fleet_then_loses_its_rule_then_goes() -> None:
    """One after the other, each once the one before is seen."""
    joined, alone = cluster(EAST), cluster(EAST, fleet_project="", membership="")
    there, deleted = [FirewallRule(RULE)], [FirewallRule(RULE, going=True)]

    assert [("update", EAST)] == begun(decide(going(joined, rules=there), NOW))
    assert [("delete", RULE.rpartition("/")[2])] == begun(decide(going(alone, rules=there), NOW))
    assert [] == begun(decide(going(alone, rules=deleted), NOW))
    assert [("delete", EAST)] == begun(decide(going(alone), NOW))


def test_a_cluster_that_nothing_attaches_goes_as_it_is() -> None:
    """So it is at a teardown after which multi-cluster Services do not stay."""
    assert [("delete", EAST)] == begun(decide(ClustersToRemove([cluster(EAST)]), NOW))


def test_one_that_is_held_keeps_no_other() -> None:
    """And its membership stays with it."""
    held, free = cluster("gke-west-1"), cluster(EAST, fleet_project="", membership="")
    members = [Membership(member_path("gke-west-1"), True, NOW - 300, held.path)]
    observed = ClustersToRemove(
        [held, free], members, attachments={held.path: Attachments(), free.path: Attachments()}
    )
    decision = decide(observed, NOW)

    assert [("delete", EAST), ("update", "gke-west-1")] == begun(decision)
    assert [("delete", "gke-west-1")] == shown(decision.later)


def test_an_update_is_not_begun_beside_another() -> None:
    """GKE runs one operation per cluster."""
    assert [] == begun(decide(going(cluster(EAST, status="RECONCILING")), NOW))


def test_a_cluster_in_error_is_deleted_as_it_is() -> None:
    """Nobody in it would let anything go."""
    assert [("delete", EAST)] == begun(decide(going(cluster(EAST, status="ERROR")), NOW))
