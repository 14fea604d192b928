"""What a gateway's removal reads: the config cluster first, the others only once no Gateway is there."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from functions.gateway import survey
from functions.gateway.survey import Survey
from shared import errors, live_objects
from shared.google.container import Cluster
from shared.google.gkehub import INGRESS
from shared.google.session import Session
from shared.labels import OWNER
from shared.objects import KubeObject
from tests.support.fleets import feature, listed
from tests.support.live import NOW, one_cluster
from tests.support.projects import PROJECT
from tests.support.sessions import silent_session

CONFIG, OWN, FOREIGN = (one_cluster(name=name) for name in ("gke-west-1", "own", "foreign"))
CLUSTERS = [CONFIG, replace(OWN, labels={OWNER: "store"}), FOREIGN]


class Fleet:
    """Clusters with objects by name; which of them were asked, and which do not answer."""

    def __init__(self) -> None:
        self.objects: dict[str, list[KubeObject]] = {}
        self.asked: list[str] = []
        self.silent: set[str] = set()

    def reader(self, _session: Session, cluster: Cluster) -> SimpleNamespace:
        """What reads a cluster."""

        def everywhere(kind: str, _selector: str = "") -> list[KubeObject]:
            self.asked += [] if cluster.name in self.asked else [cluster.name]
            if cluster.name in self.silent:
                raise errors.Transient("kubernetes", "GET", cluster.path, 503, "Unavailable", "no")
            return [each for each in self.objects.get(cluster.name, ()) if each["kind"] == kind]

        return SimpleNamespace(everywhere=everywhere)


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """Three clusters, one of which has the configuration and one of which is the environment's."""
    found = Fleet()
    config = feature(INGRESS, config_membership=CONFIG.membership)
    monkeypatch.setattr(live_objects, "ClusterReader", found.reader)
    monkeypatch.setattr(live_objects, "clusters", lambda *_: listed(CLUSTERS))
    monkeypatch.setattr(survey, "features", lambda *_: {INGRESS: config})
    return found


def look() -> Survey:
    return Survey(silent_session(), PROJECT, "store", "store/gateway", NOW, None, True)


def thing(kind: str, **meta: Any) -> KubeObject:
    return {"kind": kind, "metadata": {"name": kind.lower(), "namespace": "store", **meta}}


def test_while_a_gateway_is_in_the_config_cluster_no_other_is_asked(fleet: Fleet) -> None:
    """Nothing in them may go yet; and its parts are known from its annotations."""
    notes = {"networking.gke.io/url-maps": "/projects/123/global/urlMaps/m"}
    fleet.objects[CONFIG.name] = [thing("Gateway", annotations=notes)]
    found = look()

    assert ["Gateway"] == [each.kind for each in found.objects]
    assert [f"projects/{PROJECT}/global/urlMaps/m"] == found.known_parts
    assert [CONFIG.name] == fleet.asked


def test_without_one_every_cluster_is_asked(fleet: Fleet) -> None:
    """A Gateway may stand where the configuration was before."""
    fleet.objects = {CONFIG.name: [thing("HTTPRoute")], FOREIGN.name: [thing("Gateway")]}
    found = look()

    assert [FOREIGN] == [each.cluster for each in found.gateways]
    assert ["HTTPRoute", "Gateway"] == [each.kind for each in found.objects]


@pytest.mark.parametrize(("name", "needed"), [("gke-west-1", True), ("own", True), ("foreign", False)])
def test_our_clusters_and_the_config_cluster_have_to_answer(fleet: Fleet, name: str, needed: bool) -> None:
    """Of a Gateway in anybody else's, its load balancer shows."""
    fleet.silent = {name}

    if needed:
        with pytest.raises(errors.Transient):
            _ = look().objects
    else:
        assert () == look().objects


def test_other_peoples_gateways_count_in_clusters_that_go(fleet: Fleet) -> None:
    """Not in those that stay, not of other controllers' classes, and ours are ours."""

    def of_class(name: str, labels: dict[str, str] | None = None) -> KubeObject:
        return {**thing("Gateway", name=name, labels=labels), "spec": {"gatewayClassName": name}}

    fleet.objects[FOREIGN.name] = [of_class("gke-l7-rilb")]
    fleet.objects["own"] = [of_class(name) for name in ("gke-l7-rilb", "istio")]
    fleet.objects["own"].append(of_class("gke-l7-gxlb-mc", {OWNER: "store"}))

    assert ["gke-l7-rilb"] == [each.name for each in look().foreign_gateways]
    fleet.silent = {"own"}
    assert [] == look().foreign_gateways
