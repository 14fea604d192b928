"""An environment that is only known by name is diagnosed as the spec that its objects would come of."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from functions.verification import live_environment as standing
from functions.verification.live_environment import reconstruct
from shared.exports import wanted_exports as exported
from shared.gateway.wanted import gateway
from shared.google.container import Cluster
from shared.labels import OWNER
from shared.spec import Environment
from shared.step.message import Place
from tests.support.fleets import listed
from tests.support.live import EXAMPLE, environment, one_cluster, whole
from tests.support.projects import PROJECT
from tests.support.sessions import silent_session

PLACE = Place(project=PROJECT, network="default", gateway="store/internal-cross-region-gateway")
WEST, EAST = "gke-west-1", "gke-east-1"
MORE = {"name": "more", "namespace": "other", "port": 80, "targetPort": 8080, "selector": {"app": "store"}}
Objects = list[dict[str, Any]]


class Fleet:
    """Clusters that answer with the objects of an environment; what is added to `fleet` is there too."""

    def __init__(self, wanted: Environment) -> None:
        self.held = {each.name: list(exported(wanted, each)) for each in wanted.clusters}
        self.held[wanted.config_cluster] += whole(wanted).values()
        self.clusters = {
            each.name: replace(
                one_cluster(name=each.name, location=each.location),
                labels={OWNER: "store"},
                subnetwork="inner",
            )
            for each in wanted.clusters
        }

    def reader(self, _session: object, at: Cluster) -> SimpleNamespace:
        """What reads a cluster."""

        def everywhere(kind: str, selector: str = "") -> Objects:
            assert selector in ("", f"{OWNER}=store")
            return [each for each in self.held[at.name] if each["kind"] == kind]

        def in_space(kind: str, space: str) -> Objects:
            return [each for each in everywhere(kind) if each["metadata"]["namespace"] == space]

        def get(kind: str, space: str, name: str) -> dict[str, Any] | None:
            return next((each for each in in_space(kind, space) if each["metadata"]["name"] == name), None)

        return SimpleNamespace(everywhere=everywhere, list=in_space, get=get)


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What is found of an environment in a fleet."""

    def look(fleet: Fleet) -> Environment | None:
        session = silent_session()
        monkeypatch.setattr(standing, "clusters", lambda *_: listed(fleet.clusters.values()))
        monkeypatch.setattr(standing, "ClusterReader", fleet.reader)
        return reconstruct(session, "store", PLACE)

    return look


SPECS = {
    "the tutorial's": {},
    "static addresses": {"gateway": {"addresses": "static"}},
    "addresses of the user's": {"gateway": {"addresses": {"us-west1": "mine", "us-east1": "too"}}},
    "an address in one region": {"gateway": {"regions": ["us-east1"]}},
    "another namespace": {"services": [*EXAMPLE["services"], MORE]},
    "another config cluster": {"configCluster": EAST},
}


@pytest.mark.parametrize("changes", SPECS.values(), ids=SPECS.keys())
def test_what_stands_tells_the_spec_it_came_of(look: Any, changes: dict[str, Any]) -> None:
    """All of it but what no object tells."""
    wanted = environment(subnetwork="inner", sampleApp=False, **changes)
    found = look(Fleet(wanted))

    assert found is not None
    assert set(wanted.clusters) == {each.model_copy(update={"existing": False}) for each in found.clusters}
    assert (wanted.config_cluster, "inner") == (found.config_cluster, found.subnetwork)
    by_name = {(each.namespace, each.name): each for each in wanted.services}
    assert by_name == {(each.namespace, each.name): each for each in found.services}
    assert gateway(wanted)["spec"] == gateway(found)["spec"]
    assert [each.name for each in wanted.routes] == [each.name for each in found.routes]
    assert wanted.namespaces == found.namespaces


def test_a_cluster_that_does_not_answer_is_still_one_of_it(look: Any) -> None:
    """It bears the label; what it exports is not known."""
    fleet = Fleet(environment())
    fleet.clusters[EAST] = replace(fleet.clusters[EAST], status="ERROR")
    found = look(fleet)

    assert [WEST, EAST] == [each.name for each in found.clusters]
    assert {"store": (WEST,), "store-west-1": (WEST,)} == {
        each.name: each.clusters for each in found.services
    }


def test_somebody_elses_clusters_and_services_are_no_part_of_it(look: Any) -> None:
    """A member of the fleet that exports nothing of ours; a Service that is gone."""
    fleet = Fleet(environment())
    fleet.clusters["theirs"] = one_cluster(name="theirs", location="us-west1-b")
    fleet.held["theirs"] = []
    for objects in fleet.held.values():
        objects[:] = [
            each for each in objects if (each["kind"], each["metadata"]["name"]) != ("Service", "store")
        ]
    found = look(fleet)

    assert {WEST, EAST} == {each.name for each in found.clusters}
    assert {"store-west-1", "store-east-1"} == {each.name for each in found.services}


@pytest.mark.parametrize("owner", ["other", None])
def test_without_its_gateway_nothing_can_be_told(look: Any, owner: str | None) -> None:
    """Nor by one of the same name that is not ours."""
    fleet = Fleet(environment())
    for each in fleet.held[WEST]:
        if each["kind"] == "Gateway":
            each["metadata"]["labels"] = {OWNER: owner} if owner else {}

    assert look(fleet) is None
