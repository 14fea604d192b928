"""A folder of specs is read whole, and refused whole."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from fleetgate.cli import app
from fleetgate.repository import FaultyFolder, read_folder
from tests.acceptance.runs import STORE


def write(folder: Path, file: str, **changes: object) -> Path:
    """The tutorial's environment with other values, in a file of this name."""
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({**STORE, **changes}), "utf-8")
    return path


def faults(folder: Path) -> list[tuple[str, str]]:
    """(file, path in it) of what is wrong."""
    with pytest.raises(FaultyFolder) as refused:
        read_folder(folder, "home-project")
    return [(str(path.relative_to(folder)), fault.path) for path, fault in refused.value.faults]


def test_specs_are_found_by_their_ending_in_folders_below_too(tmp_path: Path) -> None:
    """What is no spec is passed over."""
    write(tmp_path, "team-b/store.yml", name="b", project="b-project")
    write(tmp_path, "store.yaml", name="a")
    (tmp_path / "README.md").write_text("Ours.")

    kept = read_folder(tmp_path, "home-project")

    assert [("a", "home-project"), ("b", "b-project")] == [
        (each.environment.name, each.environment.project) for each in kept
    ]


def test_every_fault_of_every_spec_is_told(tmp_path: Path) -> None:
    """With its file; also of one that is no YAML at all."""
    write(tmp_path, "a.yaml", name="A", ttl="3")
    write(tmp_path, "b.yaml", name="b")
    (tmp_path / "c.yaml").write_text("a: [")

    assert [("a.yaml", "name"), ("a.yaml", "ttl"), ("c.yaml", ".")] == sorted(faults(tmp_path))


def test_two_specs_of_one_name_or_one_fleet_are_refused(tmp_path: Path) -> None:
    """A fleet has one gateway, so that the second could only be blocked."""
    write(tmp_path, "a.yaml", name="a", project="one-project")
    write(tmp_path, "b.yaml", name="a", project="two-project")
    write(tmp_path, "c.yaml", name="c", project="one-project")

    assert [("b.yaml", "name"), ("c.yaml", "project")] == faults(tmp_path)


def test_a_folder_that_is_not_there_is_not_an_empty_one(tmp_path: Path) -> None:
    """Or a slip of the pen would tear everything down."""
    with pytest.raises(FaultyFolder):
        read_folder(tmp_path / "enviroments", "home-project")


def test_nothing_is_asked_of_google_if_one_spec_is_faulty(tmp_path: Path) -> None:
    """Every fault is on stderr, and the exit status says bad usage."""
    path = write(tmp_path, "a.yaml", ttl="3")
    token = tmp_path / "token"
    token.write_text("a-token")
    nowhere = {
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": "http://127.0.0.1:9/compute/v1/",
    }

    result = CliRunner().invoke(app, ["reconcile", str(tmp_path), "--project", "home-project"], env=nowhere)

    assert (64, "") == (result.exit_code, result.stdout)
    line = path.read_text("utf-8").splitlines().index("ttl: '3'") + 1
    head, fault = result.stderr.splitlines()[:2]
    assert ("1 fault; nothing was published", True) == (head, fault.startswith(f"  {path}:{line}:1: ttl: "))
