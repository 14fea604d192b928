"""Buckets: what is given is shown, metagenerations count the changes, and only what is empty goes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.wire.errors import NOT_IMPLEMENTED
from tests.localcloud.storage.conftest import BUCKET, Storage

GIVEN: dict[str, Any] = {
    "name": "shop-state",
    "location": "us-central1",
    "storageClass": "STANDARD",
    "labels": {"kept-by": "hand"},
    "versioning": {"enabled": True},
    "lifecycle": {
        "rule": [{"action": {"type": "Delete"}, "condition": {"daysSinceNoncurrentTime": 30}}],
    },
    "iamConfiguration": {
        "publicAccessPrevention": "enforced",
        "uniformBucketLevelAccess": {"enabled": True},
    },
}
B = "/storage/storage/v1/b"


def made(storage: Storage, **fields: Any) -> Any:
    """A bucket."""
    return storage.call("POST", "b", "project=shop", **{**GIVEN, **fields})


def refused(
    storage: Storage, method: str, path: str, body: Any = None, query: str = ""
) -> tuple[int, str, str]:
    """Status, reason and words of a refusal."""
    data = b"" if body is None else json.dumps(body).encode()
    return storage.error(storage.send(method, f"/storage/storage/v1/{path}", data, query))


def test_a_bucket_shows_what_it_was_given(storage: Storage) -> None:
    """To which Google adds what was not said."""
    shown = made(storage)

    assert shown == storage.call("GET", "b/shop-state")
    for key in ("name", "storageClass", "labels", "versioning", "lifecycle"):
        assert GIVEN[key] == shown[key]
    access = shown["iamConfiguration"]
    assert "enforced" == access["publicAccessPrevention"]
    assert access["uniformBucketLevelAccess"]["enabled"] is True
    assert ("US-CENTRAL1", "region", "1") == tuple(
        shown[key] for key in ("location", "locationType", "metageneration")
    )
    assert "604800" == shown["softDeletePolicy"]["retentionDurationSeconds"]


def test_a_bucket_that_says_nothing_has_googles_defaults(storage: Storage) -> None:
    """Access is not uniform, and public access is as the organisation says."""
    shown = storage.call("POST", "b", "project=shop", name="shop-plain")

    assert ("US", "multi-region", "STANDARD") == tuple(
        shown[key] for key in ("location", "locationType", "storageClass")
    )
    assert {
        "publicAccessPrevention": "inherited",
        "uniformBucketLevelAccess": {"enabled": False},
        "bucketPolicyOnly": {"enabled": False},
    } == shown["iamConfiguration"]
    assert "versioning" not in shown


def test_a_patch_is_merged(storage: Storage) -> None:
    """Null removes, a lifecycle without rules is none, and what is Google's own stays."""
    before = made(storage, labels={"a": "1", "b": "2"})

    body: dict[str, Any] = {
        "labels": {"a": None, "c": "3"},
        "lifecycle": {"rule": []},
        "versioning": {"enabled": False},
    }
    after = storage.call("PATCH", "b/shop-state", **body, metageneration="9", location="EU")
    assert {"b": "2", "c": "3"} == after["labels"]
    assert "lifecycle" not in after and {"enabled": False} == after["versioning"]
    assert ("2", "US-CENTRAL1") == (after["metageneration"], after["location"])
    assert before["iamConfiguration"] == after["iamConfiguration"]
    cleared = storage.call("PATCH", "b/shop-state", labels=None)
    assert "labels" not in cleared and "3" == cleared["metageneration"]


def test_an_update_replaces_all_that_can_be_written(storage: Storage) -> None:
    """What is not sent is as if it had never been."""
    before = made(storage)

    given: dict[str, Any] = {**before, "labels": {"new": "yes"}, "lifecycle": None}
    after = storage.call("PUT", "b/shop-state", "", **given)
    assert {"new": "yes"} == after["labels"] and "lifecycle" not in after
    assert (before["timeCreated"], "2") == (after["timeCreated"], after["metageneration"])


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
def test_a_change_may_ask_for_a_metageneration(storage: Storage, method: str) -> None:
    """Of another one it is refused."""
    body = None if method == "DELETE" else {"labels": {"a": "1"}}

    stale = refused(storage, method, f"b/{BUCKET}", body, "ifMetagenerationMatch=7")
    assert (412, "conditionNotMet") == stale[:2]
    same = refused(storage, method, f"b/{BUCKET}", body, "ifMetagenerationNotMatch=1")
    assert (412, "conditionNotMet") == same[:2]
    data = b"" if body is None else json.dumps(body).encode()
    assert storage.send(method, f"{B}/{BUCKET}", data, "ifMetagenerationMatch=1").status in (200, 204)


def test_a_bucket_goes_when_it_is_empty(storage: Storage) -> None:
    """Its name can be taken again."""
    storage.upload("a", b"1")

    words = "The bucket you tried to delete is not empty."
    assert (409, "conflict", words) == refused(storage, "DELETE", f"b/{BUCKET}")
    storage.send("DELETE", f"{B}/{BUCKET}/o/a")
    gone = storage.send("DELETE", f"{B}/{BUCKET}")
    assert (204, b"") == (gone.status, gone.body)
    assert 404 == refused(storage, "GET", f"b/{BUCKET}")[0]
    assert BUCKET == storage.call("POST", "b", "project=shop", name=BUCKET)["name"]


def test_a_name_that_is_taken_says_by_whom(storage: Storage) -> None:
    """By the project itself, or by another."""
    storage.world.projects.create("other")

    own = refused(storage, "POST", "b", {"name": BUCKET}, "project=shop")
    others = refused(storage, "POST", "b", {"name": BUCKET}, "project=other")
    assert (409, "conflict") == own[:2] == others[:2]
    assert "you already own it" in own[2] and "not available" in others[2]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": "Shop"}, 400),
        ({"name": "sh"}, 400),
        ({"name": "-shop"}, 400),
        ({"name": "s" * 64}, 400),
        ({"name": "goog-shop"}, 400),
        ({"name": "my-g00gle"}, 400),
        ({"name": "shop.example.com"}, NOT_IMPLEMENTED),
        ({"location": "nowhere"}, 400),
        ({"iamConfiguration": {"publicAccessPrevention": "maybe"}}, 400),
        ({"versionning": {}}, 400),
        ({"location": "us-nowhere1"}, 400),
        ({"storageClass": "GOLD"}, 400),
        ({"labels": {"Team": "a"}}, 400),
        ({"labels": {"team": "a b"}}, 400),
        ({"softDeletePolicy": {"retentionDurationSeconds": "5"}}, 400),
        ({"lifecycle": {"rule": [{"action": {"type": "Explode"}, "condition": {"age": 1}}]}}, 400),
        ({"lifecycle": {"rule": [{"action": {"type": "Delete"}}]}}, 400),
        ({"retentionPolicy": {"retentionPeriod": "60"}}, NOT_IMPLEMENTED),
        ({"autoclass": {"enabled": True}}, NOT_IMPLEMENTED),
        ({"encryption": {"defaultKmsKeyName": "k"}}, NOT_IMPLEMENTED),
        ({"billing": {"requesterPays": True}}, NOT_IMPLEMENTED),
    ],
)
def test_a_bucket_that_cannot_be_is_refused(storage: Storage, fields: Any, status: int) -> None:
    """Bad input as Google does, what is not modelled as not implemented."""
    assert status == refused(storage, "POST", "b", {**GIVEN, **fields}, "project=shop")[0]
    assert 404 == refused(storage, "GET", "b/shop-state")[0]


@pytest.mark.parametrize("path", ["anywhereCaches", "anywhereCaches/", "managedFolders"])
def test_a_bucket_has_no_caches_and_no_folders(storage: Storage, path: str) -> None:
    """Terraform asks before it deletes one, gcloud before it empties one."""
    assert {} == storage.call("GET", f"b/{BUCKET}/{path}")
