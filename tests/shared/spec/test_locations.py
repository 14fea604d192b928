"""Regions and zones: data with a date, and the rule that takes a zone to its region."""

from __future__ import annotations

import re

import pytest

from shared.spec import region_of
from shared.spec.locations import AS_OF, ZONES, is_zone, known_location, zones_of


@pytest.mark.parametrize(
    ("location", "region"),
    [
        ("us-west1-a", "us-west1"),
        ("us-west1", "us-west1"),
        ("northamerica-northeast2-c", "northamerica-northeast2"),
    ],
)
def test_a_location_has_a_region(location: str, region: str) -> None:
    """A zone's region is its name without the letter."""
    assert region_of(location) == region
    assert is_zone(location) is (location != region)


def test_every_listed_location_is_known() -> None:
    """The table agrees with the forms it is read by."""
    for region in ZONES:
        assert known_location(region) == region
        assert [known_location(zone) for zone in zones_of(region)] == zones_of(region)
        assert {region_of(zone) for zone in zones_of(region)} == {region}


def test_the_odd_zones_are_as_google_lists_them() -> None:
    """Regions whose zones are not a, b and c [documented]."""
    odd = {region: letters for region, letters in ZONES.items() if letters != "abc"}
    assert odd == {"europe-west1": "bcd", "us-central1": "abcf", "us-east1": "bcd"}
    assert re.fullmatch(r"\d{4}-\d{2}", AS_OF)
