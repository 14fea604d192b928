"""Features on the wire: enabled, changed, disabled, and refused."""

from __future__ import annotations

import pytest

from localcloud.gkehub.resources import list_with, released
from localcloud.wire.messages import Json
from tests.localcloud.container.wire import Cloud

FEATURES = "gkehub/v1/projects/shop/locations/global/features"
NAME = "projects/shop/locations/global/features/multiclusterservicediscovery"
INGRESS = "projects/shop/locations/global/features/multiclusteringress"
MEMBER = "projects/shop/locations/us-west1/memberships/gke-west-1"


def _spec(member: str = MEMBER) -> Json:
    return {"spec": {"multiclusteringress": {"configMembership": member}}}


def _enable(cloud: Cloud, feature: str, body: Json | None = None) -> Json:
    return cloud.ok("POST", FEATURES, body or {}, featureId=feature)


def _ingress(cloud: Cloud) -> None:
    cloud.running(fleet={"project": "shop"})
    _enable(cloud, "multiclusteringress", _spec())
    cloud.wait(1000)


def test_a_feature_is_enabling_and_active_when_its_operation_is_done(cloud: Cloud) -> None:
    """The operation answers with the feature, by name, as gcloud wants it."""
    operation = _enable(cloud, "multiclusterservicediscovery", {"labels": {"team": "web"}})
    during = cloud.ok("GET", f"gkehub/v1/{NAME}", returnPartialSuccess="True")
    cloud.wait(60)
    done = cloud.ok("GET", f"gkehub/v1/{operation['name']}")
    after = cloud.ok("GET", f"gkehub/v1/{NAME}")
    assert (operation["done"], operation["metadata"]["verb"], operation["metadata"]["target"]) == (
        False,
        "create",
        NAME,
    )
    assert (during["resourceState"], during["spec"]) == ({"state": "ENABLING"}, {})
    assert (done["done"], done["response"]["name"]) == (True, NAME)
    assert done["response"]["@type"] == "type.googleapis.com/google.cloud.gkehub.v1.Feature"
    assert (after["resourceState"], after["labels"]) == ({"state": "ACTIVE"}, {"team": "web"})


def test_an_operation_speaks_the_version_that_asks(cloud: Cloud) -> None:
    """All versions share one store."""
    path = FEATURES.replace("/v1/", "/v1beta/")
    operation = cloud.ok("POST", path, {}, featureId="multiclusterservicediscovery")
    older = cloud.ok("GET", f"gkehub/v1/{operation['name']}")
    assert operation["metadata"]["@type"].endswith(".gkehub.v1beta.OperationMetadata")
    assert operation["metadata"]["apiVersion"] == "v1beta"
    assert older["metadata"]["@type"].endswith(".gkehub.v1.OperationMetadata")


def test_ingress_wants_a_config_membership_that_is_ready(cloud: Cloud) -> None:
    """Until then it does not exist, in the hub's words; a project may be named by its number."""
    missing = cloud.refusal("POST", FEATURES, _spec(), featureId="multiclusteringress")
    none = cloud.refusal("POST", FEATURES, {}, featureId="multiclusteringress")[2]
    cloud.running(fleet={"project": "shop"})
    numbered = _spec(MEMBER.replace("shop", cloud.number))
    assert missing == (
        400,
        "INVALID_ARGUMENT",
        f'InvalidValueError for field config_membership: Membership "{MEMBER}" does not exist',
    )
    assert none.startswith("InvalidValueError for field config_membership")
    assert _enable(cloud, "multiclusteringress", numbered)["metadata"]["verb"] == "create"


def test_enabling_ingress_enables_multi_cluster_services_too(cloud: Cloud) -> None:
    """The hub does that itself, and leaves a feature that is there alone."""
    _ingress(cloud)
    names = [feature["name"] for feature in cloud.ok("GET", FEATURES)["resources"]]
    assert names == [INGRESS, NAME]
    assert cloud.ok("GET", f"gkehub/v1/{NAME}")["resourceState"] == {"state": "ACTIVE"}


@pytest.mark.parametrize("off", ["multiclusteringress", "multiclusterservicediscovery"])
def test_ingress_wants_both_apis(cloud: Cloud, off: str) -> None:
    """gcloud tries again while the words have the API's name and `is not enabled`."""
    cloud.running(fleet={"project": "shop"})
    cloud.world.projects.get("shop").enabled.discard(f"{off}.googleapis.com")
    status, code, words = cloud.refusal("POST", FEATURES, _spec(), featureId="multiclusteringress")
    assert (status, code) == (400, "FAILED_PRECONDITION")
    assert f"{off}.googleapis.com" in words
    assert "is not enabled" in words


def test_other_refusals_are_in_the_hubs_words(cloud: Cloud) -> None:
    """404, 409 and what is no feature."""
    _enable(cloud, "multiclusterservicediscovery")
    again = cloud.refusal("POST", FEATURES, {}, featureId="multiclusterservicediscovery")
    assert again == (409, "ALREADY_EXISTS", f"Resource '{NAME}' already exists")
    assert cloud.refusal("GET", f"gkehub/v1/{INGRESS}")[2] == f"Resource '{INGRESS}' was not found"
    assert cloud.refusal("POST", FEATURES, {}, featureId="teleport")[1] == "INVALID_ARGUMENT"
    assert cloud.refusal("DELETE", f"gkehub/v1/{NAME}")[:2] == (409, "ABORTED")


def test_the_same_request_id_is_the_same_operation(cloud: Cloud) -> None:
    """For an hour; afterwards it is a request like any other."""
    query = {"featureId": "multiclusterservicediscovery", "requestId": "5b6e1d1e-0000-4000-8000-000000000001"}
    first, second = (cloud.ok("POST", FEATURES, {}, **query) for _ in range(2))
    cloud.wait(3700)
    assert first["name"] == second["name"]
    assert cloud.refusal("POST", FEATURES, {}, **query)[0] == 409


@pytest.mark.parametrize(
    "mask",
    ["spec.multiclusteringress.config_membership", "spec.multiclusteringress.configMembership", "spec"],
)
def test_the_config_membership_is_changed_by_masks_of_every_spelling(cloud: Cloud, mask: str) -> None:
    """UPDATING meanwhile; what the mask does not name stays."""
    _ingress(cloud)
    cloud.running("gke-east-1", "us-east1-c", fleet={"project": "shop"})
    east = "projects/shop/locations/us-east1/memberships/gke-east-1"
    body = {**_spec(east), "labels": {"not": "asked"}}
    cloud.ok("PATCH", f"gkehub/v1/{INGRESS}", body, updateMask=mask)
    during = cloud.ok("GET", f"gkehub/v1/{INGRESS}")
    cloud.wait(60)
    after = cloud.ok("GET", f"gkehub/v1/{INGRESS}")
    assert (during["resourceState"]["state"], during["spec"]) == ("UPDATING", _spec()["spec"])
    assert (after["resourceState"]["state"], after["spec"]) == ("ACTIVE", _spec(east)["spec"])
    assert "labels" not in after


def test_a_patch_may_not_point_to_nothing_nor_write_what_is_not_to_be_written(cloud: Cloud) -> None:
    """Both are refused before anything begins."""
    _ingress(cloud)
    path = f"gkehub/v1/{INGRESS}"
    lost = cloud.refusal("PATCH", path, _spec(f"{MEMBER}-2"), updateMask="spec")[2]
    state = cloud.refusal("PATCH", path, {}, updateMask="resourceState")[2]
    assert lost.endswith(f'Membership "{MEMBER}-2" does not exist')
    assert state.startswith("InvalidValueError for field update_mask")


def test_a_feature_with_resources_is_only_deleted_by_force(cloud: Cloud) -> None:
    """Whoever holds it is asked by name; without holders it goes, with an Empty for an answer."""
    _enable(cloud, "multiclusterservicediscovery")
    cloud.wait(60)
    asked: list[str] = []
    held = ["gke-west-1/store/store"]

    def exports(feature: str) -> list[str]:
        asked.append(feature)
        return held

    list_with(cloud.world, "multiclusterservicediscovery", exports)
    path = f"gkehub/v1/{NAME}"
    status, _, words = cloud.refusal("DELETE", path, force="False")
    held.clear()
    operation = cloud.ok("DELETE", path, force="False")
    during = cloud.ok("GET", path)["resourceState"]["state"]
    cloud.wait(60)
    done = cloud.ok("GET", f"gkehub/v1/{operation['name']}")
    assert (status, asked, during) == (400, [NAME, NAME], "DISABLING")
    assert words.startswith("Feature has associated resources that should be cleaned up before deletion.")
    assert done["response"] == {"@type": "type.googleapis.com/google.protobuf.Empty"}
    assert cloud.ok("GET", FEATURES) == {}


def test_force_deletes_a_feature_that_is_held(cloud: Cloud) -> None:
    """What holds it is left as it is."""
    _enable(cloud, "multiclusterservicediscovery")
    cloud.wait(60)
    list_with(cloud.world, "multiclusterservicediscovery", lambda feature: ["an export"])
    cloud.ok("DELETE", f"gkehub/v1/{NAME}", force="True")
    cloud.wait(60)
    assert cloud.refusal("GET", f"gkehub/v1/{NAME}")[0] == 404


def test_that_resources_are_gone_is_known_minutes_later(cloud: Cloud) -> None:
    """What was released last counts; what is still held is not released; another feature is none the wiser."""
    _enable(cloud, "multiclusterservicediscovery")
    cloud.wait(60)
    held = ["an export"]
    list_with(cloud.world, "multiclusterservicediscovery", lambda feature: held)
    path, project = f"gkehub/v1/{NAME}", NAME.split("/")[1]
    released(cloud.world, project, "multiclusterservicediscovery")
    assert not [work for work in cloud.world.ledger.works if work.kind == "gkehub.features.resources"]

    held.clear()
    released(cloud.world, project, "multiclusteringress")
    released(cloud.world, project, "multiclusterservicediscovery")
    (work,) = [work for work in cloud.world.ledger.works if work.kind == "gkehub.features.resources"]
    status, _, words = cloud.refusal("DELETE", path)
    cloud.wait(work.end - work.start)

    assert (NAME, 400) == (work.resource, status)
    assert "has associated resources" in words
    assert "name" in cloud.ok("DELETE", path)
