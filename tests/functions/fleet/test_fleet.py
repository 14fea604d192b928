"""The fleet step: features in their order, the importer's grant once there is a pool, and every state seen OK."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.fleet.changes import MoveConfigMembership
from functions.fleet.observed import ObservedFleet
from functions.fleet.step import decide
from shared.google.gkehub import INGRESS, MCS, Feature, State, member_key
from shared.google.importer import importer_of, is_importer
from shared.step.change import Change
from shared.step.outcome import Blocked, Decision, Done, Waiting
from tests.support.fleets import FEATURES, OURS, both, cluster, feature, member_path, memberships
from tests.support.live import NOW, environment
from tests.support.projects import PROJECT

STORE = environment()
WEST, EAST = "gke-west-1", "gke-east-1"
CLUSTERS = {WEST: cluster(WEST), EAST: cluster(EAST)}


def observed(**fields: Any) -> ObservedFleet:
    """A fleet in which everything is as wanted."""
    whole = {"clusters": CLUSTERS, "memberships": memberships(), "features": both(), "granted": True}
    return ObservedFleet(**{**whole, **fields})


def look(**fields: Any) -> Decision:
    return decide(STORE, observed(**fields), NOW)


def waits(decision: Decision) -> tuple[str, float]:
    assert isinstance(decision.outcome, Waiting), decision
    return decision.outcome.reason, decision.outcome.retry_after


def resources(changes: Iterable[Change]) -> list[str]:
    return [change.describe().resource.rpartition("/")[2] for change in changes]


def test_a_fleet_that_is_as_wanted_is_done() -> None:
    """All states are seen."""
    assert Decision(Done()) == look()


def test_apis_that_are_disabled_are_named_all_at_once() -> None:
    """In one command."""
    disabled = ("gkehub.googleapis.com", "dns.googleapis.com")
    outcome = decide(STORE, ObservedFleet(disabled_apis=disabled), NOW).outcome

    assert isinstance(outcome, Blocked)
    assert "API_DISABLED" == outcome.code
    assert "gkehub.googleapis.com, dns.googleapis.com are not enabled" in outcome.cause
    assert (
        f"gcloud services enable gkehub.googleapis.com dns.googleapis.com --project={PROJECT}" == outcome.fix
    )


def test_multi_cluster_services_are_enabled_before_there_is_a_cluster() -> None:
    """Grant and ingress are waited for: the pool and the config membership come with the clusters."""
    decision = look(clusters={}, memberships={}, features={}, granted=False)

    assert [MCS] == resources(decision.changes)
    assert [PROJECT, INGRESS] == resources(decision.later)
    assert ("ClusterProvisioning", 180) == waits(decision)


def test_a_cluster_is_looked_for_about_as_often_as_its_membership_allows() -> None:
    """The grant and ingress begin with it; long after its usual time the pauses grow no more."""
    new = {name: cluster(name, status="PROVISIONING") for name in (WEST, EAST)}
    decision = look(clusters=new, memberships={}, granted=False)

    assert ("ClusterProvisioning", 20) == waits(decision)
    assert decision.near is not None  # but too far away to be waited for within the call


def test_a_membership_is_waited_for_closely() -> None:
    """Ingress begins with the config cluster's; nothing is near once all there is to do is to wait for states."""
    joining = look(memberships={}, features={MCS: both()[MCS]})
    assert "MembershipCreating" == waits(joining)[0]
    assert joining.near is not None

    assert look(features={**both(), MCS: feature(MCS, age=10, members={})}).near is None


def test_the_grant_comes_with_the_first_cluster_that_serves() -> None:
    """Also while that is being updated; not while it has no workload pool."""
    for status, pool, granted in (
        ("RUNNING", "p.svc.id.goog", [PROJECT]),
        ("RECONCILING", "p.svc.id.goog", [PROJECT]),
        ("RUNNING", "", []),
        ("PROVISIONING", "p.svc.id.goog", []),
    ):
        east = cluster(EAST, status=status, workload_pool=pool, membership="")
        decision = look(clusters={EAST: east}, memberships={}, features={MCS: feature(MCS)}, granted=False)

        assert granted == resources(decision.changes)


def test_ingress_is_enabled_when_its_config_membership_is_ready() -> None:
    """With the membership that the cluster says it has."""
    decision = look(features={MCS: feature(MCS)})

    (change,) = [each.describe() for each in decision.changes]
    assert (f"{FEATURES}/{INGRESS}", member_path(WEST)) == (change.resource, change.after)
    assert "MembershipState" == waits(decision)[0]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"memberships": memberships(EAST)}, "MembershipCreating"),
        ({"memberships": memberships(ready=False)}, "MembershipCreating"),
        ({"clusters": {WEST: cluster(WEST, membership=""), EAST: CLUSTERS[EAST]}}, "MembershipCreating"),
        ({"clusters": {WEST: cluster(WEST, status="STOPPING"), EAST: CLUSTERS[EAST]}}, "ClusterProvisioning"),
        ({"features": {MCS: feature(MCS, status="ENABLING")}}, "FeatureEnabling"),
        ({"features": {MCS: feature(MCS), INGRESS: feature(INGRESS, status="DISABLING")}}, "FeatureDisabling"),
    ],
)  # fmt: skip
def test_ingress_waits_for_what_it_needs(fields: dict[str, Any], reason: str) -> None:
    """Nothing is asked of the hub that it would refuse."""
    decision = look(**{"features": {MCS: feature(MCS)}, **fields})

    assert [] == list(decision.changes)
    assert [INGRESS] == resources(decision.later)
    assert reason == waits(decision)[0]


def test_what_is_being_disabled_is_enabled_again_once_it_is_gone() -> None:
    """States of a feature that goes prove nothing."""
    going = {name: feature(name, status="DISABLING") for name in (MCS, INGRESS)}
    decision = look(features=going)

    assert [] == list(decision.changes)
    assert [MCS, INGRESS] == resources(decision.later)
    assert "FeatureDisabling" == waits(decision)[0]


@pytest.mark.parametrize(
    ("features", "reason", "words"),
    [
        (both(status="UPDATING"), "FeatureUpdating", "multiclusteringress is UPDATING"),
        (both(state=State("", "")), "FeatureState", "multiclusteringress: no state yet"),
        (both(members={}), "MembershipState", "multiclusteringress of gke-"),
        (
            both(members=dict.fromkeys(memberships(), State("ERROR", "Lost connection"))),
            "MembershipLost",
            "ERROR: Lost connection",
        ),
        ({**both(), MCS: feature(MCS, members={})}, "MembershipState", "multiclusterservicediscovery of gke-"),
    ],
)  # fmt: skip
def test_states_that_are_not_ok_are_waited_for_without_hurry(
    features: dict[str, Feature], reason: str, words: str
) -> None:
    """Nothing else depends on them; the message is the hub's own."""
    decision = look(features=features)

    assert isinstance(decision.outcome, Waiting)
    assert reason == decision.outcome.reason
    assert words in decision.outcome.message
    assert decision.outcome.retry_after >= 25


def test_a_grant_that_is_all_there_is_to_do_is_looked_at_at_once() -> None:
    """It is to be read back the moment it is written."""
    decision = look(granted=False)

    assert decision.outcome is None
    assert [PROJECT] == resources(decision.changes)


def test_a_new_config_cluster_takes_the_config_membership() -> None:
    """Of our own ingress alone, by the location and name: the project may be named by its number."""
    moved = member_path(EAST).replace(PROJECT, "123")
    decision = look(features=both(config_membership=moved))

    assert [MoveConfigMembership(PROJECT, moved, member_path(WEST))] == list(decision.changes)
    same = member_path(WEST).replace(PROJECT, "123")
    assert Decision(Done()) == look(features=both(config_membership=same))


def test_old_features_do_not_make_the_next_look_late() -> None:
    """A fleet of last year's may lack a state; pauses do not grow with its age."""
    year = 365 * 86400.0
    features = {MCS: feature(MCS, age=year), INGRESS: feature(INGRESS, age=year, members={})}
    decision = look(features=features, memberships=memberships(age=year))

    assert waits(decision)[1] <= 60


FOREIGN: list[tuple[dict[str, Feature], str, str]] = [
    ({MCS: feature(MCS, labels={"fleetgate-env": "blue"})}, "environment blue", "Tear blue down"),
    ({"servicemesh": feature("servicemesh", labels={"fleetgate-env": "blue"})}, "environment blue", "Tear"),
    (
        both(labels={}, config_membership=member_path(EAST)),
        "us-east1/memberships/gke-east-1",
        "ingress disable",
    ),
    (both(labels={}, config_membership=""), "(none)", "--project=shop-prod"),
]


@pytest.mark.parametrize(("features", "cause", "fix"), FOREIGN)
def test_a_fleet_of_anothers_is_left_alone(features: dict[str, Feature], cause: str, fix: str) -> None:
    """It is said whose, and how to have it."""
    decision = look(features=features, granted=False)

    assert isinstance(decision.outcome, Blocked)
    assert "FLEET_IN_USE" == decision.outcome.code
    assert cause in decision.outcome.cause
    assert fix in decision.outcome.fix
    assert () == tuple(decision.changes)


def test_ingress_that_somebody_enabled_for_the_same_cluster_is_used() -> None:
    """As is multi-cluster Services, whoever's."""
    assert Decision(Done()) == look(
        features={MCS: feature(MCS, labels={}), INGRESS: feature(INGRESS, labels={})}
    )


def test_the_importer_is_granted_by_its_principal() -> None:
    """The older form alone does not count, nor does another project's importer."""
    assert is_importer(importer_of(PROJECT, "123"), PROJECT)
    assert not is_importer(f"serviceAccount:{PROJECT}.svc.id.goog[gke-mcs/gke-mcs-importer]", PROJECT)
    assert not is_importer(importer_of("other", "123"), PROJECT)


STATUSES = st.sampled_from(["ENABLING", "ACTIVE", "UPDATING", "DISABLING"])
OWNERS = st.sampled_from([OURS, {}, {"fleetgate-env": "blue"}])
CONFIGS = st.sampled_from([member_path(WEST), member_path(EAST), ""])
FLEETS = st.builds(
    ObservedFleet,
    clusters=st.sampled_from([{}, CLUSTERS, {WEST: CLUSTERS[WEST]}, {WEST: cluster(WEST, status="STOPPING")}]),
    memberships=st.sampled_from([{}, memberships(), memberships(WEST), memberships(ready=False)]),
    features=st.fixed_dictionaries(
        {},
        optional={
            MCS: st.builds(feature, st.just(MCS), labels=OWNERS, status=STATUSES),
            INGRESS: st.builds(
                feature, st.just(INGRESS), labels=OWNERS, status=STATUSES, config_membership=CONFIGS
            ),
        },
    ),
    granted=st.booleans(),
)  # fmt: skip


@given(FLEETS)
def test_no_feature_of_anothers_is_changed_or_made_anew(fleet: ObservedFleet) -> None:
    """What is to be changed now bears our mark; what is to be made now is not there."""
    for change in decide(STORE, fleet, NOW).changes:
        there = fleet.features.get(change.describe().resource.rpartition("/")[2])
        if isinstance(change, MoveConfigMembership):
            assert there is not None
            assert OURS == there.labels
        else:
            assert there is None


@given(FLEETS)
def test_done_is_only_said_of_a_fleet_that_works(fleet: ObservedFleet) -> None:
    """Features ACTIVE, both clusters registered, the grant made."""
    decision = decide(STORE, fleet, NOW)
    if isinstance(decision.outcome, Done):
        assert all(each.active for each in fleet.features.values())
        assert {MCS, INGRESS} == set(fleet.features)
        assert fleet.granted
        assert {member_key(each.membership) for each in fleet.clusters.values()} == set(memberships())
