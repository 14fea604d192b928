"""The list of permissions, and whoever names one: methods of services, roles of Google's, Fleetgate's role files."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from fleetgate.local.roles import FOLDER
from localcloud.iam.catalog import is_predefined, permissions, predefined
from localcloud.serviceusage.known import known
from tests.localcloud.iam.test_methods import methods
from tests.support.paths import ROOT


def unknown(names: Iterable[str]) -> set[str]:
    """Those of `names` that are no permissions."""
    return set(names) - permissions()


def test_what_methods_take_are_permissions() -> None:
    """Else a role that lets somebody call one could not be made."""
    assert set() == unknown(rule.permission for rules in methods().values() for rule in rules)


def lint(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What `make lint` says of role files."""
    command = [sys.executable, "-m", "fleetgate.local.roles", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_what_role_files_name_are_permissions() -> None:
    """IAM refuses to make a custom role otherwise, and everything that waits for it."""
    assert (0, "") == (lint().returncode, lint().stderr)


def test_a_planted_name_fails_lint(tmp_path: Path) -> None:
    """In whichever part of a role file it stands, with the file, the fault and the fix."""
    folder = tmp_path / "roles"
    shutil.copytree(FOLDER, folder)
    for step, section in (("build", "home"), ("clusters", "fleet"), ("check", "source")):
        file = folder / f"{step}.yaml"
        document = yaml.safe_load(file.read_text("utf-8"))
        document[section]["cloudfunctions.runtimes.list"] = "planted"
        file.write_text(yaml.safe_dump(document), "utf-8")

    done = lint(str(folder))
    assert 1 == done.returncode
    assert ["roles/build.yaml", "roles/check.yaml", "roles/clusters.yaml"] == [
        line.partition(": ")[0] for line in done.stderr.splitlines()
    ]
    assert all("cloudfunctions.runtimes.list is no permission" in line for line in done.stderr.splitlines())


def test_the_list_is_of_permissions() -> None:
    """Three words at least, none twice."""
    assert len(permissions()) > 2000
    assert all(len(each.split(".")) == 3 for each in permissions())


@pytest.mark.parametrize("role", sorted(predefined()))
def test_a_role_that_is_known_is_one_of_those_there_are(role: str) -> None:
    """And holds something."""
    assert is_predefined(role)
    assert predefined()[role].permissions


def test_roles_that_agents_get_by_themselves_are_there() -> None:
    """By the names that Google gives them."""
    assert all(is_predefined(api.granted) for api in known().values() if api.granted)
    assert [False, None] == [is_predefined("roles/pubsub.none"), is_predefined("roles/bigquery.admin")]
