""".ci/run: the oldest and the newest Python that are installed, and pytest's summary at the end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
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

# A Python that takes itself for another version.
POSING = """#!{python}
import sys
class Version(tuple):
    releaselevel = "{level}"
sys.version_info = Version((3, 99, 0, "{level}", 1))
exec(sys.argv[2])
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


def run(machine: Path, *, unset: tuple[str, ...] = ()) -> tuple[int, list[str]]:
    """Exit status and lines of `.ci/run`, with variables of its environment left out."""
    environment = {**os.environ, "PATH": str(machine / "bin"), "PYENV_ROOT": str(machine / "pyenv")}
    for name in unset:
        environment.pop(name, None)
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
        f"make lint PYTHON={machine}/bin/python3.11 VENV=.venv/3.11.9",
        f"make install PYTHON={machine}/pyenv/versions/3.14.0/bin/python3 VENV=.venv/3.14.0",
        "== the tests with Python 3.14.0",
        "summary of .venv/3.14.0",
        "== the tests with Python 3.11.9",
        "summary of .venv/3.11.9",
    ] == lines


def test_one_python_is_enough_and_that_is_told(machine: Path) -> None:
    """Two of the same minor version count as one."""
    python(machine / "bin" / "python3", "3.12.1")
    python(machine / "bin" / "python3.12", "3.12.4")

    status, lines = run(machine)

    assert (0, "summary of .venv/3.12.1") == (status, lines[-1])
    assert "== only one Python is installed: 3.12.1" in lines
    assert 1 == sum(line.startswith("summary") for line in lines)


def test_without_any_it_fails(machine: Path) -> None:
    """And says what is missing."""
    assert (1, ["there is no Python 3.11 or newer here"]) == run(machine)


@pytest.mark.parametrize(("level", "newest"), [("final", "3.99.0"), ("candidate", "3.12.1")])
def test_a_prerelease_does_not_count(machine: Path, level: str, newest: str) -> None:
    """What is asked of a Python is asked here of one that takes itself for another version."""
    python(machine / "bin" / "python3.12", "3.12.1")
    program(machine / "bin" / "python3.13", POSING.format(python=sys.executable, level=level))

    status, lines = run(machine)

    assert 0 == status
    assert f"summary of .venv/{newest}" == next(line for line in lines if line.startswith("summary"))


def test_failing_tests_fail_the_run(machine: Path) -> None:
    """With the status of pytest, whose summary is the last line."""
    python(machine / "bin" / "python3", "3.12.1")
    program(machine / "bin" / "make", MAKE.replace("#VENV=}'", "#VENV=}'; (exit 3)"))

    status, lines = run(machine)

    assert (3, "summary of .venv/3.12.1") == (status, lines[-1])


def test_failing_tests_with_the_newest_python_end_the_run(machine: Path) -> None:
    """The oldest could otherwise hide it with a good summary."""
    python(machine / "bin" / "python3.11", "3.11.9")
    python(machine / "bin" / "python3.12", "3.12.1")
    program(machine / "bin" / "make", MAKE.replace("#VENV=}'", "#VENV=}'; (exit 3)"))

    status, lines = run(machine)

    assert (3, "summary of .venv/3.12.1") == (status, lines[-1])


@pytest.mark.parametrize("told", ["exit 2", 'echo "lint"; exit 2', "exit 0"])
def test_a_make_that_does_not_tell_the_tests_fails_the_run(machine: Path, told: str) -> None:
    """Whatever it printed before it failed is not run."""
    python(machine / "bin" / "python3", "3.12.1")
    program(machine / "bin" / "make", MAKE.replace('echo "lint"; echo', f"{told}; echo"))

    status, lines = run(machine)

    assert 0 != status
    assert not any(line.startswith(("summary", "== the tests")) for line in lines)


def test_a_lint_that_fails_ends_the_run(machine: Path) -> None:
    """No tests are run of code that does not pass it."""
    python(machine / "bin" / "python3", "3.12.1")
    program(machine / "bin" / "make", MAKE.replace('echo "make $*"', 'echo "make $*"; exit 2'))

    status, lines = run(machine)

    assert (2, [f"make lint PYTHON={machine}/bin/python3 VENV=.venv/3.12.1"]) == (status, lines)


def test_nothing_of_the_environment_is_needed(machine: Path) -> None:
    """A build has no home folder, and no pyenv."""
    python(machine / "bin" / "python3", "3.12.1")

    status, lines = run(machine, unset=("HOME", "PYENV_ROOT"))

    assert (0, "summary of .venv/3.12.1") == (status, lines[-1])


def test_the_tests_are_those_of_the_makefile() -> None:
    """The last line of what make would do."""
    asked = ["make", "--silent", "--dry-run", "test", "VENV=.venv/x"]
    lines = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()

    assert lines[-1].startswith(".venv/x/bin/python -m pytest ")
