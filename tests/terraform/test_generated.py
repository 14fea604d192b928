"""What is generated in terraform-bootstrap/ is up to date."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.terraform.configuration import MODULES, blocks
from tests.terraform.generated import END, files, placeholder, variables


def test_generated_files_are_what_would_be_written() -> None:
    """Else run: python -m tests.terraform.generated"""
    assert [] == [path for path, content in files() if path.read_bytes() != content]


def test_the_first_archive_is_the_same_twice() -> None:
    """Its bytes depend on its files alone."""
    assert placeholder() == placeholder()


@pytest.mark.parametrize("folder", MODULES, ids=lambda each: each.name)
def test_everything_is_described_and_typed(folder: Path) -> None:
    """Variables and outputs say what they are, in a sentence."""
    for each in blocks(folder, "variable", "output"):
        assert each.body["description"].strip('"').endswith("."), each.address
        assert each.kind == "output" or "type" in each.body, each.address


@pytest.mark.parametrize("folder", MODULES, ids=lambda each: each.name)
def test_a_refused_value_is_told_with_field_fault_and_fix(folder: Path) -> None:
    """The variable's name, what is expected, and what to do, in a sentence each."""
    for each in blocks(folder, "variable"):
        for validation in each.body.get("validation", []):
            message = validation["error_message"].strip('"')
            assert message.startswith(f"{each.type}: "), message
            assert re.search(r"\. .+\.$", message), message


def test_a_variable_that_must_be_given_comes_first() -> None:
    """The table is read from the top."""
    assert variables(MODULES[0]).splitlines()[2].startswith("| `project_id` |")


@pytest.mark.parametrize("folder", MODULES, ids=lambda each: each.name)
def test_nothing_follows_the_tables(folder: Path) -> None:
    """What a person writes stands before them, where it is not lost."""
    assert (folder / "README.md").read_text("utf-8").endswith(END + "\n")
