"""The gateway's removal: its order, what it waits for, what holds it. Pure, on plain values."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.gateway.controller import FINALIZER
from functions.gateway.load_balancer_parts import KINDS, left, listed
from functions.gateway.removal import ObservedRemoval, decide, look
from functions.gateway.survey import Survey
from shared.gateway.wanted import wanted_objects
from shared.google.gkehub import INGRESS, State
from shared.live_objects import LiveObject
from shared.step.outcome import Blocked, Decision, Done, Waiting
from shared.step.packed import unpack
from tests.support.fleets import feature
from tests.support.live import NOW, born, environment, one_cluster, stamp
from tests.support.projects import PROJECT
from tests.support.sessions import silent_session

Json = dict[str, Any]

NAME = "store/internal-cross-region-gateway"
EVERY = list(wanted_objects(environment(healthCheck={"requestPath": "/healthz"})))
STEM = "gkemcg1-store-internal-cross-region-gateway"
HASH = "0a1b2c3d4e5f"
BASE = f"projects/{PROJECT}/global"
NOTES = {
    "networking.gke.io/url-maps": f"/projects/123/global/urlMaps/{STEM}-{HASH}",
    "networking.gke.io/backend-services": ", ".join(
        f"/projects/123/global/backendServices/{name}" for name in "ab"
    ),
    "networking.gke.io/ssl-certificates": "",
}
PARTS = (f"{BASE}/backendServices/a", f"{BASE}/backendServices/b", f"{BASE}/urlMaps/{STEM}-{HASH}")


def live_object(wish: Json, going: float | None = None, where: str = "gke-west-1", **meta: Any) -> LiveObject:
    """A live object; `going` is for how many seconds it has been being deleted."""
    live = born(wish)
    live["metadata"] |= meta
    if going is not None:
        live["metadata"]["deletionTimestamp"] = stamp(NOW - going)
    return LiveObject(one_cluster(name=where), live)


def objects(*kinds: str, **fields: Any) -> tuple[LiveObject, ...]:
    return tuple(live_object(each, **fields) for each in EVERY if each["kind"] in kinds)


def gateway(going: float | None = None, where: str = "gke-west-1", **meta: Any) -> LiveObject:
    (wish,) = (each for each in EVERY if each["kind"] == "Gateway")
    return live_object(wish, going, where, **{"finalizers": [FINALIZER], "annotations": NOTES, **meta})


class ScriptedSurvey(Survey):
    """A second attempt, two minutes after the request, that finds what it is given."""

    def __init__(self, *found: LiveObject, **fields: Any) -> None:
        given: Json = {
            "inventory": PARTS,
            "first": False,
            "ingress": feature(INGRESS),
            "parts": [],
            "foreign": [],
            "attended": True,
            "since": 120,
        }
        given |= fields
        super().__init__(
            silent_session(),
            PROJECT,
            "store",
            NAME,
            NOW - given["since"],
            given["inventory"],
            given["first"],
        )
        self.__dict__ |= {"objects": found, "ingress": given["ingress"], "parts": given["parts"]}
        self.__dict__ |= {"foreign_gateways": given["foreign"], "is_attended": given["attended"]}

    def parts_left(self) -> list[str]:
        """As given."""
        return list(self.__dict__["parts"])


def observed(*found: LiveObject, **fields: Any) -> ObservedRemoval:
    """What an attempt observes, the controller being in charge if `fields` do not say otherwise."""
    return look(ScriptedSurvey(*found, **fields))


def deleted(decision: Decision) -> list[str]:
    assert {"delete"} >= {each.describe().verb for each in decision.changes}
    return [each.describe().resource.split("/")[6] for each in decision.changes]


def waits(decision: Decision) -> Waiting:
    assert isinstance(decision.outcome, Waiting), decision
    return decision.outcome


def test_the_parts_are_told_before_anything_is_deleted() -> None:
    """The first look only lists; the answer carries full names with the project's id, and says nothing twice."""
    found = (gateway(), *objects("HTTPRoute"))
    first = decide(observed(*found, inventory=None, first=True), NOW)
    second = decide(observed(*found), NOW)

    assert ("Inventoried", []) == (waits(first).reason, list(first.changes))
    assert list(PARTS) == unpack(waits(first).outputs["inventory"])
    assert ["HTTPRoute", "Gateway"] == deleted(second)
    assert {} == waits(second).outputs


def test_somebody_elses_gateway_stops_it_before_anything_is_removed() -> None:
    """It is named, with its cluster and the command; while it is being deleted, it is waited for."""
    theirs = live_object(gateway().body, name="theirs", namespace="team-a")
    going = live_object(gateway().body, 5, name="theirs", namespace="team-a")

    stopped = decide(observed(gateway(), foreign=[theirs], inventory=None, first=True), NOW)
    assert isinstance(stopped.outcome, Blocked)
    assert ("CLUSTER_IN_USE", True) == (
        stopped.outcome.code,
        "team-a/theirs in gke-west-1" in stopped.outcome.cause,
    )
    command = "kubectl delete gateways.gateway.networking.k8s.io theirs --namespace=team-a"
    assert "gcloud container clusters get-credentials gke-west-1 --location=us-west1-a" in stopped.outcome.fix
    assert command in stopped.outcome.fix
    waiting = decide(observed(gateway(), foreign=[going]), NOW)
    assert ("GatewayDeleting", []) == (waits(waiting).reason, list(waiting.changes))


@pytest.mark.parametrize(
    ("seconds", "ingress", "ends"), [(1190, True, False), (1210, True, True), (610, False, True)]
)
@pytest.mark.parametrize("foreign", [True, False])
def test_a_gateway_that_does_not_go_is_not_waited_for_for_ever(
    seconds: float, ingress: bool, ends: bool, foreign: bool
) -> None:
    """Whoever's it is, and also if its controller is there: long before the budget it is said what to look at."""
    fields: Json = {"since": 1300, "ingress": feature(INGRESS) if ingress else None}
    going = gateway(seconds)
    found = observed(gateway(), foreign=[going], **fields) if foreign else observed(going, **fields)
    outcome = decide(found, NOW).outcome

    assert ends == isinstance(outcome, Blocked)
    if isinstance(outcome, Blocked):
        assert "GATEWAY_HELD" == outcome.code
        assert ("kubectl describe" in outcome.fix, "ingress disable" in outcome.fix) == (ingress, not ingress)


@pytest.mark.parametrize("bare", [{"annotations": {}}, {"annotations": None}])
def test_a_gateway_without_parts_is_deleted_at_once(bare: Json) -> None:
    """One that never was programmed has nothing to be listed."""
    assert ["Gateway"] == deleted(decide(observed(gateway(**bare), inventory=None, first=True), NOW))


def test_the_list_is_made_up_for_if_the_first_answer_was_lost() -> None:
    """A later attempt that knows of no list deletes, and hands the list on with that."""
    late = decide(observed(gateway(), inventory=None), NOW)
    assert (["Gateway"], list(PARTS)) == (deleted(late), unpack(waits(late).outputs["inventory"]))


def test_a_request_that_knows_the_parts_need_not_list_them_again() -> None:
    """Its first attempt deletes at once."""
    assert ["Gateway"] == deleted(decide(observed(gateway(), first=True), NOW))


def test_policies_and_grants_go_after_the_load_balancer() -> None:
    """Not with a Gateway there, not with parts of it there; then all at once, and another look follows."""
    policies = objects("HealthCheckPolicy")
    going = decide(observed(gateway(30.0), *policies), NOW)
    parts = decide(observed(*policies, parts=PARTS), NOW)
    free = decide(observed(*policies), NOW)

    assert ([], "GatewayDeleting") == (deleted(going), waits(going).reason)
    assert ([], "LoadBalancerLeft") == (deleted(parts), waits(parts).reason)
    assert f"urlMaps/{STEM}-{HASH}" in waits(parts).message
    assert (["HealthCheckPolicy"] * 3, None) == (deleted(free), free.outcome)


def test_done_is_when_nothing_is_left() -> None:
    """An object that is still held by something is not gone."""
    stuck = decide(observed(*objects("HTTPRoute", going=20.0, finalizers=["a/b"])), NOW)
    assert (
        "HTTPRoute store/store-route in cluster gke-west-1 (held by a/b) is being deleted"
        == waits(stuck).message
    )
    assert Decision(Done()) == decide(observed(), NOW)


@pytest.mark.parametrize(
    ("fields", "why", "fix"),
    [
        ({"ingress": None}, "is not enabled in project", "enable --config-membership=gke-west-1"),
        ({"ingress": feature(INGRESS, status="DISABLING")}, "is being disabled", "enable --config"),
        (
            {
                "ingress": feature(
                    INGRESS, config_membership="projects/1/locations/us-east1/memberships/gke-east-1"
                )
            },
            "the config membership is locations/us-east1/memberships/gke-east-1",
            "update --config-membership=gke-west-1 --location=us-west1",
        ),
        (
            {"ingress": feature(INGRESS, state=State("ERROR", "Lost connection"))},
            "Lost connection",
            "describe --project",
        ),
    ],
)
def test_a_gateway_that_nobody_looks_after_is_said_to_be_held(fields: Json, why: str, fix: str) -> None:
    """Whether it is marked already or not; and how it comes to be looked after again."""
    for each in (gateway(), gateway(500.0)):
        wait = waits(decide(observed(each, **fields), NOW))
        assert "GatewayHeld" == wait.reason
        assert why in wait.message
        assert f"gcloud container fleet ingress {fix}" in wait.message


def test_a_gateway_that_is_held_is_not_waited_for_for_ever() -> None:
    """One whose cluster has left the fleet gets a controller again by two commands, in order."""
    left = replace(gateway(700.0), cluster=replace(one_cluster(), membership=""))
    config = feature(INGRESS, config_membership="projects/1/locations/us-east1/memberships/other")
    held = decide(observed(left, ingress=config, since=700), NOW).outcome

    assert isinstance(held, Blocked)
    assert "GATEWAY_HELD" == held.code
    first, second = held.cause.partition("taken down: ")[2].split(" && ")
    assert first.startswith(
        "gcloud container clusters update gke-west-1 --location=us-west1-a --enable-fleet"
    )
    assert "ingress update --config-membership=gke-west-1 --location=us-west1 " in second
    waits(decide(observed(replace(gateway(500.0), cluster=left.cluster), ingress=config), NOW))


def test_a_person_who_has_done_what_was_told_is_not_told_the_same_at_once() -> None:
    """What was done takes a while to take effect; and what a person enables for this is disabled afterwards."""
    waits(decide(observed(gateway(7000.0), ingress=None, since=170.0), NOW))
    held = decide(observed(gateway(7000.0), ingress=None, since=190.0), NOW).outcome

    assert isinstance(held, Blocked)
    assert f"gcloud container fleet ingress disable --project={PROJECT}; then publish" in held.fix


@pytest.mark.parametrize(("attended", "limit"), [(True, 1200), (False, 600)])
def test_a_load_balancer_that_nobody_deletes_is_left_to_a_person(attended: bool, limit: int) -> None:
    """With the command of each part, users before what they use."""
    parts = [f"{BASE}/{kind}/x" for kind in KINDS]

    def after(seconds: int) -> Decision:
        return decide(observed(parts=parts, attended=attended, since=seconds), NOW)

    waits(after(limit - 10))
    left = after(limit + 10).outcome
    assert isinstance(left, Blocked)
    assert "LOAD_BALANCER_LEFT" == left.code
    assert parts == [each["resource"] for each in left.outputs["leaks"]]
    commands = [each["fix"] for each in left.outputs["leaks"]]
    assert f"gcloud compute forwarding-rules delete x --global --project={PROJECT}" == commands[0]
    assert commands[0] in left.fix


def test_routes_go_before_what_guides_them() -> None:
    """Whatever the order in which they were listed."""
    listed = (*objects("HealthCheckPolicy"), *objects("HTTPRoute"))
    assert ["HTTPRoute", *["HealthCheckPolicy"] * 3] == deleted(decide(observed(*listed), NOW))


def test_somebody_elses_finalizer_holds_nothing_before_the_deletion() -> None:
    """Its controller has not been asked yet."""
    wait = waits(decide(observed(gateway(finalizers=["example.com/audit"])), NOW))
    assert "GatewayDeleting" == wait.reason


def test_somebody_elses_finalizer_is_named() -> None:
    """The controller may be done long since."""
    wait = waits(decide(observed(gateway(500.0, finalizers=["example.com/audit"])), NOW))
    assert ("GatewayHeld", True) == (wait.reason, "example.com/audit" in wait.message)


def test_a_gateway_without_the_controllers_finalizer_needs_nobody() -> None:
    """One that no controller took up goes by itself."""
    assert "GatewayDeleting" == waits(decide(observed(gateway(finalizers=[]), ingress=None), NOW)).reason


@given(st.floats(0.0, 1500.0))
def test_the_pause_is_what_is_left_and_never_short(age: float) -> None:
    """Nothing is asked before 0.6 of the typical two minutes, nor more often than every 5 s."""
    pause = waits(decide(observed(gateway(age)), NOW)).retry_after
    assert max(5.0, 71.0 - age) <= pause <= max(73.0 - age, 61.0)


# -- the parts


def part(kind: str, name: str, owner: str = "", **fields: Any) -> Any:
    told = {
        "k8sResource": f"/namespaces/{owner.replace('/', '/gateways/')}",
        "k8sCluster": f"/{one_cluster().path}",
    }
    link = f"https://www.googleapis.com/compute/v1/{BASE}/{kind}/{name}"
    return {"name": name, "selfLink": link, "description": json.dumps(told) if owner else "", **fields}


def to(kind: str, name: str) -> str:
    return f"https://www.googleapis.com/compute/v1/{BASE}/{kind}/{name}"


def test_the_annotations_are_read_whole() -> None:
    """Comma-separated, with the project's number; empty ones name nothing."""
    assert sorted(PARTS) == sorted(listed(gateway().body, PROJECT))
    assert [] == list(listed({"metadata": {"annotations": None}}, PROJECT))


@pytest.mark.parametrize(
    ("name", "owner", "expected"),
    [
        (f"{STEM}-{HASH}", NAME, True),
        ("cut-beyond-recognition", NAME, True),
        (f"{STEM}-{HASH}", "", True),
        (f"{STEM}-2-{HASH}", "", False),  # of a Gateway whose name begins with ours
        (f"{STEM}-{HASH}", "store/another", False),
        ("gkegw1-store-x", "", False),
    ],
)
def test_a_part_is_ours_by_description_or_by_its_exact_name(name: str, owner: str, expected: bool) -> None:
    """A description that names another Gateway outweighs any likeness of names."""
    for kind in KINDS[:3]:
        assert expected == bool(left({kind: [part(kind, name, owner)]}, NAME, ()))


def test_without_a_gateways_name_the_cluster_tells() -> None:
    """An anchor that is gone takes the name along: then what lies in a cluster of ours is ours."""
    there = {"urlMaps": [part("urlMaps", "m", "a/b")]}
    assert [f"{BASE}/urlMaps/m"] == left(there, "", (), [one_cluster().path])
    assert [] == left(there, "", (), ["projects/p/locations/l/clusters/other"])


def test_what_is_shared_counts_until_only_others_use_it() -> None:
    """A backend service of the inventory that another Gateway's URL map leads to is not waited for, nor its check."""
    theirs = part("urlMaps", "m", "a/b", pathMatchers=[{"defaultService": to("backendServices", "a")}])
    services = [part("backendServices", n, healthChecks=[to("healthChecks", n)]) for n in ("a", "b", "c")]
    checks = [part("healthChecks", n) for n in ("a", "b", "c")]
    there = {"urlMaps": [theirs], "backendServices": services, "healthChecks": checks}
    known = [f"{BASE}/{kind}/{name}" for kind in ("backendServices", "healthChecks") for name in ("a", "b")]

    assert [f"{BASE}/backendServices/b", f"{BASE}/healthChecks/b"] == left(there, NAME, known)
