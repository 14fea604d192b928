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
from tests.cloudbuild.build import Builds, builds
from tests.support.paths import ROOT

SPEC = (ROOT / "examples" / "store.yaml").read_text("utf-8")
STEPS = {"clusters", "environment", "fleet", "gateway", "service_export", "subnets", "verification"}

WITHOUT_API = {"artifactregistry.repositories.get", "cloudbuild.builds.get", "logging.logEntries.create"}

needs_gcloud = pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed")


async def ended(here: Builds) -> list[str]:
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
        async with builds(tmp_path, speed=30) as here:
            await here.run("package")
            archives = sorted((here.workspace / "out" / "archives").iterdir())
            assert sorted(STEPS) == [each.name.rsplit("-", 1)[0] for each in archives]
            for each in archives:
                digest = hashlib.sha256(each.read_bytes()).hexdigest()[:16]
                assert f"-{digest}.zip" in each.name

            (here.workspace / "environments" / "store.yaml").write_text(SPEC)
            await here.run("reconcile")
            assert re.match(
                r"deploy store: it is new \(message \d+\)\n1 request was published", here.said["reconcile"]
            )
            while not here.cloud.world.store["compute.addresses"].list():
                await asyncio.sleep(0.01)
            await here.run("reconcile")
            assert "0 requests were published, 1 unchanged\n" == here.said["reconcile"]

    asyncio.run(story())


@pytest.mark.long
@pytest.mark.judge
@needs_gcloud
def test_a_function_whose_archive_is_another_one_is_deployed(tmp_path: Path) -> None:
    """And no other; all that with the permissions of the build's role, under enforcement."""

    async def story() -> None:
        async with builds(tmp_path, speed=300, enforce=True) as here:
            await here.run("package", "upload")
            here.deploy_all_but("subnets")
            await here.run("functions")

            assert ["fleetgate-subnets"] == here.called("functions.patch")
            assert 6 == here.said["functions"].count("is up to date")
            stored = here.cloud.world.store["storage.objects"].list()
            assert here.sources()["subnets"] in [each["name"] for each in stored]

    asyncio.run(story())


@pytest.mark.judge
@pytest.mark.long
@needs_gcloud
def test_a_build_deploys_everything_and_the_same_build_again_nothing(tmp_path: Path) -> None:
    """What is being deployed by hand meanwhile is verified; what the build has deployed then does the main job itself,
    for Git keeps that environment from now on."""

    async def story() -> None:
        async with builds(tmp_path, speed=300, enforce=True) as here:
            (here.workspace / "environments" / "store.yaml").write_text(SPEC)
            await here.run("package", "upload")
            request = {"action": "deploy", "environment": yaml.safe_load(SPEC)}
            here.installation.publish(json.dumps(request).encode())
            await here.run("functions", "workflow")
            assert STEPS == {name.partition("-default")[0].replace("-", "_") for name in here.sources()}
            assert ["done"] == await ended(here)
            await here.run("reconcile")
            assert "it was not in Git before" in here.said["reconcile"]
            assert ["done", "done"] == await ended(here)
            code = here.cloud.folder / "code"
            served = {each.function.directory.parent for each in here.running()}
            assert {code} == served

            before = len(here.cloud.log.calls)
            await here.run("upload", "functions", "reconcile")
            assert [] == [
                each.method for each in here.cloud.log.calls[before:] if each.mutation and each.status < 400
            ]
            assert "0 requests were published, 1 unchanged\n" == here.said["reconcile"]
            granted = [each for each in all_grants() if each.step == "build"]
            unused = {each.name for each in granted} - {
                each.name for each in used_by(granted, here.cloud.world[ACCESS].used)
            }
            assert WITHOUT_API | {"storage.objects.list"} == unused  # what is not there is 404 to all

    asyncio.run(story())


@pytest.mark.judge
@needs_gcloud
@pytest.mark.long
def test_an_archive_that_cannot_be_served_ends_the_build(tmp_path: Path) -> None:
    """With the reason, and after the other deployments have ended."""

    async def story() -> None:
        async with builds(tmp_path, speed=300) as here:
            await here.run("package")
            here.deploy_all_but("subnets")
            (archive,) = (here.workspace / "out" / "archives").glob("subnets-*.zip")
            archive.write_bytes(b"not an archive")
            await here.run("upload")

            done = await here.outcome("functions")

            assert 1 == done.returncode
            assert "failed to unzip" in done.stderr
            assert "subnets" not in here.sources()

    asyncio.run(story())
