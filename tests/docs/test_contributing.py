"""CONTRIBUTING.md: its worked examples are put into a copy of the project, and their tests are run there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, Fence, fences

pytestmark = pytest.mark.xdist_group("contributing")  # one copy serves them all

PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
EXAMPLES = [fence for fence in fences(PAGE) if fence.file]
COPIED = ("functions", "shared", "fleetgate", "localcloud", "tests", "workflows", "examples")


def put(root: Path, fence: Fence) -> Path:
    """The example's file in `root`, written anew, or changed as a diff says; it."""
    path = root / fence.file
    if fence.language == "diff":
        path.write_text(changed(path.read_text("utf-8"), fence.lines), "utf-8")
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    for folder in path.relative_to(root).parents:
        if folder.parts and fence.language == "python" and not (root / folder / "__init__.py").exists():
            (root / folder / "__init__.py").write_text('"""A package of an example."""\n')
    path.write_text("\n".join(fence.lines) + "\n", "utf-8")
    return path


def changed(text: str, lines: Sequence[str]) -> str:
    """A file with each line that begins with + put behind the line above it, which the file must have once."""
    found, before = text.splitlines(), ""
    for line in lines:
        if line.startswith("+"):
            found.insert(found.index(before) + 1, line[1:])
        else:
            assert 1 == found.count(line[1:]), f"{line[1:]!r} is there {found.count(line[1:])} times"
        before = line[1:]
    return "\n".join(found) + "\n"


def ran(root: Path, *command: str) -> str:
    """What a module of Python's prints in `root`; it must succeed."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=root, capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with every example in it."""
    root = tmp_path_factory.mktemp("project")
    for part in COPIED:
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    for fence in EXAMPLES:
        put(root, fence)
    return root


def test_there_is_an_example_of_each_kind_with_a_test() -> None:
    """A step, a rule and a service."""
    tests = [fence.file for fence in EXAMPLES if fence.file.startswith("tests/")]
    assert ["tests/functions", "tests/shared", "tests/localcloud"] == [
        "/".join(each.split("/")[:2]) for each in tests
    ]


def test_the_examples_pass_their_tests(copy: Path) -> None:
    """All of them in one run."""
    tests = [fence for fence in EXAMPLES if fence.file.startswith("tests/")]
    printed = ran(copy, "pytest", "-p", "no:cacheprovider", *(fence.file for fence in tests))

    written = sum(line.startswith("def test_") for fence in tests for line in fence.lines)
    assert re.search(rf"^{written} passed", printed, re.MULTILINE), printed


def test_the_examples_are_as_the_linter_wants_code(copy: Path) -> None:
    """Formatted, with docstrings, and nothing unused."""
    files = sorted({fence.file for fence in EXAMPLES if fence.file.endswith(".py")})

    ran(copy, "ruff", "check", "--no-cache", *files)
    ran(copy, "ruff", "format", "--no-cache", "--check", *files)


@pytest.mark.long  # a third of a minute
def test_the_examples_are_typed(copy: Path) -> None:
    """As strictly as the rest."""
    files = sorted({fence.file for fence in EXAMPLES if fence.file.endswith(".py")})

    ran(copy, "mypy", "--cache-dir", str(copy / ".mypy_cache"), *files)
