""".ci/run: the oldest and the newest Python that are installed, and pytest's summary at the end."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.paths import ROOT

NEEDED = ("bash", "dirname", "env", "head", "sort", "tail")
# Says what it was asked to do; asked what the tests are, it names the virtual environment that they are for.
MAKE = """#!/usr/bin/env bash
last="${@: -1}"
case "$*" in
  *--dry-run*) echo "lint"; echo "echo 'summary of ${last#VENV=}'" ;;
  *) echo "make $*" ;;
esac
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder with `.ci/run`, and a PATH with what that needs and no Python."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    (tmp_path / "bin").mkdir()
    for name in NEEDED:
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or name)
    program(tmp_path / "bin" / "make", MAKE)
    return tmp_path


def program(path: Path, text: str) -> None:
    """An executable file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def python(path: Path, version: str) -> None:
    """A Python that says which it is; "" is one that cannot make virtual environments, or is too old."""
    program(path, f'#!/usr/bin/env bash\n[ -n "{version}" ] && echo "{version} {path}"\n')


def run(machine: Path) -> tuple[int, list[str]]:
    """Exit status and lines of `.ci/run`."""
    environment = {**os.environ, "PATH": str(machine / "bin"), "PYENV_ROOT": str(machine / "pyenv")}
    done = subprocess.run(
        [machine / ".ci" / "run"], env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.splitlines() + done.stderr.splitlines()


def test_the_newest_goes_first_and_the_oldest_ends_the_log(machine: Path) -> None:
    """Each in its own virtual environment; what lies between them is left out."""
    for version in ("3.11.9", "3.12.1"):
        python(machine / "bin" / f"python{version[:4]}", version)
    python(machine / "bin" / "python3.13", "")
    python(machine / "pyenv" / "versions" / "3.14.0" / "bin" / "python3", "3.14.0")

    status, lines = run(machine)

    assert 0 == status
    assert [
        f"make lint PYTHON={machine}/bin/python3.11",
        f"make install PYTHON={machine}/pyenv/versions/3.14.0/bin/python3 VENV=.venv/3.14.0",
        "== the tests with Python 3.14.0",
        "summary of .venv/3.14.0",
        "== the tests with Python 3.11.9",
        "summary of .venv",
    ] == lines


def test_one_python_is_enough_and_that_is_told(machine: Path) -> None:
    """Two of the same minor version count as one."""
    python(machine / "bin" / "python3", "3.12.1")
    python(machine / "bin" / "python3.12", "3.12.4")

    status, lines = run(machine)

    assert (0, "summary of .venv") == (status, lines[-1])
    assert "== only one Python is installed: 3.12.1" in lines
    assert 1 == sum(line.startswith("summary") for line in lines)


def test_without_any_it_fails(machine: Path) -> None:
    """And says what is missing."""
    assert (1, ["there is no Python 3.11 or newer here"]) == run(machine)


def test_the_tests_are_those_of_the_makefile() -> None:
    """The last line of what make would do."""
    asked = ["make", "--silent", "--dry-run", "test", "VENV=.venv/x"]
    lines = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()

    assert lines[-1].startswith(".venv/x/bin/python -m pytest ")
