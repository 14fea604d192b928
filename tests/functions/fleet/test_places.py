"""Which places a fleet's steps need: a hole elsewhere stops nothing, one where something of ours may be does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from functions.fleet.removal import FLEET_REMOVAL
from functions.fleet.step import decide
from shared.google.gkehub import INGRESS, MCS
from shared.step.outcome import Waiting
from shared.step.run import run
from tests.functions.fleet.test_fleet import observed
from tests.support.fleets import FEATURES, OURS, both, feature, member_path
from tests.support.google_server import GoogleServer
from tests.support.live import NOW, environment
from tests.support.projects import PROJECT

HUB, CONTAINER = (
    f"GET /gkehub/v1/projects/{PROJECT}/locations",
    f"GET /container/v1/projects/{PROJECT}/locations",
)
PLACE = {"project": PROJECT, "network": "default", "disableApis": False, "regions": ["us-west1", "us-east1"]}
OWN, FAR = "us-west1", "asia-east1"
Look = Callable[..., tuple[str, str]]


def membership(location: str, zone: str) -> Any:
    """One of somebody else's, of a cluster in `zone`."""
    cluster = f"//container.googleapis.com/projects/{PROJECT}/locations/{zone}/clusters/shop"
    return {
        "name": f"projects/{PROJECT}/locations/{location}/memberships/shop",
        "state": {"code": "READY"},
        "createTime": "2026-01-04T00:00:00Z",
        "endpoint": {"gkeCluster": {"resourceLink": cluster}},
    }


def told(name: str, labels: Any) -> Any:
    """A feature that is on its way out, so that nothing is begun."""
    config = {INGRESS: {"configMembership": member_path("gke-west-1")}} if name == INGRESS else {}
    state = {"state": "DISABLING"}
    return {"name": f"{FEATURES}/{name}", "labels": labels, "resourceState": state, "spec": config}


@pytest.fixture
def look(anchored: GoogleServer, event: Callable[..., Any]) -> Look:
    """What a teardown says once, and why it waits, in a fleet with these features of ours, and these holes."""

    def ask(
        features: Iterable[str],
        unreachable: Iterable[str] = (),
        missing: Iterable[str] = (),
        members: Iterable[Any] = (),
        labels: Any = OURS,
    ) -> tuple[str, str]:
        holes = [f"projects/{PROJECT}/locations/{each}" for each in unreachable]
        anchored.answers = {
            f"{HUB}/global/features": {"resources": [told(each, labels) for each in features]},
            f"{HUB}/-/memberships": {"resources": [*members], "unreachable": holes},
            f"{CONTAINER}/-/clusters": {"missingZones": [*missing]},
            f"POST /cloudresourcemanager/v3/projects/{PROJECT}:getIamPolicy": {"etag": "e", "bindings": []},
        }
        run(event(step="fleet", mode="destroy", environment=None, place=PLACE), FLEET_REMOVAL)
        answer = anchored.posted("/callbacks/")[-1]
        return answer["outcome"], answer.get("reason", "")

    return ask


def test_every_place_is_needed_before_multi_cluster_services_go(look: Look) -> None:
    """Whoever cannot be seen may export."""
    assert ("waiting", "PlaceUnreachable") == look([MCS], [FAR])
    assert ("waiting", "FeatureDisabling") == look([MCS])


def test_while_ingress_is_there_places_far_away_do_not_matter(look: Look) -> None:
    """It goes first, and only what is on its config cluster keeps it; those of ours do matter."""
    assert ("waiting", "FeatureDisabling") == look([MCS, INGRESS], [FAR])
    assert ("waiting", "PlaceUnreachable") == look([MCS, INGRESS], [OWN])


def test_what_is_not_ours_needs_no_place_but_those_of_the_environment(look: Look) -> None:
    """Features of somebody else's stay in any case; a stale membership of ours may be hidden."""
    assert ("done", "") == look([MCS], [FAR], labels={})
    assert ("waiting", "PlaceUnreachable") == look([MCS], [OWN], labels={})


def test_a_members_cluster_is_needed_where_the_member_is(look: Look) -> None:
    """A zone far away that GKE leaves out matters if a member's cluster is in it, and members everywhere matter."""
    asian = membership(FAR, f"{FAR}-a")

    assert ("waiting", "PlaceUnreachable") == look([MCS], missing=[f"{FAR}-a"], members=[asian])
    assert ("done", "") == look([], missing=[f"{FAR}-a"], members=[asian])
    assert ("done", "") == look([], missing=[f"{FAR}-a"], members=[])


def test_a_state_that_a_feature_could_not_read_is_waited_for_by_the_places_name() -> None:
    """It may be OK; only members in that region are meant."""
    east = {key: state for key, state in feature(MCS).members.items() if "us-west1" not in key}
    features = {**both(), MCS: feature(MCS, members=east, unreachable=frozenset({OWN}))}
    outcome = decide(environment(), observed(features=features), NOW).outcome
    lacking = {**both(), MCS: feature(MCS, members=east, unreachable=frozenset({"us-east1"}))}
    other = decide(environment(), observed(features=lacking), NOW).outcome

    assert isinstance(outcome, Waiting) and isinstance(other, Waiting)
    assert ("PlaceUnreachable", "no answer from us-west1") == (
        outcome.reason,
        outcome.message.rpartition(": ")[2],
    )
    assert "MembershipState" == other.reason
