"""What nobody can see is not called missing: the place is told instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from shared.diagnosis import diagnose
from shared.diagnosis.address import address_unknown
from shared.diagnosis.case import Case, InCluster
from shared.diagnosis.finding import Finding, Rule
from shared.diagnosis.health import health_check_fails
from shared.diagnosis.imports import import_incomplete
from shared.diagnosis.place import place_unreachable
from shared.diagnosis.proxy_range import range_refused
from shared.diagnosis.proxy_subnet import proxy_subnet_missing
from shared.diagnosis.subnetwork import subnetwork_missing
from shared.spec import parse_environment
from tests.acceptance.runs import store
from tests.support.projects import PROJECT

NETWORK = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/global/networks/default"
BACKEND = f"projects/{PROJECT}/global/backendServices/gkemcg1-store-store-west-1-8080-x"
EAST = {"name": "theirs", "network": NETWORK, "region": "regions/us-east1", "ipCidrRange": "10.142.0.0/20"}
VIP = {"name": "vip", "region": "regions/us-east1"}
STATIC = {"name": "edge", "namespace": "store", "addresses": {"us-west1": "vip", "us-east1": "vip"}}
TAKEN = {"us-west1": "10.142.0.0/23", "us-east1": "10.142.2.0/23"}


def case(spec: dict[str, Any] | None = None, **fields: Any) -> Case:
    """The tutorial's environment, and what is observed of it."""
    return Case(parse_environment(store(**spec or {}), project=PROJECT), **fields)


def regions(found: Iterator[Finding]) -> list[str]:
    """The regions that findings name."""
    known = ("us-west1", "us-east1")
    return [region for each in found for region in known if region in each.resource.replace("/", " ").split()]


@pytest.mark.parametrize(
    ("rule", "kind", "spec"),
    [
        (proxy_subnet_missing, "subnetworks", {}),
        (subnetwork_missing, "subnetworks", {}),
        (range_refused, "subnetworks", {"proxyRanges": TAKEN}),
        (address_unknown, "addresses", {"gateway": STATIC}),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_a_region_that_a_list_leaves_out_lacks_nothing(rule: Rule, kind: str, spec: dict[str, Any]) -> None:
    """The other region lacks what it lacked before."""
    seen: dict[str, Any] = {"subnetworks": [EAST], "addresses": [{**VIP, "name": "other"}]}
    everything = regions(rule(case(spec, **seen)))
    hidden = regions(rule(case(spec, **seen, holes={kind: ("us-west1",)})))

    assert {"us-west1", "us-east1"} == set(everything)
    assert {"us-east1"} == set(hidden)


def test_a_zone_hides_what_is_in_it_and_not_its_region() -> None:
    """GKE names zones, and subnets are regional: only what its own list leaves out is unknown."""
    holes = {"clusters": ("us-west1-a",)}
    found = proxy_subnet_missing(case(subnetworks=[EAST], holes=holes))
    assert {"us-west1", "us-east1"} == set(regions(found))


def test_an_import_that_nobody_could_read_is_not_said_to_be_absent() -> None:
    """The config cluster cannot be seen; another one lacks an export all the same."""
    east = InCluster({"Service": [], "ServiceExport": [], "ServiceImport": None})
    seen = InCluster({"ServiceImport": []})
    (told, *_) = import_incomplete(case(inside={"gke-east-1": east}))
    (absent, *_) = import_incomplete(case(inside={"gke-east-1": east, "gke-west-1": seen}))

    assert "cannot list cluster gke-east-1" in told.cause
    assert "are missing or incomplete without cluster gke-east-1" in absent.cause


@pytest.mark.parametrize(("west", "told"), [(None, 0), (["UNHEALTHY"], 1), (["HEALTHY"], 0)])
def test_endpoints_that_nobody_could_ask_may_be_healthy(west: list[str] | None, told: int) -> None:
    """`None of them passes` needs the states of all."""
    backend = {"name": BACKEND.rpartition("/")[2], "selfLink": BACKEND}
    found = health_check_fails(
        case(backends=[backend], health={BACKEND: {"west": west, "east": ["UNHEALTHY"]}})
    )
    assert told == len(list(found))


def test_a_place_is_told_once_with_what_is_there() -> None:
    """A region with its zones is one place. The lists that leave it out, and the clusters there, are evidence."""
    holes = {"subnetworks": ("us-west1",), "clusters": ("us-west1-a",), "addresses": ("us-west1",)}
    (found,) = place_unreachable(case(holes=holes))

    assert f"projects/{PROJECT}/locations/us-west1" == found.resource
    assert {
        "lists without it": ["addresses", "clusters", "subnetworks"],
        "clusters there": ["gke-west-1"],
    } == found.evidence
    assert "do not answer for us-west1:" in found.cause and "Wait until us-west1" in found.fix


def test_two_places_are_two_findings_and_one_without_a_name_is_the_projects() -> None:
    """A warning may name no scope."""
    zones = place_unreachable(case(holes={"clusters": ("us-east1-c", "us-west1-a")}))
    (unnamed,) = place_unreachable(case(holes={"addresses": ("",)}))

    assert ["us-east1-c", "us-west1-a"] == [each.resource.rpartition("/")[2] for each in zones]
    assert f"projects/{PROJECT}" == unnamed.resource
    assert "a place that they do not name" in unnamed.cause


def test_without_holes_nothing_is_told_of_places() -> None:
    """No environment that can be seen has such a finding."""
    assert "PLACE_UNREACHABLE" not in {each.code for each in diagnose(case())}
