"""Where things can be: Google's regions and zones, as data."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from localcloud.own_files import own


@cache
def _table() -> dict[str, dict[str, str]]:
    rows: dict[str, dict[str, str]] = own(Path(__file__).with_name("regions.yaml"))
    return rows


@cache
def regions() -> tuple[str, ...]:
    """Every region, by name."""
    return tuple(sorted(_table()))


def zones(region: str) -> list[str]:
    """The zones of a region; none if there is no such region."""
    return [f"{region}-{letter}" for letter in _table().get(region, {}).get("zones", "")]


@cache
def all_zones() -> tuple[str, ...]:
    """Every zone, by name."""
    return tuple(sorted(zone for region in _table() for zone in zones(region)))


def region_of(location: str) -> str:
    """The region of a zone or region.

    Raises:
        KeyError: there is no such place.
    """
    if location in _table():
        return location
    region = location.rsplit("-", 1)[0]
    if location in zones(region):
        return region
    raise KeyError(location)


def auto_range(region: str) -> str:
    """The range of the subnetwork that an auto-mode network has in `region`."""
    return _table()[region]["range"]
