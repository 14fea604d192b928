"""What a verification by name says of an environment that is not as it was deployed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from functions.verification.diagnosis import Diagnosis, decide_look
from functions.verification.drift import Drift, blocked, drift_of
from functions.verification.standing import InCluster, Standing, expected
from functions.verification.step import ObservedTraffic, decide
from shared.google.gkehub import INGRESS, MCS, Feature, State, member_key
from shared.labels import OWNER
from shared.spec import Environment
from shared.step.answer import shortened
from shared.step.outcome import Blocked, Done, Waiting
from tests.support.live import NOW, born, environment, one_cluster

STATIC = environment(gateway={"addresses": "static"}, healthCheck={"requestPath": "/"})
ROUTE = ("HTTPRoute", "store", "store-route")
WEST, EAST = "gke-west-1", "gke-east-1"


def feature(name: str, config: str = "") -> Feature:
    """One that is on."""
    return Feature(name, {}, 0.0, "ACTIVE", State("OK", ""), config, {})


def standing(wanted: Environment = STATIC) -> Standing:
    """All that the spec asks for."""
    clusters = {
        each.name: replace(one_cluster(name=each.name, location=each.location), labels={OWNER: "store"})
        for each in wanted.clusters
    }
    inside = {
        each.name: InCluster(
            {key: born(copy.deepcopy(wish)) for key, wish in expected(wanted, each).items() if wish}
        )
        for each in wanted.clusters
    }
    keys = [member_key(each.membership) for each in clusters.values()]
    names = frozenset((region, f"vip-store-{region}") for region in wanted.address_regions)
    features = {MCS: feature(MCS), INGRESS: feature(INGRESS, clusters[wanted.config_cluster].membership)}
    return Standing(clusters, inside, frozenset(keys), features, frozenset(wanted.proxy_regions), names)


def with_object(key: tuple[str, str, str], edit: Callable[[dict[str, Any]], Any]) -> Standing:
    """The same with one object of the config cluster edited."""
    found = standing()
    edit(found.inside[WEST].objects[key])
    return found


def without_object(cluster: str, *keys: tuple[str, str, str], **lost: str) -> Standing:
    """The same without these objects of a cluster."""
    found = standing()
    left = {key: each for key, each in found.inside[cluster].objects.items() if key not in keys}
    return replace(found, inside={**found.inside, cluster: InCluster(left, lost)})


def told(found: Standing, wanted: Environment = STATIC) -> list[tuple[str, str]]:
    """Code and cause of each difference."""
    return [(each.code, each.cause) for each in drift_of(wanted, found)]


def test_what_is_as_it_was_deployed_differs_in_nothing() -> None:
    """With whatever the server adds."""
    assert told(standing()) == []


GONE = replace(standing().clusters[EAST], status="STOPPING")
CASES = {
    "a cluster": (
        replace(standing(), clusters={WEST: standing().clusters[WEST]}, inside={}),
        ("CLUSTER_MISSING", "Cluster gke-east-1 in us-east1-c is missing."),
    ),
    "a cluster on its way out": (
        replace(standing(), clusters={**standing().clusters, EAST: GONE}, inside={}),
        ("CLUSTER_MISSING", "Cluster gke-east-1 in us-east1-c is being deleted."),
    ),
    "a membership": (
        replace(standing(), memberships=frozenset({"locations/us-west1/memberships/gke-west-1"})),
        ("MEMBERSHIP_MISSING", "Cluster gke-east-1 in us-east1-c has no membership in the fleet."),
    ),
    "a feature": (
        replace(standing(), features={INGRESS: standing().features[INGRESS]}),
        ("FEATURE_MISSING", "Feature multiclusterservicediscovery of the fleet of shop-prod is off."),
    ),
    "the config membership": (
        replace(
            standing(), features={**standing().features, INGRESS: feature(INGRESS, "p/1/locations/a/b/c")}
        ),
        (
            "CONFIG_MEMBERSHIP_ELSEWHERE",
            "The config membership of the fleet of shop-prod is locations/a/b/c, not that of gke-west-1.",
        ),
    ),
    "a proxy-only subnet": (
        replace(standing(), proxies=frozenset({"us-west1"})),
        (
            "PROXY_SUBNET_MISSING",
            "Network default in us-east1 has no active subnet of purpose GLOBAL_MANAGED_PROXY.",
        ),
    ),
    "an address": (
        replace(standing(), addresses=frozenset({("us-west1", "vip-store-us-west1")})),
        ("ADDRESS_MISSING", "Address vip-store-us-east1 in us-east1 is missing."),
    ),
    "a route": (
        without_object(WEST, ROUTE),
        ("OBJECT_MISSING", "HTTPRoute store/store-route in cluster gke-west-1 is missing."),
    ),
    "a namespace with all in it": (
        without_object(EAST, *standing().inside[EAST].objects, store="is being deleted"),
        ("OBJECT_MISSING", "Namespace store in cluster gke-east-1 is being deleted."),
    ),
    "a policy that somebody else has put there": (
        with_object(("HealthCheckPolicy", "store", "store"), lambda live: live["metadata"].pop("labels")),
        (
            "HEALTHCHECKPOLICY_FOREIGN",
            "HealthCheckPolicy store/store in cluster gke-west-1 is not this environment's.",
        ),
    ),
    "a listener": (
        with_object(
            ("Gateway", "store", "internal-cross-region-gateway"),
            lambda live: live["spec"]["listeners"][0].update(port=81),
        ),
        (
            "OBJECT_CHANGED",
            "Gateway store/internal-cross-region-gateway in cluster gke-west-1 is not as it was deployed:"
            " spec.listeners[0].port differs.",
        ),
    ),
    "a mark": (
        with_object(ROUTE, lambda live: live["metadata"].pop("annotations")),
        (
            "OBJECT_CHANGED",
            "HTTPRoute store/store-route in cluster gke-west-1 is not as it was deployed:"
            " metadata.annotations.fleetgate.dev/asked differs.",
        ),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_differs_is_named_once(name: str) -> None:
    """And nothing of what is gone with it."""
    found, expected_words = CASES[name]

    assert told(found) == [expected_words]


def test_a_service_that_fits_is_used_whoever_made_it() -> None:
    """As a deploy uses it."""
    found = standing()
    found.inside[EAST].objects["Service", "store", "store"]["metadata"].pop("labels")

    assert told(found) == []


def test_a_service_of_the_users_own_is_theirs_to_make() -> None:
    """It has no selector, so a deploy would not make it."""
    wanted = environment(services=[{"name": "mine", "port": 80}], routes=[])
    (each, *_) = drift_of(wanted, standing(wanted))

    assert (each.code, each.fix) == ("SERVICE_MISSING", "Create it again; then deploy store again.")


def test_what_is_missing_while_a_deploy_is_at_work_is_on_its_way() -> None:
    """It is waited for, and told."""
    missing = tuple(drift_of(STATIC, without_object(WEST, ROUTE)))
    busy = ObservedTraffic(NOW, drift=missing, deploying="5f3e")

    assert isinstance(decide(replace(busy, deploying=""), NOW).outcome, Blocked)
    waiting = decide(busy, NOW).outcome
    assert isinstance(waiting, Waiting) and waiting.reason == "BeingDeployed"
    assert "5f3e" in waiting.message and "store-route" in waiting.message


def test_a_look_tells_what_was_deleted_while_the_traffic_is_waited_for() -> None:
    """The steps before had made it, so nobody else makes it again: the next deploy does."""
    missing = tuple(drift_of(STATIC, without_object(WEST, ROUTE)))
    told = decide_look(Diagnosis((), "NothingToProve", missing), NOW).outcome

    assert isinstance(told, Blocked)
    assert (told.code, told.fix) == ("OBJECT_MISSING", missing[0].fix)
    assert isinstance(decide_look(Diagnosis((), "NothingToProve"), NOW).outcome, Done)


def test_several_are_one_answer_with_a_fault_each() -> None:
    """However many: what does not fit into an answer is counted."""
    every = [
        Drift(code="OBJECT_MISSING", what=f"Object {n}", fault="is missing", fix="Deploy.")
        for n in range(300)
    ]
    answer = blocked(every)

    assert answer.cause == "Object 0 is missing. Object 1 is missing. Object 2 is missing. And 297 more."
    assert answer.fix == "Deploy."
    assert len(answer.faults) == 300
    assert shortened(answer.wire(), 8_000)["omitted"]["faults"] > 0
