"""The tree of tests mirrors the code, so that a module's tests are where one looks first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.paths import ROOT

MIRRORED = ("functions", "shared", "fleetgate", "localcloud")
FUNCTIONS = sorted(path.parent for path in (ROOT / "functions").glob("*/main.py"))


@pytest.mark.parametrize("part", MIRRORED)
def test_a_folder_of_tests_has_the_name_of_what_it_tests(part: str) -> None:
    """A package, or a module."""
    folders = {path.parent for path in (ROOT / "tests" / part).rglob("test_*.py")}
    tested = [folder.relative_to(ROOT / "tests") for folder in folders]

    assert [] == [
        str(each)
        for each in sorted(tested)
        if not (ROOT / each).is_dir() and not (ROOT / each).with_suffix(".py").is_file()
    ]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda path: path.name)
def test_a_function_says_in_which_order_to_read_its_files(function: Path) -> None:
    """Each file is named there. `main.py` is what every function has."""
    told = (function / "__init__.py").read_text("utf-8")

    assert [] == [
        path.name
        for path in sorted(function.glob("*.py"))
        if path.name not in ("__init__.py", "main.py") and f"`{path.name}`" not in told
    ]


def test_projects_are_named_in_one_place() -> None:
    """Others import them from there."""
    assert [] == [
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("*.py")
        if path.name != "projects.py"
        and re.search(r'^PROJECT\w* *= "', path.read_text("utf-8"), re.MULTILINE)
    ]
