"""Both builds are ones that Cloud Build would take; their checks are those of the Makefile, and only one deploys."""

from __future__ import annotations

import re

import pytest

from localcloud.wire.discovery import document
from localcloud.wire.validation import checked_body
from tests.cloudbuild.build import CHECKING, DEPLOYMENT, Document, steps_of
from tests.support.paths import ROOT
from tests.terraform.configuration import BOOTSTRAP, blocks, text

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
BUILDS = {"check": CHECKING, "build": DEPLOYMENT}
GIVEN = {"PROJECT_ID", "COMMIT_SHA", "BUILD_ID"}  # by Cloud Build itself

each_build = pytest.mark.parametrize("name", BUILDS)


def seconds(timeout: str) -> int:
    """A duration as Cloud Build writes it."""
    return int(timeout.removesuffix("s"))


def before(build: Document, step: Document) -> list[str]:
    """The steps that a step waits for: those that it names, or all that stand before it."""
    ids = list(steps_of(build))
    named = step.get("waitFor") or ids[: ids.index(step["id"])]
    return [each for each in named if each != "-"]  # which means: nothing


def longest(build: Document, step: Document) -> int:
    """Seconds until a step has ended, at most: its own time, after those that it waits for."""
    steps = steps_of(build)
    others = (longest(build, steps[each]) for each in before(build, step))
    return seconds(step["timeout"]) + max(others, default=0)


def scripts(build: Document) -> str:
    """All that its steps' scripts say."""
    return "\n".join(step.get("script", "") for step in build["steps"])


@each_build
def test_it_is_a_build_as_the_discovery_document_has_it(name: str) -> None:
    """Every field, in every step."""
    assert BUILDS[name] == checked_body(document("cloudbuild", "v1"), "Build", BUILDS[name])


@each_build
def test_each_step_ends_in_time_and_so_does_the_whole(name: str) -> None:
    """No step waits for what comes later; all of them one after the other fit into the build."""
    build = BUILDS[name]
    ids = list(steps_of(build))
    late = [
        (step["id"], each)
        for step in build["steps"]
        for each in before(build, step)
        if ids.index(each) >= ids.index(step["id"])
    ]
    assert late == []
    assert max(longest(build, step) for step in build["steps"]) <= seconds(build["timeout"])


def test_the_deployment_waits_as_long_as_a_check_may_take() -> None:
    """Both begin with the push."""
    script = steps_of(DEPLOYMENT)["checked"]["script"]
    (polls,), (pause,) = re.findall(r"\{1\.\.(\d+)\}", script), re.findall(r"sleep (\d+)", script)
    check = max(longest(CHECKING, step) for step in CHECKING["steps"])
    assert check < int(polls) * int(pause) < seconds(steps_of(DEPLOYMENT)["checked"]["timeout"])


@pytest.mark.parametrize("step", ["lint", "test", "audit"])
def test_a_check_is_the_makefiles_own(step: str) -> None:
    """By its name there; in the build that deploys nothing, after the archives are where no check can change them."""
    steps = steps_of(CHECKING)
    assert ("make", [step]) == (steps[step]["entrypoint"], steps[step]["args"])
    assert re.search(rf"^{step}:", MAKEFILE, re.MULTILINE)
    ids = list(steps)
    assert ids.index("package") < ids.index("upload") < ids.index(step)
    assert "upload" in before(CHECKING, steps["lint"])


def test_nothing_is_checked_or_packaged_where_something_is_deployed() -> None:
    """What runs in a build can ask for the token of its identity."""
    assert {"lint", "test", "audit", "package"} & steps_of(DEPLOYMENT).keys() == set()
    assert {"make"} == {step.get("entrypoint", "make") for step in DEPLOYMENT["steps"]}
    assert [["install"]] == [step["args"] for step in DEPLOYMENT["steps"] if "args" in step]
    assert not re.search(r"gcloud (functions|workflows)|reconcile", scripts(CHECKING))


def test_everything_waits_for_the_check() -> None:
    """But the installation of the command line, which asks nobody for anything."""
    waiting = {"checked", "install"}
    for step in DEPLOYMENT["steps"]:
        if step["id"] not in waiting:
            assert "checked" in before(DEPLOYMENT, step) or set(before(DEPLOYMENT, step)) - {"install"}


@each_build
def test_images_are_pinned_and_can_be_replaced(name: str) -> None:
    """By a tag that says the whole version; each is a substitution, which the bootstrap sets as well."""
    build = BUILDS[name]
    assert {step["name"] for step in build["steps"]} == {"${_PYTHON}", "${_GCLOUD}"}
    images = {build["substitutions"][each] for each in ("_PYTHON", "_GCLOUD")}
    assert all(re.search(r":\d+\.\d+\.\d+-", image) for image in images)
    (builders,) = (each for each in blocks(BOOTSTRAP, "variable") if each.type == "builders")
    assert images == set(re.findall(r'optional\(string, "([^"]+)"\)', text(builders.body["type"])))


@each_build
def test_it_runs_under_its_own_identity_whose_builds_need_a_place_for_logs(name: str) -> None:
    """Cloud Build refuses the one without the other."""
    account = f"projects/$PROJECT_ID/serviceAccounts/fleetgate-{name}@$PROJECT_ID.iam.gserviceaccount.com"
    build = BUILDS[name]
    assert (account, "CLOUD_LOGGING_ONLY") == (build["serviceAccount"], build["options"]["logging"])


@each_build
def test_scripts_read_only_what_there_is(name: str) -> None:
    """Cloud Build's own, and substitutions that have a default; each of those is read somewhere."""
    build = BUILDS[name]
    read = set(re.findall(r"\$\{?(_[A-Z_]+|[A-Z][A-Z_]+)", scripts(build)))
    images = {"_PYTHON", "_GCLOUD"}

    assert build["options"]["automapSubstitutions"]
    assert read - GIVEN == {*build["substitutions"]} - images


@each_build
def test_the_trigger_sets_substitutions_that_there_are(name: str) -> None:
    """Cloud Build refuses others."""
    (trigger,) = (
        each
        for each in blocks(BOOTSTRAP, "resource")
        if each.address == f"google_cloudbuild_trigger.{'push' if name == 'build' else name}"
    )
    assert trigger.body["substitutions"].keys() <= BUILDS[name]["substitutions"].keys()


@each_build
def test_no_script_goes_on_after_a_failure(name: str) -> None:
    """Not in the middle of a pipe either."""
    heads = [step["script"].splitlines()[:2] for step in BUILDS[name]["steps"] if "script" in step]
    assert heads == [["#!/usr/bin/env bash", "set -euo pipefail"]] * len(heads)
    assert "secret" not in str(BUILDS[name]).lower()
