"""Google Cloud's regions and zones, as data: a misspelt zone is found before a cluster is created."""

from __future__ import annotations

import re

from pydantic_core import PydanticCustomError

from shared.spec.faults import listed, nearest

AS_OF = "2026-11"  # when the table was compiled

# Region → letters of its zones [documented: docs.cloud.google.com/compute/docs/regions-zones, read in a
# public copy of unknown date]. asia-southeast3 is not in that copy: Google's discovery documents name it,
# its letters are [inferred].
ZONES = {
    "africa-south1": "abc",
    "asia-east1": "abc",
    "asia-east2": "abc",
    "asia-northeast1": "abc",
    "asia-northeast2": "abc",
    "asia-northeast3": "abc",
    "asia-south1": "abc",
    "asia-south2": "abc",
    "asia-southeast1": "abc",
    "asia-southeast2": "abc",
    "asia-southeast3": "abc",
    "australia-southeast1": "abc",
    "australia-southeast2": "abc",
    "europe-central2": "abc",
    "europe-north1": "abc",
    "europe-north2": "abc",
    "europe-southwest1": "abc",
    "europe-west1": "bcd",
    "europe-west2": "abc",
    "europe-west3": "abc",
    "europe-west4": "abc",
    "europe-west6": "abc",
    "europe-west8": "abc",
    "europe-west9": "abc",
    "europe-west10": "abc",
    "europe-west12": "abc",
    "me-central1": "abc",
    "me-central2": "abc",
    "me-west1": "abc",
    "northamerica-northeast1": "abc",
    "northamerica-northeast2": "abc",
    "northamerica-south1": "abc",
    "southamerica-east1": "abc",
    "southamerica-west1": "abc",
    "us-central1": "abcf",
    "us-east1": "bcd",
    "us-east4": "abc",
    "us-east5": "abc",
    "us-south1": "abc",
    "us-west1": "abc",
    "us-west2": "abc",
    "us-west3": "abc",
    "us-west4": "abc",
}
_WELL_FORMED = re.compile(r"(?P<region>[a-z]+-[a-z]+[0-9]{1,2})(?:-(?P<zone>[a-z]))?")


def region_of(location: str) -> str:
    """The region of a zone or region: `us-west1-a` and `us-west1` are both in `us-west1`."""
    return location if location.count("-") < 2 else location.rpartition("-")[0]


def is_zone(location: str) -> bool:
    """Whether `location` names a zone rather than a region."""
    return location.count("-") == 2


def zones_of(region: str) -> list[str]:
    """The zones of a known region."""
    return [f"{region}-{letter}" for letter in ZONES[region]]


def known_region(value: str) -> str:
    """`value`, if it is a region in the table.

    Raises:
        PydanticCustomError: it is a zone, or no such region is known.
    """
    form = _WELL_FORMED.fullmatch(value)
    if form and form["zone"]:
        raise refusal(f"{value!r} is a zone, not a region", f"write {form['region']}")
    if value not in ZONES:
        raise refusal(
            f"{value!r} is not a region of Google Cloud as of {AS_OF}", _instead(value, list(ZONES))
        )
    return value


def known_location(value: str) -> str:
    """`value`, if it is a zone or a region in the table.

    Raises:
        PydanticCustomError: it is neither.
    """
    form = _WELL_FORMED.fullmatch(value)
    if form is None:
        raise refusal(f"{value!r} is neither a zone nor a region", _instead(value, _every_location()))
    if form["region"] not in ZONES:
        raise refusal(f"{value!r} is in no region that is known as of {AS_OF}", _instead_of(form))
    if form["zone"] and form["zone"] not in ZONES[form["region"]]:
        raise refusal(f"{form['region']} has no zone {value!r}", f"use {listed(zones_of(form['region']))}")
    return value


def refusal(fault: str, fix: str) -> PydanticCustomError:
    """An error about one value with our own message, in pydantic's form."""
    return PydanticCustomError("refused", "{fault}", {"fault": fault, "fix": fix})


def _every_location() -> list[str]:
    return [*ZONES, *(zone for region in ZONES for zone in zones_of(region))]


def _instead(value: str, known: list[str]) -> str:
    near = nearest(value, known)
    return f"write {near}" if near else "use one that `gcloud compute zones list` shows, such as us-west1-a"


def _instead_of(form: re.Match[str]) -> str:
    near = nearest(form["region"], ZONES)
    if near is None or form["zone"] is None:
        return _instead(form["region"], list(ZONES))
    letter = form["zone"] if form["zone"] in ZONES[near] else ZONES[near][0]
    return f"write {near}-{letter}"
