"""What the fleet's API tells of features and memberships, and what is made of what it leaves out."""

from __future__ import annotations

from shared.google.gkehub import INGRESS, MCS, Feature, Membership, State, by_key, features, memberships
from shared.google.lists import EVERYWHERE
from shared.google.session import Session
from tests.support.google_server import GoogleServer

FEATURES = "projects/p/locations/global/features"
MEMBERSHIPS = "projects/p/locations/us-west1/memberships"
AT, SECONDS = "2026-01-05T08:00:00.123456789Z", 1767600000.123456


def test_features_are_read_by_their_short_names(google: GoogleServer, session: Session) -> None:
    """On every page; states by the keys of memberships, whichever way the project is named."""
    ingress = {
        "name": f"{FEATURES}/{INGRESS}",
        "labels": {"fleetgate-env": "store"},
        "createTime": AT,
        "resourceState": {"state": "ACTIVE"},
        "state": {"state": {"code": "OK", "description": "ready", "updateTime": AT}},
        "membershipStates": {
            "projects/123/locations/us-west1/memberships/west": {"state": {"code": "ERROR", "description": "lost"}}
        },
        "spec": {"multiclusteringress": {"configMembership": f"{MEMBERSHIPS}/west"}},
    }  # fmt: skip

    def page(_body: object, query: dict[str, list[str]]) -> tuple[int, object]:
        if "pageToken" in query:
            return 200, {"resources": [{"name": f"{FEATURES}/{MCS}"}]}
        return 200, {"resources": [ingress], "nextPageToken": "more"}

    google.answers = {f"GET /gkehub/v1/{FEATURES}": page}
    assert features(session, "p") == {
        INGRESS: Feature(
            f"{FEATURES}/{INGRESS}",
            {"fleetgate-env": "store"},
            SECONDS,
            "ACTIVE",
            State("OK", "ready"),
            f"{MEMBERSHIPS}/west",
            {"locations/us-west1/memberships/west": State("ERROR", "lost")},
        ),
        MCS: Feature(f"{FEATURES}/{MCS}", {}, 0.0, "", State("", ""), "", {}),
    }


def test_memberships_name_the_clusters_behind_them(google: GoogleServer, session: Session) -> None:
    """Those of GKE's, in whichever form; one of another cluster names none."""
    gke = {"resourceLink": "//container.googleapis.com/projects/p/zones/us-west1-a/clusters/west"}
    google.answers = {
        "GET /gkehub/v1/projects/p/locations/-/memberships": {
            "resources": [
                {
                    "name": f"{MEMBERSHIPS}/west",
                    "createTime": AT,
                    "state": {"code": "READY"},
                    "endpoint": {"gkeCluster": {**gke, "clusterMissing": True}},
                },
                {"name": f"{MEMBERSHIPS}/elsewhere", "state": {"code": "CREATING"}},
            ]
        }
    }
    west = "projects/p/locations/us-west1-a/clusters/west"
    assert by_key(memberships(session, "p").within(EVERYWHERE)) == {
        "locations/us-west1/memberships/west": Membership(
            f"{MEMBERSHIPS}/west", True, SECONDS, west, orphaned=True
        ),
        "locations/us-west1/memberships/elsewhere": Membership(f"{MEMBERSHIPS}/elsewhere", False, 0.0),
    }
