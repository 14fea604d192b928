"""The hub's operations: failing, listed, asked to stop."""

from __future__ import annotations

from localcloud.faults import operation_faults
from tests.localcloud.container.wire import Cloud

GLOBAL = "gkehub/v1/projects/shop/locations/global"
NAME = "projects/shop/locations/global/features/multiclusterservicediscovery"


def _enable(cloud: Cloud) -> str:
    operation = cloud.ok("POST", f"{GLOBAL}/features", {}, featureId="multiclusterservicediscovery")
    return f"gkehub/v1/{operation['name']}"


def test_a_failed_operation_has_an_error_and_no_response(cloud: Cloud) -> None:
    """A feature that could not be made is not there."""
    operation_faults.plan(cloud.world, "gkehub.features.mcs.create", NAME, "INTERNAL", "Internal error.")
    path = _enable(cloud)
    cloud.wait(60)
    done = cloud.ok("GET", path)
    assert (done["done"], done["error"], "response" in done) == (
        True,
        {"code": 13, "message": "Internal error."},
        False,
    )
    assert cloud.refusal("GET", f"gkehub/v1/{NAME}")[0] == 404


def test_a_deletion_that_fails_leaves_the_feature_active(cloud: Cloud) -> None:
    """It can be tried again."""
    _enable(cloud)
    cloud.wait(60)
    operation_faults.plan(cloud.world, "gkehub.features.delete", NAME, "INTERNAL", "Internal error.")
    cloud.ok("DELETE", f"gkehub/v1/{NAME}")
    cloud.wait(60)
    assert cloud.ok("GET", f"gkehub/v1/{NAME}")["resourceState"] == {"state": "ACTIVE"}


def test_operations_are_listed_by_location(cloud: Cloud) -> None:
    """`-` is every one; an unknown operation is 404."""
    _enable(cloud)
    cloud.running(fleet={"project": "shop"})
    everywhere = cloud.ok("GET", "gkehub/v1/projects/shop/locations/-/operations")["operations"]
    regional = cloud.ok("GET", "gkehub/v1/projects/shop/locations/us-west1/operations")["operations"]
    assert (len(everywhere), len(regional)) == (2, 1)
    assert regional[0]["metadata"]["target"].endswith("/memberships/gke-west-1")
    assert cloud.refusal("GET", f"{GLOBAL}/operations/x")[:2] == (404, "NOT_FOUND")


def test_an_operation_that_is_asked_to_stop_says_so(cloud: Cloud) -> None:
    """One that is over does not."""
    path = _enable(cloud)
    assert cloud.ok("POST", f"{path}:cancel", {}) == {}
    assert cloud.ok("GET", path)["metadata"]["cancelRequested"] is True
