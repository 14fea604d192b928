"""Terraform itself, where it is installed: format, references and types, plans with mocked providers.

The provider is a schema on loopback (`tests.terraform.provider`), so no registry and no cloud is asked.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.terraform.configuration import BOOTSTRAP, blocks
from tests.terraform.graph import before, graph_of
from tests.terraform.provider import served

pytestmark = [
    pytest.mark.judge,
    pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed"),
    pytest.mark.xdist_group("terraform"),
]

EXAMPLES = sorted((BOOTSTRAP / "examples").glob("*.tfvars"))
IGNORED = shutil.ignore_patterns(".terraform*", "terraform.tfvars", "*.tfstate*")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Variables under which terraform asks the served provider alone, and no home of anybody's."""
    home = tmp_path_factory.mktemp("home")
    (home / "terraform.rc").touch()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "GOOGLE_"))}
    own = {"HOME": str(home), "TF_CLI_CONFIG_FILE": str(home / "terraform.rc"), "CHECKPOINT_DISABLE": "1"}
    with served() as provider:
        yield {**inherited, **own, **provider}


@pytest.fixture(scope="module")
def bootstrap(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the bootstrap beside a copy of the workflow, initialised."""
    root = tmp_path_factory.mktemp("terraform")
    shutil.copytree(BOOTSTRAP, root / BOOTSTRAP.name, ignore=IGNORED)
    shutil.copytree(ROOT / "workflows", root / "workflows")
    _run(root / BOOTSTRAP.name, environment, "init", "-backend=false", "-input=false")
    return root / BOOTSTRAP.name


def _run(folder: Path, environment: dict[str, str], *arguments: str) -> str:
    command = ["terraform", arguments[0], "-no-color", *arguments[1:]]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_files_are_formatted(environment: dict[str, str]) -> None:
    """As `terraform fmt` writes them."""
    assert _run(BOOTSTRAP, environment, "fmt", "-check", "-recursive") == ""


def test_the_configuration_is_valid(bootstrap: Path, environment: dict[str, str]) -> None:
    """Every reference, type and argument, by Terraform's own judgement."""
    assert "The configuration is valid." in _run(bootstrap, environment, "validate")


def test_an_invalid_configuration_is_not(
    bootstrap: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """The served schema is the one that is asked."""
    shutil.copytree(bootstrap.parent, tmp_path, dirs_exist_ok=True)
    folder = tmp_path / bootstrap.name
    (folder / "wrong.tf").write_text('resource "google_pubsub_topic" "wrong" {\n  colour = "red"\n}\n')
    with pytest.raises(AssertionError, match=r'argument named "colour" is not expected here'):
        _run(folder, environment, "validate")


def test_the_example_of_the_readme_is_accepted(
    bootstrap: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """Its values pass every validation, and what is derived from them is as the page says."""
    readme = (BOOTSTRAP / "README.md").read_text("utf-8")
    (example,) = re.findall(r"```hcl terraform\.tfvars\n(.*?)```", readme, re.DOTALL)
    for each in ("variables.tf", "locals.tf"):
        shutil.copy(bootstrap / each, tmp_path)
    shutil.copytree(bootstrap / "roles", tmp_path / "roles")
    (tmp_path / "terraform.tfvars").write_text(example, "utf-8")
    (tmp_path / "said.tf").write_text(
        'output "said" {\n  value = [keys(local.functions), local.fleet_projects]\n}\n'
    )
    _run(tmp_path, environment, "init", "-input=false")
    planned = _run(tmp_path, environment, "plan", "-input=false", "-refresh=false")
    for name in ("verification-default", "verification-shared", "shop-prod", "shop-stage"):
        assert f'"{name}"' in planned


def test_terraform_makes_things_in_the_order_that_the_references_tell(
    bootstrap: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """`tests.terraform.graph` reads the same edges between the bootstrap's resources as Terraform itself."""
    shutil.copytree(bootstrap.parent, tmp_path, dirs_exist_ok=True)
    folder = tmp_path / bootstrap.name
    (folder / "override.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    _run(folder, environment, "init", "-input=false", "-reconfigure")
    told: dict[str, set[str]] = {}
    for one, other in re.findall(r'"([^"]+)" -> "([^"]+)"', _run(folder, environment, "graph")):
        told.setdefault(one, set()).add(other)
    read = graph_of(BOOTSTRAP)
    resources = [each.address for each in blocks(BOOTSTRAP, "resource", "data")]
    assert len(told) > 20
    for each in resources:
        assert before(told, each) - before(read, each) == set(), each
        assert {name for name in before(read, each) if name in resources} - before(told, each) == set(), each


@pytest.mark.long
@pytest.mark.parametrize(("name", "runs"), [("defaults", 1), ("fleets", 1), ("refusals", 43)])
def test_plans_are_as_they_should_be(
    bootstrap: Path, environment: dict[str, str], name: str, runs: int
) -> None:
    """What is made when only the project is said; several projects and networks; what variables refuse."""
    told = _run(bootstrap, environment, "test", f"-filter=tests/{name}.tftest.hcl")
    assert f"{runs} passed, 0 failed." in told


@pytest.mark.long
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.stem)
def test_an_example_is_a_plan(bootstrap: Path, environment: dict[str, str], example: Path) -> None:
    """Its values pass every validation, and every check of the bootstrap's."""
    told = _run(
        bootstrap,
        environment,
        "test",
        "-test-directory=tests/examples",
        f"-var-file={bootstrap / 'examples' / example.name}",
    )
    assert "1 passed, 0 failed." in told


@pytest.mark.long
@pytest.mark.skipif(shutil.which("checkov") is None, reason="checkov is not installed")
def test_checkov_finds_nothing(environment: dict[str, str]) -> None:
    """What it would find is mended, or suppressed where it stands, with the reason."""
    command = ["checkov", "--directory", str(BOOTSTRAP), "--framework", "terraform", "--quiet", "--compact"]
    done = subprocess.run(
        [*command, "--skip-download"], env=environment, capture_output=True, text=True, check=False
    )
    assert "Failed checks: 0" in done.stdout, done.stdout + done.stderr
