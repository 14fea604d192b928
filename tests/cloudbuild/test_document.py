"""cloudbuild.yaml is a build that Cloud Build would take, and its checks are those of the Makefile."""

from __future__ import annotations

import re
from typing import Any

import pytest

from localcloud.wire.discovery import document
from localcloud.wire.validation import checked_body
from tests.cloudbuild.build import BUILD, FILE, STEPS
from tests.support.paths import ROOT

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
GIVEN = {"PROJECT_ID"}  # by Cloud Build itself
SHELL_S_OWN = {"archive", "bucket", "builder", "deployed", "deployment", "failed", "function", "sha", "step"}


def seconds(timeout: str) -> int:
    """A duration as Cloud Build writes it."""
    return int(timeout.removesuffix("s"))


def longest(step: dict[str, Any]) -> int:
    """Seconds until a step has ended, at most: its own time, after those that it waits for."""
    steps = list(STEPS.values())
    before = step.get("waitFor") or [each["id"] for each in steps[: steps.index(step)]]
    return seconds(step["timeout"]) + max((longest(STEPS[each]) for each in before), default=0)


def test_it_is_a_build_as_the_discovery_document_has_it() -> None:
    """Every field, in every step."""
    assert BUILD == checked_body(document("cloudbuild", "v1"), "Build", BUILD)


def test_each_step_ends_in_time_and_so_does_the_whole() -> None:
    """No step waits for what comes later; all of them one after the other fit into the build."""
    ids = list(STEPS)

    assert [] == [
        (step, each)
        for step in ids
        for each in STEPS[step].get("waitFor", [])
        if ids.index(each) >= ids.index(step)
    ]
    assert max(map(longest, STEPS.values())) <= seconds(BUILD["timeout"])


@pytest.mark.parametrize("step", ["lint", "test", "audit"])
def test_a_check_is_the_makefiles_own(step: str) -> None:
    """By its name there; and everything that is deployed waits for it."""
    assert ("make", [step]) == (STEPS[step]["entrypoint"], STEPS[step]["args"])
    assert re.search(rf"^{step}:", MAKEFILE, re.MULTILINE)
    assert step == "lint" or step in STEPS["upload"]["waitFor"]


def test_images_are_pinned() -> None:
    """By a tag that says the whole version."""
    assert {"python", "gcr.io/google.com/cloudsdktool/google-cloud-cli"} == {
        step["name"].partition(":")[0] for step in STEPS.values()
    }
    assert all(re.search(r":\d+\.\d+\.\d+-", step["name"]) for step in STEPS.values())


def test_it_runs_under_its_own_identity_whose_builds_need_a_place_for_logs() -> None:
    """Cloud Build refuses the one without the other."""
    account = "projects/$PROJECT_ID/serviceAccounts/fleetgate-build@$PROJECT_ID.iam.gserviceaccount.com"

    assert (account, "CLOUD_LOGGING_ONLY") == (BUILD["serviceAccount"], BUILD["options"]["logging"])


def test_scripts_read_only_what_there_is() -> None:
    """Cloud Build's own, and substitutions that have a default; each of those is read somewhere."""
    scripts = "\n".join(step.get("script", "") for step in STEPS.values())
    read = set(re.findall(r"\$\{?([A-Za-z_]+)", scripts)) - SHELL_S_OWN - {"deployments"}

    assert BUILD["options"]["automapSubstitutions"]
    assert {*BUILD["substitutions"]} | GIVEN == read


def test_no_script_goes_on_after_a_failure() -> None:
    """Not in the middle of a pipe either."""
    scripts = [step["script"] for step in STEPS.values() if "script" in step]

    assert ["#!/usr/bin/env bash", "set -euo pipefail"] * len(scripts) == [
        line for script in scripts for line in script.splitlines()[:2]
    ]
    assert "secret" not in FILE.read_text("utf-8").lower()
