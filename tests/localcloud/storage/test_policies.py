"""Policies of buckets: who has a right on one bucket has none on another, and none on the project."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.iam.access import ACCESS
from localcloud.iam.accounts import make
from localcloud.iam.grants import grant
from localcloud.storage import create_bucket
from tests.localcloud.storage.conftest import BUCKET, Storage
from tests.support.projects import CLOUD_PROJECT as PROJECT

BUILDER = "fleetgate-build@shop.iam.gserviceaccount.com"
STATE = "shop-state"
O = "/storage/storage/v1/b/{}/o"  # noqa: E741  # as the API calls it


@pytest.fixture
def enforced(storage: Storage) -> Storage:
    """Two buckets with an object each; the builder may work in one of them."""
    make(storage.world, storage.world.projects.get(PROJECT), "fleetgate-build", {})
    create_bucket(storage.world, STATE, PROJECT, "us-central1")
    for bucket in (BUCKET, STATE):
        storage.send("POST", f"/upload/storage/v1/b/{bucket}/o", b"x", "uploadType=media&name=a")
    policy = storage.call("GET", f"b/{BUCKET}/iam")
    binding = {"role": "roles/storage.objectAdmin", "members": [f"serviceAccount:{BUILDER}"]}
    storage.call("PUT", f"b/{BUCKET}/iam", **{**policy, "bindings": [*policy["bindings"], binding]})
    storage.wait(200)  # until the binding works
    storage.world[ACCESS].enforced = True
    return storage


def as_builder(storage: Storage, method: str, path: str, body: bytes = b"", **query: Any) -> tuple[int, str]:
    """Status and words of an answer to the builder."""
    answer = storage.respond(method, path.lstrip("/"), body, BUILDER, **query)
    told = json.loads(answer.body) if answer.status >= 400 else {}
    return answer.status, told.get("error", {}).get("message", "")


def test_a_new_bucket_is_its_projects(storage: Storage) -> None:
    """By the basic roles, on objects too if access is uniform."""
    made = storage.call("POST", "b", "project=shop", name="shop-plain")
    uniform = {"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}}}
    storage.call("POST", "b", "project=shop", name="shop-uniform", **uniform)

    def roles(bucket: str) -> dict[str, Any]:
        policy = storage.call("GET", f"b/{bucket}/iam")
        assert ("storage#policy", f"projects/_/buckets/{bucket}") == (policy["kind"], policy["resourceId"])
        return {each["role"].removeprefix("roles/storage."): each["members"] for each in policy["bindings"]}

    bucket = {
        "legacyBucketOwner": ["projectEditor:shop", "projectOwner:shop"],
        "legacyBucketReader": ["projectViewer:shop"],
    }
    assert bucket == roles(made["name"])
    on_objects = {
        "legacyObjectOwner": ["projectEditor:shop", "projectOwner:shop"],
        "legacyObjectReader": ["projectViewer:shop"],
    }
    assert bucket | on_objects == roles("shop-uniform")


def test_a_right_on_one_bucket_is_none_on_another(enforced: Storage) -> None:
    """The build's own is the bucket of archives; Terraform's state is another's."""
    own, other = O.format(BUCKET), O.format(STATE)

    assert (200, "") == as_builder(enforced, "GET", f"{own}/a") == as_builder(enforced, "GET", own)
    status, words = as_builder(enforced, "GET", f"{other}/a")
    assert 403 == status
    assert words == (
        f"{BUILDER} does not have storage.objects.get access to the Google Cloud Storage object. "
        "Permission 'storage.objects.get' denied on resource (or it may not exist)."
    )
    status, words = as_builder(enforced, "GET", other)
    assert 403 == status and "storage.objects.list access to the Google Cloud Storage bucket" in words
    assert 403 == as_builder(enforced, "POST", f"/upload{other[8:]}", b"y", uploadType="media", name="b")[0]
    status, words = as_builder(
        enforced, "POST", "/storage/storage/v1/b", b'{"name": "x-y-z"}', project="shop"
    )
    assert 403 == status and "storage.buckets.create access to the Google Cloud project" in words


@pytest.mark.parametrize(
    ("role", "name", "status"),
    [("objectCreator", "new", 200), ("objectCreator", "a", 403), ("objectAdmin", "a", 200)],
)
def test_to_replace_an_object_is_to_delete_one(enforced: Storage, role: str, name: str, status: int) -> None:
    """Who may create objects alone cannot."""
    holder = f"projects/{PROJECT}/buckets/{STATE}"
    grant(enforced.world, holder, f"roles/storage.{role}", f"serviceAccount:{BUILDER}")
    path = f"/upload/storage/v1/b/{STATE}/o"

    assert status == as_builder(enforced, "POST", path, b"y", uploadType="media", name=name)[0]


def test_who_may_not_list_is_not_told_that_an_object_is_not_there(enforced: Storage) -> None:
    """Only that it may not be read."""
    assert 404 == as_builder(enforced, "GET", f"{O.format(BUCKET)}/none")[0]
    holder = f"projects/{PROJECT}/buckets/{STATE}"
    grant(enforced.world, holder, "roles/storage.legacyObjectReader", f"serviceAccount:{BUILDER}")
    assert (200, 403) == tuple(
        as_builder(enforced, "GET", f"{O.format(STATE)}/{name}")[0] for name in ("a", "none")
    )


def test_a_policy_is_replaced_if_it_is_the_one_that_was_read(storage: Storage) -> None:
    """Of two writers, one is told."""
    policy = storage.call("GET", f"b/{BUCKET}/iam")
    storage.call("PUT", f"b/{BUCKET}/iam", **policy)

    answer = storage.send("PUT", f"/storage/storage/v1/b/{BUCKET}/iam", json.dumps(policy).encode())
    assert (412, "conditionNotMet") == storage.error(answer)[:2]


@pytest.mark.parametrize("member", ["allUsers", "allAuthenticatedUsers"])
def test_a_bucket_that_is_closed_is_not_opened(storage: Storage, member: str) -> None:
    """Public access prevention holds."""
    storage.call("PATCH", f"b/{BUCKET}", iamConfiguration={"publicAccessPrevention": "enforced"})
    binding = {"role": "roles/storage.objectViewer", "members": [member]}

    answer = storage.send(
        "PUT", f"/storage/storage/v1/b/{BUCKET}/iam", json.dumps({"bindings": [binding]}).encode()
    )
    assert 412 == answer.status


def test_a_policy_goes_with_its_bucket(storage: Storage) -> None:
    """One of the same name begins anew."""
    binding = {"role": "roles/storage.objectViewer", "members": ["user:a@example.com"]}
    storage.call("PUT", f"b/{BUCKET}/iam", bindings=[binding])
    storage.call("DELETE", f"b/{BUCKET}")
    storage.call("POST", "b", "project=shop", name=BUCKET)

    assert binding not in storage.call("GET", f"b/{BUCKET}/iam")["bindings"]


def test_a_caller_asks_what_it_may(enforced: Storage) -> None:
    """Of what it names."""
    asked = "permissions=storage.objects.get&permissions=storage.buckets.delete"
    path = f"storage/storage/v1/b/{BUCKET}/iam/testPermissions?{asked}"

    status, answer = enforced.ask("GET", path, who=BUILDER)
    assert (200, ["storage.objects.get"]) == (status, answer["permissions"])
