"""Lists with holes: whichever API leaves something out, and however it says so, the list is unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared import errors
from shared.google import compute, container, gkehub
from shared.google.session import Session
from tests.support.google_server import GoogleServer

Json = dict[str, Any]

CLUSTERS = "container/v1/projects/p/locations/-/clusters"
OPERATIONS = "container/v1/projects/p/locations/-/operations"
MEMBERSHIPS = "gkehub/v1/projects/p/locations/-/memberships"
FEATURES = "gkehub/v1/projects/p/locations/global/features"
ROUTES = "compute/v1/projects/p/global/routes"
SUBNETWORKS = "compute/v1/projects/p/aggregated/subnetworks"
DOWN = {"code": "UNREACHABLE", "message": "zone is down"}

LISTS: list[tuple[str, Callable[[Session, str], object], Json]] = [
    (CLUSTERS, container.clusters, {"missingZones": ["us-west1-a"]}),
    (OPERATIONS, container.deletions, {"missingZones": ["us-west1-a"]}),
    (MEMBERSHIPS, gkehub.memberships, {"unreachable": ["us-west1"]}),
    (FEATURES, gkehub.features, {"unreachable": ["global"]}),
    (ROUTES, compute.routes, {"warning": DOWN}),
    (SUBNETWORKS, compute.subnetworks, {"warning": DOWN}),
    (SUBNETWORKS, compute.subnetworks, {"unreachables": ["regions/us-west1"]}),
    (SUBNETWORKS, compute.subnetworks, {"items": {"regions/us-west1": {"warning": DOWN}}}),
]
NAMES = [f"{path.rpartition('/')[2]} {next(iter(hole))}" for path, _, hole in LISTS]


@pytest.mark.parametrize(("path", "read", "hole"), LISTS, ids=NAMES)
@pytest.mark.parametrize("page", [1, 2])
def test_a_list_with_a_hole_is_unknown(
    path: str,
    read: Callable[[Session, str], object],
    hole: Json,
    page: int,
    google: GoogleServer,
    session: Session,
) -> None:
    """On whichever page the hole is; the same list without it is empty."""

    def answer(broken: int) -> Callable[[Any, dict[str, str]], tuple[int, Json]]:
        def one(_body: Any, query: dict[str, str]) -> tuple[int, Json]:
            at = 2 if "pageToken" in query else 1
            return 200, (hole if at == broken else {}) | ({"nextPageToken": "more"} if at == 1 else {})

        return one

    google.answers = {f"GET /{path}": answer(page)}
    with pytest.raises(errors.Transient):
        read(session, "p")
    google.answers = {f"GET /{path}": answer(0)}
    assert not read(session, "p")


def test_a_scope_without_results_is_no_hole(google: GoogleServer, session: Session) -> None:
    """Compute Engine warns of that, too."""
    empty = {"warning": {"code": "NO_RESULTS_ON_PAGE"}}
    full = {"subnetworks": [{"name": "default"}]}
    google.answers = {f"GET /{SUBNETWORKS}": {"items": {"regions/a": empty, "regions/b": full}}}
    assert [{"name": "default"}] == compute.subnetworks(session, "p")
