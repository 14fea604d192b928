"""What the API says a function was deployed from: Google's own copy; and what a change of the build does."""

from __future__ import annotations

from tests.localcloud.cloudfunctions.clouds import BUCKET, Deploying, archive
from tests.support.projects import CLOUD_PROJECT as PROJECT


def test_the_api_answers_its_own_copy_never_what_was_sent(cloud: Deploying) -> None:
    """In a bucket of the project, whose newest generation it names."""
    cloud.create()

    source = cloud.function()["buildConfig"]["source"]["storageSource"]
    number = cloud.world.projects.get(PROJECT).number
    there = cloud.ok("GET", f"storage/storage/v1/b/{source['bucket']}/o/work/function-source.zip")

    assert (f"gcf-v2-sources-{number}-us-central1", "work/function-source.zip") == (
        source["bucket"],
        source["object"],
    )
    assert there["generation"] == source["generation"]


def test_another_archive_is_another_generation_of_the_same_copy(cloud: Deploying) -> None:
    """So its name does not tell what is deployed; a label of the deployer's own does."""
    cloud.create()
    cloud.upload("second.zip", archive(more="X = 1\n"))
    before = cloud.function()["buildConfig"]["source"]["storageSource"]
    cloud.patch("buildConfig.source,labels", source="second.zip", labels={"fleetgate-archive": "abc"})

    after = cloud.function()
    source = after["buildConfig"]["source"]["storageSource"]
    assert (before["object"], {"fleetgate-archive": "abc"}) == (source["object"], after["labels"])
    assert before["generation"] < source["generation"]
    assert (cloud.runtime.served["work"].directory / "more.py").exists()


def test_a_change_of_settings_builds_the_copy_again(cloud: Deploying) -> None:
    """Though what was sent is long gone."""
    cloud.create()
    assert 204 == cloud.respond("DELETE", f"storage/storage/v1/b/{BUCKET}/o/first.zip").status
    before = cloud.runtime.served["work"]
    cloud.patch("serviceConfig.timeoutSeconds", serviceConfig={"timeoutSeconds": 90})

    after = cloud.runtime.served["work"]
    assert (60.0, 90.0) == (before.timeout, after.timeout)
    assert before.directory != after.directory


def test_a_mask_of_the_whole_build_replaces_it_source_and_all(cloud: Deploying) -> None:
    """As Terraform sends it: the placeholder comes back, and what the build does not say any more is gone."""
    cloud.upload("code.zip", archive(more="X = 1\n"))
    variables = {"GOOGLE_FUNCTION_TARGET": "work"}
    cloud.create()
    cloud.patch(
        "buildConfig", source="code.zip", buildConfig={"environmentVariables": variables, **_of("code.zip")}
    )
    assert variables == cloud.function()["buildConfig"]["environmentVariables"]
    assert (cloud.runtime.served["work"].directory / "more.py").exists()

    cloud.patch("buildConfig", buildConfig={"runtime": "python313"})

    build = cloud.function()["buildConfig"]
    assert ("python313", False) == (build["runtime"], "environmentVariables" in build)
    assert not (cloud.runtime.served["work"].directory / "more.py").exists()


def _of(name: str) -> dict[str, object]:
    return {"source": {"storageSource": {"bucket": BUCKET, "object": name}}}
