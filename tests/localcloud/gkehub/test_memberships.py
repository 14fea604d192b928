"""Memberships on the wire: made by GKE or by hand, found, changed, removed."""

from __future__ import annotations

from localcloud.container.kube import CLUSTER_APIS
from localcloud.wire.messages import Json
from tests.localcloud.container.wire import WEST, Cloud, clusters

HUB = "gkehub/v1/projects/shop/locations"
MEMBER = "projects/shop/locations/us-west1/memberships/gke-west-1"
FLEET = {"project": "shop"}
LINK = {"endpoint": {"gkeCluster": {"resourceLink": f"//container.googleapis.com/{WEST}"}}}


def _register(cloud: Cloud, name: str = "by-hand", **fields: object) -> Json:
    body = {**LINK, **fields}
    return cloud.ok("POST", f"{HUB}/us-west1/memberships", body, membershipId=name)


def test_gke_registers_a_cluster_under_its_name_in_its_region(cloud: Cloud) -> None:
    """CREATING when the cluster is RUNNING, READY a little later, and the cluster says which it is."""
    cloud.create(fleet=FLEET)
    cloud.wait(cloud.lasted("container.clusters.create", WEST))
    early = cloud.ok("GET", f"gkehub/v1/{MEMBER}")
    cluster = cloud.ok("GET", f"{clusters('us-west1-a')}/gke-west-1")
    cloud.wait(cloud.lasted("gkehub.memberships.create", MEMBER))
    assert early["state"] == {"code": "CREATING"}
    assert cloud.ok("GET", f"gkehub/v1/{MEMBER}")["state"] == {"code": "READY"}
    assert cluster["fleet"] == {"project": "shop", "membership": f"//gkehub.googleapis.com/{MEMBER}"}


def test_a_membership_tells_of_its_cluster(cloud: Cloud) -> None:
    """Where it is, who issues its identities, how big it is, and the uid of its kube-system."""
    cluster = cloud.running(fleet=FLEET)
    member = cloud.ok("GET", f"gkehub/v1/{MEMBER}")
    system = cloud.world[CLUSTER_APIS][WEST].get("Namespace", "", "kube-system")
    issuer = f"https://container.googleapis.com/v1/{WEST}"
    assert member["endpoint"]["gkeCluster"] == {"resourceLink": f"//container.googleapis.com/{WEST}"}
    assert member["authority"] == {
        "issuer": issuer,
        "identityProvider": issuer,
        "workloadIdentityPool": "shop.svc.id.goog",
    }
    known = member["endpoint"]["kubernetesMetadata"]
    assert (known["nodeCount"], known["vcpuCount"], known["memoryMb"]) == (3, 6, 12288)
    assert known["kubernetesApiServerVersion"] == f"v{cluster['currentMasterVersion']}"
    assert member["externalId"] == (system or {})["metadata"]["uid"]


def test_lists_have_resources_in_one_location_or_all(cloud: Cloud) -> None:
    """`-` is every location; nothing is an empty object."""
    assert cloud.ok("GET", f"{HUB}/-/memberships") == {}
    cloud.running(fleet=FLEET)
    assert [m["name"] for m in cloud.ok("GET", f"{HUB}/-/memberships")["resources"]] == [MEMBER]
    assert cloud.ok("GET", f"{HUB}/us-east1/memberships") == {}
    assert (
        cloud.ok("GET", "gkehub/v1beta/projects/shop/locations/-/memberships")["resources"][0]["name"]
        == MEMBER
    )


def test_a_cluster_registered_by_hand_is_pre_registered(cloud: Cloud) -> None:
    """Its membership is the caller's: it outlives the cluster and says so."""
    cloud.running()
    operation = _register(cloud, labels={"team": "web"})
    cloud.wait(60)
    name = operation["metadata"]["target"]
    cluster = cloud.ok("GET", f"{clusters('us-west1-a')}/gke-west-1")
    cloud.ok("DELETE", f"{clusters('us-west1-a')}/gke-west-1")
    cloud.wait(1000)
    left = cloud.ok("GET", f"gkehub/v1/{name}")
    assert cluster["fleet"]["preRegistered"] is True
    assert (left["labels"], left["endpoint"]["gkeCluster"]["clusterMissing"]) == ({"team": "web"}, True)


def test_a_second_registration_of_a_cluster_fails_when_it_is_tried(cloud: Cloud) -> None:
    """The operation ends with code 6 in the hub's words; no membership is made."""
    cloud.running(fleet=FLEET)
    operation = _register(cloud)
    cloud.wait(60)
    done = cloud.ok("GET", f"gkehub/v1/{operation['name']}")
    assert (done["done"], done["error"]["code"]) == (True, 6)
    assert done["error"]["message"].endswith(
        f"the cluster is already registered with resource: //gkehub.googleapis.com/{MEMBER}"
    )
    assert len(cloud.ok("GET", f"{HUB}/-/memberships")["resources"]) == 1


def test_refusals_are_in_the_hubs_words(cloud: Cloud) -> None:
    """404 and 409 name the resource; a bad link or id names the field."""
    cloud.running(fleet=FLEET)
    bad = {"endpoint": {"gkeCluster": {"resourceLink": "//container.googleapis.com/gke-west-1"}}}
    create = ("POST", f"{HUB}/us-west1/memberships")
    assert cloud.refusal("GET", f"{HUB}/global/memberships/x") == (
        404,
        "NOT_FOUND",
        "Resource 'projects/shop/locations/global/memberships/x' was not found",
    )
    assert cloud.refusal(*create, LINK, membershipId="gke-west-1") == (
        409,
        "ALREADY_EXISTS",
        f"Resource '{MEMBER}' already exists",
    )
    link, name = cloud.refusal(*create, bad, membershipId="x"), cloud.refusal(*create, {}, membershipId="X_1")
    assert link[2].startswith(
        "InvalidValueError for field endpoint.gke_cluster.resource_link: failed to validate"
    )
    assert name[2].startswith("InvalidValueError for field membership_id: ")


def test_labels_of_a_membership_are_patched_in_time(cloud: Cloud) -> None:
    """UPDATING meanwhile, and no second change then."""
    cloud.running(fleet=FLEET)
    path, mask = f"gkehub/v1/{MEMBER}", {"updateMask": "labels"}
    cloud.ok("PATCH", path, {"labels": {"team": "web"}}, **mask)
    during = cloud.ok("GET", path)["state"]["code"], cloud.refusal("PATCH", path, {}, **mask)[1]
    cloud.wait(60)
    after = cloud.ok("GET", path)
    assert during == ("UPDATING", "ABORTED")
    assert (after["labels"], after["state"]["code"]) == ({"team": "web"}, "READY")


def test_a_deleted_membership_leaves_its_cluster_in_no_fleet(cloud: Cloud) -> None:
    """And GKE does not register it again."""
    cloud.running(fleet=FLEET)
    cloud.ok("DELETE", f"gkehub/v1/{MEMBER}")
    during = cloud.ok("GET", f"gkehub/v1/{MEMBER}")["state"]["code"]
    cloud.wait(1000)
    assert during == "DELETING"
    assert cloud.ok("GET", f"{HUB}/-/memberships") == {}
    assert "fleet" not in cloud.ok("GET", f"{clusters('us-west1-a')}/gke-west-1")


def test_the_first_registration_makes_the_fleet(cloud: Cloud) -> None:
    """There is one, `default`."""
    path = f"{HUB}/global/fleets"
    before = cloud.ok("GET", path), cloud.refusal("GET", f"{path}/default")[0]
    cloud.running(fleet=FLEET)
    fleet = cloud.ok("GET", f"{path}/default")
    assert before == ({}, 404)
    assert fleet["state"] == {"code": "READY"}
    assert cloud.ok("GET", path) == {"fleets": [fleet]}


def test_an_api_that_is_off_answers_nothing(cloud: Cloud) -> None:
    """403 with the words that gcloud looks for."""
    cloud.world.projects.get("shop").enabled.discard("gkehub.googleapis.com")
    status, code, words = cloud.refusal("GET", f"{HUB}/-/memberships")
    assert (status, code) == (403, "PERMISSION_DENIED")
    assert f"has not been used in project {cloud.number} before or it is disabled" in words
