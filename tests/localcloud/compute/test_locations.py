"""Regions, zones and the project; and that the registry agrees with Google's discovery document."""

from __future__ import annotations

import pytest

from localcloud.compute import service
from localcloud.compute.kinds import KINDS, OPERATIONS, Kind
from localcloud.compute.names import full_name
from localcloud.regions import region_of
from localcloud.wire.discovery import document
from tests.localcloud.compute.conftest import Compute
from tests.support.services import Services


def test_regions_and_zones_are_googles(compute: Compute) -> None:
    """Real names, with the zones that a region really has."""
    region = compute.get("regions/us-central1")
    assert [zone.rsplit("/", 1)[1] for zone in region["zones"]] == [f"us-central1-{z}" for z in "abcf"]
    assert compute.get("zones/us-east1-c")["region"].endswith("/regions/us-east1")
    assert len(compute.get("regions")["items"]) == 42
    assert len(compute.get("zones")["items"]) == 127


def test_a_zone_that_is_not_there(compute: Compute) -> None:
    """us-east1 has no zone a."""
    assert compute.refusal("GET", "zones/us-east1-a")[:2] == (400, "invalid")
    with pytest.raises(KeyError):
        region_of("us-east1-a")
    assert region_of("us-east1-b") == region_of("us-east1") == "us-east1"


def test_a_project_counts_its_quotas(compute: Compute) -> None:
    """Usage is what is there."""
    project = compute.get("")
    assert project["name"] == "shop"
    assert project["id"] == compute.world.projects.get("shop").number
    usage = {quota["metric"]: quota["usage"] for quota in project["quotas"]}
    assert (usage["NETWORKS"], usage["SUBNETWORKS"], usage["FIREWALLS"]) == (1, 42, 4)


def test_an_unknown_project_is_404(compute: Compute) -> None:
    """For every kind of call."""
    stranger = Services(compute.world, "compute/compute/v1/projects/nobody/", [service])
    assert [404, 404, 404] == [
        stranger.respond("GET", path).status
        for path in ("", "global/networks", "regions/us-west1/addresses/a")
    ]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("https://www.googleapis.com/compute/v1/projects/p/global/networks/n", "projects/p/global/networks/n"),
        ("http://127.0.0.1:1/compute/v1/projects/p/global/networks/n", "projects/p/global/networks/n"),
        ("//compute.googleapis.com/projects/p/zones/z/networkEndpointGroups/n",
         "projects/p/zones/z/networkEndpointGroups/n"),
        ("projects/p/regions/r", "projects/p/regions/r"),
        ("regions/r/subnetworks/s", "projects/own/regions/r/subnetworks/s"),
        ("global/networks/n", "projects/own/global/networks/n"),
        ("n", ""),
        ("", ""),
        ("projects/p", ""),
        ("projects/p/global/networks/n/more", ""),
    ],
)  # fmt: skip
def test_names_are_read_in_every_form(value: str, name: str) -> None:
    """URLs of any host, full names, partial names; empty for what names nothing."""
    assert full_name(value, "own") == name


def _ids() -> dict[str, str]:
    """Method id → the schema of its answer's `kind`, from the raw discovery document."""
    import json
    from importlib.resources import files

    path = files("googleapiclient.discovery_cache") / "documents" / "compute.v1.json"
    raw = json.loads(path.read_text("utf-8"))
    return {
        method["id"]: method.get("response", {}).get("$ref", "")
        for resource in raw["resources"].values()
        for method in resource["methods"].values()
    }


@pytest.fixture(scope="module")
def answers() -> dict[str, str]:
    """The schema that each method answers."""
    return _ids()


@pytest.mark.parametrize("kind", [*KINDS, *OPERATIONS], ids=lambda kind: kind.methods)
def test_the_registry_agrees_with_the_discovery_document(kind: Kind, answers: dict[str, str]) -> None:
    """Every `kind` that a line leads to is the document's own default for that answer."""
    schemas = document("compute", "v1").schemas
    expected = {
        "get": f"compute#{kind.noun}",
        "list": f"compute#{kind.noun}List",
        "aggregatedList": kind.aggregated,
    }
    for verb, word in expected.items():
        schema = answers.get(f"compute.{kind.methods}.{verb}")
        if schema is not None:
            assert schemas[schema]["properties"]["kind"]["default"] == word
