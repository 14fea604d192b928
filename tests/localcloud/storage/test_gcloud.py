"""gcloud as a judge: it makes a bucket, fills it, and takes it away with every version, as docs/deploy.md says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.localcloud.storage.conftest import Storage
from tests.support.judges import Gcloud, gcloud_in, judged_by_gcloud
from tests.support.projects import CLOUD_PROJECT as PROJECT

pytestmark = [*judged_by_gcloud, pytest.mark.long]

URL = "gs://shop-tools-state"


def run(gcloud: Gcloud, *words: str) -> str:
    """What a command prints that is expected to succeed."""
    status, output, errors = gcloud.run("storage", *words)
    assert 0 == status, errors
    return output


def test_gcloud_makes_fills_and_empties_a_bucket_with_versions(storage: Storage, tmp_path: Path) -> None:
    """A bucket is not deleted while a version is in it."""
    file = tmp_path / "state"
    with gcloud_in(storage.world, storage.services, PROJECT, tmp_path) as gcloud:
        options = ("--location=us-central1", "--uniform-bucket-level-access", "--public-access-prevention")
        run(gcloud, "buckets", "create", URL, *options)
        run(gcloud, "buckets", "update", URL, "--versioning", "--update-labels=kept-by=hand")
        for text in ("1", "2"):
            file.write_text(text)
            run(gcloud, "cp", str(file), f"{URL}/a/state")
        shown = gcloud.json("storage", "buckets", "describe", URL)
        listed = run(gcloud, "ls", "--all-versions", f"{URL}/**").split()
        read = run(gcloud, "cat", f"{URL}/a/state")
        full, _, errors = gcloud.run("storage", "buckets", "delete", URL)
        run(gcloud, "rm", "--recursive", "--all-versions", f"{URL}/**")
        emptied = storage.call("GET", "b/shop-tools-state/o", "versions=true")
        file.write_text("3")
        run(gcloud, "cp", str(file), f"{URL}/b")
        run(gcloud, "rm", "--recursive", URL)

    assert (True, "enforced", True) == (
        shown["uniform_bucket_level_access"],
        shown["public_access_prevention"],
        shown["versioning_enabled"],
    )
    assert {"kept-by": "hand"} == shown["labels"]
    assert 2 == len(listed) and all(each.startswith(f"{URL}/a/state#") for each in listed)
    assert "2" == read
    assert 1 == full and "Bucket is not empty" in errors
    assert {"kind": "storage#objects"} == emptied
    assert 404 == storage.send("GET", "/storage/storage/v1/b/shop-tools-state").status
