"""Outages, as the APIs of resources show them: each list in its own way, and 503 where nothing can be answered."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud import compute, container, gkehub
from localcloud.faults.outages import OUTAGES, Outages
from localcloud.wire.messages import Json
from tests.localcloud.container.wire import Cloud, clusters
from tests.support.services import Services

COMPUTE = "compute/compute/v1/projects/shop"
EVERY_CLUSTER = clusters("-")
MEMBERSHIPS = "gkehub/v1/projects/shop/locations/-/memberships"
FEATURE = "gkehub/v1/projects/shop/locations/global/features/multiclusterservicediscovery"
PARTIAL = {"returnPartialSuccess": "true"}
UNAVAILABLE = (503, "UNAVAILABLE")


class Regions(Cloud):
    """A cluster of the fleet in us-west1-a, and all three services."""

    def __init__(self) -> None:
        super().__init__()
        self.every = Services(self.world, "", [compute.service, container.service, gkehub.service])
        self.running(fleet={"project": "shop"})
        self.outages: Outages = self.world[OUTAGES]

    def read(self, path: str, **query: str) -> Json:
        """What a GET answers."""
        answer: Json = self.every.ok("GET", path, **query)
        return answer

    def refused(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, str]:
        """How a call is refused: status and canonical code or compute's reason."""
        code, status, _ = self.every.refusal(method, path, body, **query)
        return code, status


@pytest.fixture
def cloud() -> Regions:
    """A cloud in which places can fail."""
    return Regions()


def test_an_aggregated_list_warns_in_the_scope_and_names_it(cloud: Regions) -> None:
    """With `returnPartialSuccess`; what is elsewhere is there."""
    path = f"{COMPUTE}/aggregated/subnetworks"
    cloud.outages.begin("us-west1")
    answer = cloud.read(path, **PARTIAL)

    lost = answer["items"]["regions/us-west1"]
    assert ("UNREACHABLE", ["regions/us-west1"]) == (lost["warning"]["code"], answer["unreachables"])
    assert {"key": "scope", "value": "regions/us-west1"} in lost["warning"]["data"]
    assert "subnetworks" not in lost
    assert ["default"] == [each["name"] for each in answer["items"]["regions/us-east1"]["subnetworks"]]


def test_an_aggregated_list_fails_whole_without_the_parameter(cloud: Regions) -> None:
    """And succeeds again when the place is back."""
    path = f"{COMPUTE}/aggregated/subnetworks"
    cloud.outages.begin("asia-east1")
    assert 503 == cloud.refused("GET", path)[0]
    cloud.outages.end()
    assert "unreachables" not in cloud.read(path)


@pytest.mark.parametrize(("kind", "lost"), [("subnetworks", False), ("networkEndpointGroups", True)])
def test_a_zones_outage_hides_what_is_in_zones(cloud: Regions, kind: str, lost: bool) -> None:
    """Regional resources are all there."""
    cloud.outages.begin("us-west1-b")
    answer = cloud.read(f"{COMPUTE}/aggregated/{kind}", **PARTIAL)
    assert answer.get("unreachables", []) == (["zones/us-west1-b"] if lost else [])


@pytest.mark.parametrize(
    ("place", "zones", "seen"),
    [
        ("us-west1-a", ["us-west1-a"], 0),
        ("us-west1", ["us-west1-a", "us-west1-b", "us-west1-c"], 0),
        ("us-west1-b", ["us-west1-b"], 1),
    ],
)
def test_gke_names_the_zones_that_are_missing(
    cloud: Regions, place: str, zones: list[str], seen: int
) -> None:
    """In the lists of clusters and of operations; there is no parameter for it."""
    cloud.outages.begin(place)
    found = cloud.read(EVERY_CLUSTER)
    operations = cloud.read(EVERY_CLUSTER.replace("/clusters", "/operations"))

    assert (zones, seen) == (found["missingZones"], len(found.get("clusters", [])))
    assert (zones, seen) == (operations["missingZones"], len(operations["operations"]))


def test_the_hub_names_regions_of_memberships(cloud: Regions) -> None:
    """A zone is no location of the hub."""
    cloud.outages.begin("us-west1-a")
    assert ["resources"] == list(cloud.read(MEMBERSHIPS))
    cloud.outages.begin("us-west1")
    assert {"unreachable": ["projects/shop/locations/us-west1"]} == cloud.read(MEMBERSHIPS)


def test_a_feature_lacks_states_of_members_that_cannot_be_reached(cloud: Regions) -> None:
    """It names their region if the caller takes part of it; else the call fails."""
    cloud.every.ok("POST", FEATURE.rpartition("/")[0], {}, featureId=FEATURE.rpartition("/")[2])
    while not cloud.read(FEATURE).get("membershipStates"):
        assert cloud.world.clock.step()
    cloud.outages.begin("us-west1")

    assert UNAVAILABLE == cloud.refused("GET", FEATURE)
    assert UNAVAILABLE == cloud.refused("GET", FEATURE.rpartition("/")[0])
    feature = cloud.read(FEATURE, **PARTIAL)
    assert ({}, ["us-west1"]) == (feature["membershipStates"], feature["unreachable"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{clusters('us-west1-a')}/gke-west-1"),
        ("DELETE", f"{clusters('us-west1-a')}/gke-west-1"),
        ("GET", clusters("us-west1-a")),
        ("GET", f"{COMPUTE}/regions/us-west1/subnetworks/default"),
        ("DELETE", f"{COMPUTE}/regions/us-west1/subnetworks/default"),
        ("GET", "gkehub/v1/projects/shop/locations/us-west1/memberships/gke-west-1"),
    ],
)
def test_a_call_on_what_is_there_is_unavailable(cloud: Regions, method: str, path: str) -> None:
    """Reads and writes, of one resource or of the place's list; nothing comes of a write."""
    before = cloud.read(f"{clusters('us-west1-a')}/gke-west-1")
    cloud.outages.begin("us-west1")
    assert 503 == cloud.refused(method, path)[0]
    cloud.outages.end("us-west1")
    assert before == cloud.read(f"{clusters('us-west1-a')}/gke-west-1")


def test_a_place_that_is_none_cannot_fail(cloud: Regions) -> None:
    """A misspelt outage would test nothing."""
    with pytest.raises(ValueError, match="us-wets1"):
        cloud.outages.begin("us-wets1")
