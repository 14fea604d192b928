"""Each step's command as it stands, against a cloud: gcloud's where it is installed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from localcloud.iam.access import ACCESS
from tests.acceptance.permissions import all_grants, used_by
from tests.cloudbuild.build import Build, builds
from tests.support.paths import ROOT

SPEC = (ROOT / "examples" / "store.yaml").read_text("utf-8")
STEPS = {"clusters", "environment", "fleet", "gateway", "service_export", "subnets", "verification"}

# What the local cloud asks nobody for, or has no such thing.
WITHOUT_API = {
    ("build", "home", "artifactregistry.repositories.get"),
    ("build", "home", "cloudbuild.builds.get"),
    ("build", "home", "cloudbuild.builds.list"),
    ("build", "home", "logging.logEntries.create"),
    ("build", "built", "storage.objects.get"),
    ("build", "built", "storage.objects.list"),
    ("build", "source", "storage.objects.list"),  # every archive that it asks for is there
    ("check", "home", "logging.logEntries.create"),
}

needs_gcloud = pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed")


async def ended(here: Build) -> list[str]:
    """The outcomes of all executions, when all have ended."""
    executions = here.cloud.executions
    over = asyncio.Event()

    def look() -> None:
        found = executions.of(here.installation.workflow)
        if found and all(each.run.state.name != "ACTIVE" for each in found):
            over.set()
        else:
            here.cloud.world.clock.after(5.0, look)

    look()
    await here.cloud.run_until_set(over)
    return [
        json.loads(each.run.result or "{}")["outcome"] for each in executions.of(here.installation.workflow)
    ]


def test_archives_are_named_by_what_they_hold_and_the_folder_is_reconciled(tmp_path: Path) -> None:
    """The steps that are Fleetgate's own commands; the second reconciliation of the same folder asks for nothing."""

    async def story() -> None:
        async with builds(tmp_path, speed=30) as both:
            check, here = both.check, both.deployment
            await check.run("package")
            archives = sorted((check.workspace / "out" / "archives").glob("*.zip"))
            assert sorted(STEPS) == [each.name.rsplit("-", 1)[0] for each in archives]
            digests = {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in archives}
            assert [] == [name for name, digest in digests.items() if f"-{digest[:16]}.zip" not in name]
            listed = (check.workspace / "out" / "archives" / "checked").read_text().splitlines()
            assert [f"{digest}  ./{name}" for name, digest in digests.items()] == listed

            (here.workspace / "environments" / "store.yaml").write_text(SPEC)
            await here.run("reconcile")
            assert re.match(
                r"deploy store: it is new \(message \d+\)\n1 request was published", here.said["reconcile"]
            )
            while not any(each.get("labels") for each in here.cloud.world.store["compute.addresses"].list()):
                await asyncio.sleep(0.01)  # the anchor's labels say what was asked for
            await here.run("reconcile")
            assert "0 requests were published, 1 unchanged\n" == here.said["reconcile"]

    asyncio.run(story())


@pytest.mark.long
@pytest.mark.judge
@needs_gcloud
def test_a_function_whose_archive_is_another_one_is_deployed(tmp_path: Path) -> None:
    """And one whose last deployment was cut off, and no other.

    All that with the permissions of the build's role, under enforcement.
    """

    async def story() -> None:
        async with builds(tmp_path, speed=300, enforce=True) as both:
            here = both.deployment
            await both.package()
            here.deploy_all_but("subnets")
            await here.run("functions")

            assert ["fleetgate-subnets"] == here.called("functions.patch")
            assert 6 == here.said["functions"].count("is up to date")
            functions = here.cloud.world.store["cloudfunctions.functions"]
            (cut_off,) = (name for name, _ in functions.items() if name.endswith("-fleet"))
            functions.change(cut_off, state="FAILED")
            await here.run("functions")
            assert ["fleetgate-subnets", "fleetgate-fleet"] == here.called("functions.patch")
            assert 6 == here.said["functions"].count("is up to date")
            stored = [each["name"] for each in here.stored()]
            assert f"subnets-{here.labels()['subnets']}.zip" in stored
            assert 7 == len(here.labels())

    asyncio.run(story())


@pytest.mark.judge
@pytest.mark.long
@needs_gcloud
def test_a_build_deploys_everything_and_the_same_build_again_nothing(tmp_path: Path) -> None:
    """What is being deployed by hand meanwhile is verified; what the build has deployed then does the main job itself,
    for Git keeps that environment from now on."""

    async def story() -> None:
        async with builds(tmp_path, speed=300, enforce=True) as both:
            here = both.deployment
            (here.workspace / "environments" / "store.yaml").write_text(SPEC)
            await both.package()
            request = {"action": "deploy", "environment": yaml.safe_load(SPEC)}
            here.installation.publish(json.dumps(request).encode())
            await here.run("functions", "workflow")
            assert STEPS == {name.partition("-default")[0].replace("-", "_") for name in here.labels()}
            assert ["done"] == await ended(here)
            await here.run("reconcile")
            assert "it was not in Git before" in here.said["reconcile"]
            assert ["done", "done"] == await ended(here)
            code = here.cloud.folder / "code"
            served = {each.function.directory.parent for each in here.running()}
            assert {code} == served

            before = len(here.cloud.log.calls)
            await both.check.run("upload")
            await here.run("archives", "functions", "reconcile")
            assert [] == [
                each.method for each in here.cloud.log.calls[before:] if each.mutation and each.status < 400
            ]
            assert "0 requests were published, 1 unchanged\n" == here.said["reconcile"]
            granted = [each for each in all_grants() if each.step in ("build", "check")]
            used = used_by(granted, here.cloud.world[ACCESS].used)
            unused = {(each.step, each.section, each.name) for each in set(granted) - used}
            assert WITHOUT_API == unused

    asyncio.run(story())


@pytest.mark.judge
@needs_gcloud
@pytest.mark.long
def test_an_archive_that_cannot_be_served_ends_the_build(tmp_path: Path) -> None:
    """With the reason, and after the other deployments have ended."""

    async def story() -> None:
        async with builds(tmp_path, speed=300) as both:
            here, archives = both.deployment, both.check.workspace / "out" / "archives"
            await both.check.run("package")
            (archive,) = archives.glob("subnets-*.zip")
            archive.write_bytes(b"not an archive")
            digest = hashlib.sha256(b"not an archive").hexdigest()
            list_of = archives / "checked"
            list_of.write_text(re.sub(rf"\w+(?=  \./{archive.name})", digest, list_of.read_text()))
            await both.fetch()
            here.deploy_all_but("subnets")

            done = await here.outcome("functions")

            assert 1 == done.returncode
            assert "failed to unzip" in done.stderr
            assert "subnets" not in here.labels()


@pytest.mark.judge
@needs_gcloud
@pytest.mark.long
def test_an_archive_that_is_not_the_one_that_was_checked_is_not_deployed(tmp_path: Path) -> None:
    """What a test could still do with the check's identity is to put an object of a name that comes later; the list of
    what was checked tells."""

    async def story() -> None:
        async with builds(tmp_path, speed=300, enforce=True) as both:
            await both.check.run("package")
            (archive,) = (both.check.workspace / "out" / "archives").glob("subnets-*.zip")
            archive.write_bytes(b"something else")
            with pytest.raises(AssertionError, match=rf"{archive.name}: FAILED"):
                await both.fetch()

    asyncio.run(story())


@pytest.mark.judge
@needs_gcloud
@pytest.mark.long
def test_the_checks_identity_replaces_no_archive(tmp_path: Path) -> None:
    """Nor does it deploy; all that runs in its build could ask for its token."""

    async def story() -> None:
        async with builds(tmp_path, speed=300, enforce=True) as both:
            await both.package()
            check = both.check
            stored = {each["name"]: each["generation"] for each in check.stored()}
            archive = next(name for name in stored if name.endswith(".zip"))
            bucket = f"gs://{check.installation.project}-fleetgate-source"
            for command in (
                f"gcloud storage cp out/archives/checked {bucket}/{archive}",
                f"gcloud storage rm {bucket}/{archive}",
                "gcloud functions deploy fleetgate-subnets --gen2 --region=us-central1 --quiet "
                f"--source={bucket}/{archive}",
                "gcloud pubsub topics publish fleetgate-requests --message={}",
            ):
                done = await check.shell(command)
                refused = re.search(r"403|denied|not authorized", done.stderr)
                assert (1, True) == (done.returncode, bool(refused)), f"{command}: {done.stderr}"
            assert stored == {each["name"]: each["generation"] for each in check.stored()}

    asyncio.run(story())
