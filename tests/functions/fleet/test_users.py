"""Who else uses a feature: members of other people's clusters, by what they hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import pytest

from functions.fleet import users as module
from functions.fleet.users import User, members, users
from shared.google.cluster_endpoint import Endpoint
from shared.google.container import Cluster
from shared.google.gkehub import INGRESS, MCS, Feature, Membership
from shared.google.session import Session
from tests.support.fleets import FEATURES, OURS, both, cluster, feature, member_path
from tests.support.live import NOW
from tests.support.sessions import silent_session

Json = dict[str, Any]

WEST, EAST = "gke-west-1", "gke-east-1"
BOTH = frozenset({MCS, INGRESS})
REACHED = Endpoint("10.0.0.2")


class Reader:
    """Stands for a cluster's API, in which there is what the test says."""

    objects: ClassVar[dict[str, list[Json]]] = {}

    def __init__(self, _session: Session, cluster: Cluster) -> None:
        self._name = cluster.name

    def everywhere(self, kind: str) -> list[Json]:
        """Those of one kind."""
        return [each for each in self.objects.get(self._name, []) if each["kind"] == kind]


@pytest.fixture(autouse=True)
def reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """No cluster is asked for real, and nothing is in any."""
    monkeypatch.setattr(module, "ClusterReader", Reader)
    monkeypatch.setattr(Reader, "objects", {})


def an_object(kind: str, labels: dict[str, str] | None = None, gateway_class: str = "") -> Json:
    meta = {"namespace": "shop", "name": "cart", "labels": labels or {}}
    return {"kind": kind, "metadata": meta, "spec": {"gatewayClassName": gateway_class}}


def asked(
    features: dict[str, Feature], ours: Iterable[str], *there: Cluster, orphaned: bool = False
) -> dict[str, list[User]]:
    """Who uses `ours`, in a fleet with the members of both clusters, of which these are there."""
    fleet = [
        Membership(member_path(name), True, NOW, cluster(name).path, orphaned=orphaned)
        for name in (WEST, EAST)
    ]
    every = members(fleet, there)
    return users(silent_session(), features, frozenset(ours), every, "store")


def theirs(name: str, **fields: Any) -> Cluster:
    return cluster(name, **{"labels": {}, "endpoint": REACHED, **fields})


def test_a_service_that_another_cluster_exports_uses_multi_cluster_services() -> None:
    """What bears our label does not count, nor does what our own clusters hold."""
    alone = {MCS: feature(MCS)}
    Reader.objects = {EAST: [an_object("ServiceExport", OURS)], WEST: [an_object("ServiceExport")]}
    assert {MCS: []} == asked(alone, [MCS], cluster(WEST, endpoint=REACHED), theirs(EAST))

    Reader.objects[EAST].append(an_object("ServiceExport"))
    user = User(member_path(EAST), "has ServiceExport shop/cart")
    assert {MCS: [user]} == asked(alone, [MCS], cluster(WEST, endpoint=REACHED), theirs(EAST))


def test_a_multi_cluster_gateway_on_their_config_cluster_uses_both() -> None:
    """Other classes have nothing to do with the fleet, nor have Gateways elsewhere."""
    gateway = an_object("Gateway", gateway_class="gke-l7-cross-regional-internal-managed-mc")
    Reader.objects = {WEST: [an_object("Gateway", gateway_class="gke-l7-rilb")], EAST: [gateway]}
    assert {INGRESS: [], MCS: []} == asked(both(), BOTH, theirs(WEST), theirs(EAST))

    Reader.objects[WEST].append(gateway)
    found = asked(both(), BOTH, theirs(WEST), theirs(EAST))
    assert [User(member_path(WEST), "has Gateway shop/cart")] == found[INGRESS]
    assert [User(f"{FEATURES}/{MCS}", f"{INGRESS} needs it, and is used")] == found[MCS]


def test_ingress_that_is_not_ours_keeps_multi_cluster_services() -> None:
    """Nobody looks into clusters for that."""
    user = User(f"{FEATURES}/{MCS}", f"{INGRESS} needs it, and is not ours")
    assert {MCS: [user]} == asked(both(), [MCS], theirs(WEST))


@pytest.mark.parametrize(
    ("there", "counts"),
    [
        ([], True),
        ([theirs(WEST, endpoint=Endpoint()), theirs(EAST, endpoint=Endpoint())], True),
        ([theirs(WEST, status="PROVISIONING"), theirs(EAST, status="STOPPING")], False),
    ],
)
def test_a_cluster_that_cannot_be_looked_into_counts_unless_it_comes_or_goes(
    there: list[Cluster], counts: bool
) -> None:
    """Nobody knows what it holds."""
    why = "its cluster cannot be looked into"
    expected = [User(member_path(name), why) for name in (WEST, EAST) if counts]
    assert {MCS: expected} == asked({MCS: feature(MCS)}, [MCS], *there)


def test_a_membership_whose_cluster_is_gone_uses_nothing() -> None:
    """The hub says so, and the cluster is not in the list either."""
    assert {MCS: []} == asked({MCS: feature(MCS)}, [MCS], orphaned=True)
