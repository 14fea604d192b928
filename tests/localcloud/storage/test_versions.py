"""Versions: a bucket with versioning keeps what is replaced or deleted, until that goes for good."""

from __future__ import annotations

import json

import pytest

from localcloud.storage.versions import CONTENTS
from localcloud.wire.errors import NOT_IMPLEMENTED
from tests.localcloud.storage.conftest import BUCKET, Storage

B = f"/storage/storage/v1/b/{BUCKET}"


@pytest.fixture
def versioned(storage: Storage) -> Storage:
    """A bucket with versioning, in which `a` was replaced once."""
    storage.call("PATCH", f"b/{BUCKET}", versioning={"enabled": True})
    storage.upload("a", b"1")
    storage.upload("a", b"2")
    return storage


def listed(storage: Storage, query: str = "versions=true") -> list[tuple[str, str, bool]]:
    """Name, generation, and whether it is live, of each version."""
    items = storage.call("GET", f"b/{BUCKET}/o", query).get("items", [])
    return [(each["name"], each["generation"], "timeDeleted" not in each) for each in items]


def test_what_is_replaced_stays_as_a_version(versioned: Storage) -> None:
    """It is read by its generation, and listed if versions are asked for."""
    (_, first, old), (_, second, live) = listed(versioned)

    assert (False, True) == (old, live) and int(first) < int(second)
    assert [("a", second, True)] == listed(versioned, "")
    for generation, data in ((first, b"1"), (second, b"2"), ("", b"2")):
        found = versioned.send("GET", f"{B}/o/a", query=f"alt=media&generation={generation}")
        assert (200, data) == (found.status, found.body)


def test_without_versioning_what_is_replaced_is_gone(storage: Storage) -> None:
    """Its bytes, too."""
    storage.upload("a", b"1")
    storage.upload("a", b"2")

    assert 1 == len(listed(storage)) == len(storage.world[CONTENTS])


def test_what_is_deleted_stays_as_a_version(versioned: Storage) -> None:
    """Of the object itself nothing is found any more; its bucket is not empty."""
    versioned.call("DELETE", f"b/{BUCKET}/o/a")

    assert [False, False] == [live for _, _, live in listed(versioned)]
    assert [] == listed(versioned, "")
    assert 404 == versioned.send("GET", f"{B}/o/a").status
    assert 409 == versioned.send("DELETE", B).status


def test_a_version_is_deleted_for_good(versioned: Storage) -> None:
    """Each by its generation; then the bucket is empty."""
    for _, generation, _ in listed(versioned):
        versioned.call("DELETE", f"b/{BUCKET}/o/a", f"generation={generation}")

    assert [] == listed(versioned) and {} == versioned.world[CONTENTS]
    assert 204 == versioned.send("DELETE", B).status


def test_a_generation_that_was_never_there_is_not_found(versioned: Storage) -> None:
    """Neither read nor deleted."""
    for method in ("GET", "DELETE"):
        assert 404 == versioned.send(method, f"{B}/o/a", query="generation=7").status
    assert 2 == len(listed(versioned))


def test_a_deletion_may_ask_for_a_generation(versioned: Storage) -> None:
    """Terraform's state backend unlocks so."""
    (_, first, _), (_, second, _) = listed(versioned)

    stale = versioned.send("DELETE", f"{B}/o/a", query=f"ifGenerationMatch={first}")
    assert 412 == stale.status
    assert 204 == versioned.send("DELETE", f"{B}/o/a", query=f"ifGenerationMatch={second}").status


def test_a_list_comes_in_pages(storage: Storage) -> None:
    """Prefixes and objects count alike."""
    for name in ("a", "b/c", "b/d", "e"):
        storage.upload(name, b"x")

    first = storage.call("GET", f"b/{BUCKET}/o", "delimiter=/&maxResults=2")
    rest = storage.call(
        "GET", f"b/{BUCKET}/o", f"delimiter=/&maxResults=2&pageToken={first['nextPageToken']}"
    )
    assert (["a"], ["b/"]) == ([each["name"] for each in first["items"]], first["prefixes"])
    assert ["e"] == [each["name"] for each in rest["items"]] and "nextPageToken" not in rest


def test_an_object_keeps_what_its_writer_says_of_it(storage: Storage) -> None:
    """Headers for browsers, and metadata of the writer's own; what would act is not implemented."""
    fields = {"name": "a", "metadata": {"sha": "1"}, "cacheControl": "no-store", "contentType": "text/plain"}

    def send(given: object) -> tuple[int, dict[str, object]]:
        body = b"--of\r\n\r\n" + json.dumps(given).encode() + b"\r\n--of\r\n\r\nx\r\n--of--"
        kind = "multipart/related; boundary=of"
        answer = storage.send("POST", f"/upload{B[8:]}/o", body, "uploadType=multipart", content_type=kind)
        return answer.status, json.loads(answer.body)

    status, shown = send(fields)
    assert 200 == status and fields.items() <= shown.items()
    assert NOT_IMPLEMENTED == send({**fields, "temporaryHold": True})[0]
