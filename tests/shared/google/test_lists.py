"""Lists with holes: whichever API leaves a place out, and however it says so, who needs the place learns of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared import errors
from shared.google import compute, container, gkehub
from shared.google.lists import EVERYWHERE, Listing, Places
from shared.google.session import Session
from tests.support.google_server import GoogleServer

Json = dict[str, Any]
Read = Callable[[Session, str], Listing[Any]]

CLUSTERS = "container/v1/projects/p/locations/-/clusters"
OPERATIONS = "container/v1/projects/p/locations/-/operations"
MEMBERSHIPS = "gkehub/v1/projects/p/locations/-/memberships"
FEATURES = "gkehub/v1/projects/p/locations/global/features"
ROUTES = "compute/v1/projects/p/global/routes"
SUBNETWORKS = "compute/v1/projects/p/aggregated/subnetworks"
DOWN = {"code": "UNREACHABLE", "message": "zone is down"}
SCOPED = DOWN | {"data": [{"key": "scope", "value": "regions/us-west1"}]}

# Path, reader, hole, and the place that the hole names.
LISTS: list[tuple[str, Read, Json, str]] = [
    (CLUSTERS, container.clusters, {"missingZones": ["us-west1-a"]}, "us-west1-a"),
    (MEMBERSHIPS, gkehub.memberships, {"unreachable": ["us-west1"]}, "us-west1"),
    (MEMBERSHIPS, gkehub.memberships, {"unreachable": ["projects/p/locations/us-west1"]}, "us-west1"),
    (SUBNETWORKS, compute.subnetworks, {"warning": DOWN}, ""),
    (SUBNETWORKS, compute.subnetworks, {"warning": SCOPED}, "us-west1"),
    (SUBNETWORKS, compute.subnetworks, {"unreachables": ["regions/us-west1"]}, "us-west1"),
    (SUBNETWORKS, compute.subnetworks, {"items": {"regions/us-west1": {"warning": DOWN}}}, "us-west1"),
]
WEST, EAST = Places.of("us-west1-a"), Places.of("us-east1-c")


def paged(hole: Json, broken: int) -> Callable[[Any, dict[str, str]], tuple[int, Json]]:
    """Two pages, one of which (1 or 2; 0 is none) has the hole."""

    def one(_body: Any, query: dict[str, str]) -> tuple[int, Json]:
        at = 2 if "pageToken" in query else 1
        return 200, (hole if at == broken else {}) | ({"nextPageToken": "more"} if at == 1 else {})

    return one


@pytest.mark.parametrize(("path", "read", "hole", "place"), LISTS)
@pytest.mark.parametrize("page", [1, 2])
def test_a_hole_stops_who_needs_its_place(
    path: str, read: Read, hole: Json, place: str, page: int, google: GoogleServer, session: Session
) -> None:
    """On whichever page it is. One that is not told where it is may be in any place."""
    google.answers = {f"GET /{path}": paged(hole, page)}
    found = read(session, "p")

    assert (place,) == found.holes
    for places in (WEST, EVERYWHERE, *([] if place else [EAST])):
        with pytest.raises(errors.PlaceUnreachable, match=place or "does not name"):
            found.within(places)
    assert not place or [] == found.within(EAST)

    google.answers = {f"GET /{path}": paged(hole, 0)}
    assert [] == read(session, "p").within(EVERYWHERE)


@pytest.mark.parametrize(
    ("needed", "hole", "meets"),
    [
        ("us-west1-a", "us-west1-a", True),
        ("us-west1-a", "us-west1-b", False),
        ("us-west1-a", "us-west1", True),  # a zone is in its region
        ("us-west1", "us-west1-b", True),  # a regional cluster is in its zones
        ("us-west1", "us-west10", False),
        ("us-west1", "global", True),  # what is in no region is everybody's
        ("projects/p/regions/us-west1", "us-west1-c", True),
    ],
)
def test_where_a_hole_matters(needed: str, hole: str, meets: bool) -> None:
    """Places are zones and regions, however their names are written."""
    assert meets == Places.of(needed).meet(hole)
    assert EVERYWHERE.meet(hole)
    assert meets == (Places.of("asia-east1") | Places.of(needed)).meet(hole)
    assert (Places.of(needed) | EVERYWHERE).meet("europe-west1")


@pytest.mark.parametrize(
    ("path", "read", "hole"),
    [
        (ROUTES, compute.routes, {"warning": DOWN}),
        (
            OPERATIONS,
            lambda session, p: container.deletions(session, p, WEST),
            {"missingZones": ["us-west1-a"]},
        ),
    ],
)
def test_a_list_whose_places_are_known_is_whole_or_not_at_all(
    path: str, read: Callable[[Session, str], object], hole: Json, google: GoogleServer, session: Session
) -> None:
    """A list of one place, and one for which the caller has said the places."""
    google.answers = {f"GET /{path}": hole}
    with pytest.raises(errors.PlaceUnreachable):
        read(session, "p")
    google.answers = {f"GET /{path}": {}}
    assert not read(session, "p")


@pytest.mark.parametrize(("path", "read"), [(SUBNETWORKS, compute.subnetworks), (FEATURES, gkehub.features)])
def test_what_would_fail_whole_is_asked_for_in_part(
    path: str, read: Callable[[Session, str], object], google: GoogleServer, session: Session
) -> None:
    """Without the parameter one region that is down would stop every environment."""
    asked: list[str] = []

    def answer(_body: Any, query: dict[str, list[str]]) -> tuple[int, Json]:
        asked.extend(query.get("returnPartialSuccess", []))
        return 200, {}

    google.answers = {f"GET /{path}": answer}
    read(session, "p")
    assert ["true"] == asked


def test_a_feature_says_where_states_are_missing(google: GoogleServer, session: Session) -> None:
    """The list itself has no word for it."""
    told = {"name": "projects/p/locations/global/features/f", "unreachable": ["us-west1"]}
    google.answers = {f"GET /{FEATURES}": {"resources": [told]}}
    assert frozenset({"us-west1"}) == gkehub.features(session, "p")["f"].unreachable


def test_a_scope_without_results_is_no_hole(google: GoogleServer, session: Session) -> None:
    """Compute Engine warns of that, too."""
    empty = {"warning": {"code": "NO_RESULTS_ON_PAGE"}}
    full = {"subnetworks": [{"name": "default"}]}
    google.answers = {f"GET /{SUBNETWORKS}": {"items": {"regions/a": empty, "regions/b": full}}}
    assert [{"name": "default"}] == compute.subnetworks(session, "p").within(EVERYWHERE)
