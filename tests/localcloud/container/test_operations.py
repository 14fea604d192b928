"""Operations: their shape, one at a time, and how they fail."""

from __future__ import annotations

from localcloud.container.kube import CLUSTER_APIS
from localcloud.faults import operation_faults
from tests.localcloud.container.wire import WEST, Cloud, clusters

OPERATIONS = "container/v1/projects/shop/locations/us-west1-a/operations"
PATH = f"{clusters('us-west1-a')}/gke-west-1"


def test_an_operation_links_by_number_and_tells_its_progress_when_it_created_a_cluster(cloud: Cloud) -> None:
    """Zonal links say `zones`; the progress comes with the end."""
    begun = cloud.create()
    cloud.wait(1000)
    done = cloud.ok("GET", f"{OPERATIONS}/{begun['name']}")
    root = f"https://container.googleapis.com/v1/projects/{cloud.number}/zones/us-west1-a"
    assert (begun["operationType"], begun["status"], begun["zone"]) == (
        "CREATE_CLUSTER",
        "RUNNING",
        "us-west1-a",
    )
    assert (begun["selfLink"], begun["targetLink"]) == (
        f"{root}/operations/{begun['name']}",
        f"{root}/clusters/gke-west-1",
    )
    assert {"name": "CLUSTER_DEPLOYING_TOTAL", "intValue": "12"} in done["progress"]["metrics"]
    assert done["endTime"] > done["startTime"]


def test_a_second_change_of_a_cluster_is_refused_while_one_is_under_way(cloud: Cloud) -> None:
    """In Google's words, with the operation's name; another cluster does not mind."""
    begun = cloud.create()
    status, code, words = cloud.refusal("DELETE", PATH)
    cloud.create("gke-east-1", "us-east1-c")
    assert (status, code) == (400, "FAILED_PRECONDITION")
    assert words == f"Cluster is running incompatible operation {begun['name']}."
    cloud.wait(1000)
    assert cloud.ok("DELETE", PATH)["operationType"] == "DELETE_CLUSTER"


def test_a_failed_operation_is_done_with_an_error_and_a_status_message(cloud: Cloud) -> None:
    """gcloud reads one, client libraries the other; the cluster stays in ERROR until it is deleted."""
    operation_faults.plan(
        cloud.world, "container.clusters.create", WEST, "RESOURCE_EXHAUSTED", "Insufficient quota: CPUS."
    )
    begun = cloud.create()
    cloud.wait(1000)
    done, cluster = cloud.ok("GET", f"{OPERATIONS}/{begun['name']}"), cloud.ok("GET", PATH)
    change = {"update": {"desiredReleaseChannel": {"channel": "RAPID"}}}
    assert (done["status"], done["statusMessage"]) == ("DONE", "Insufficient quota: CPUS.")
    assert done["error"] == {"code": 8, "message": "Insufficient quota: CPUS."}
    assert (cluster["status"], cluster["statusMessage"]) == ("ERROR", "Insufficient quota: CPUS.")
    assert WEST not in cloud.world[CLUSTER_APIS]
    assert cloud.refusal("PUT", PATH, change)[0] == 400
    cloud.ok("DELETE", PATH)
    cloud.wait(1000)
    assert cloud.refusal("GET", PATH)[0] == 404


def test_a_planned_mishap_is_used_up_by_the_operation_that_meets_it(cloud: Cloud) -> None:
    """The next one of the kind works."""
    operation_faults.plan(cloud.world, "container.clusters.update", WEST, "INTERNAL", "Internal error.")
    cloud.running()
    change = {"update": {"desiredReleaseChannel": {"channel": "RAPID"}}}
    channels = []
    for _ in range(2):
        cloud.ok("PUT", PATH, change)
        cloud.wait(1000)
        channels.append(cloud.ok("GET", PATH)["releaseChannel"]["channel"])
    assert channels == ["REGULAR", "RAPID"]


def test_operations_are_listed_by_location_or_in_all(cloud: Cloud) -> None:
    """`-` is every location; an unknown one is 404 in Google's words."""
    cloud.create()
    cloud.create("gke-east-1", "us-east1")
    everywhere = "container/v1/projects/shop/locations/-/operations"
    assert [o["zone"] for o in cloud.ok("GET", everywhere)["operations"]] == ["us-east1", "us-west1-a"]
    assert len(cloud.ok("GET", OPERATIONS)["operations"]) == 1
    assert cloud.refusal("GET", f"{OPERATIONS}/operation-1")[2] == (
        "Not found: projects/shop/zones/us-west1-a/operations/operation-1."
    )


def test_no_operation_of_a_cluster_can_be_cancelled(cloud: Cloud) -> None:
    """Only node upgrades can [documented]."""
    begun = cloud.create()
    path = f"{OPERATIONS}/{begun['name']}:cancel"
    assert cloud.refusal("POST", path, {})[1] == "FAILED_PRECONDITION"
