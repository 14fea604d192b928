"""The mutants that `make prove` has to find can be made of the product as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.crashes import REPEATING_MUTANTS
from tests.acceptance.races import RACES
from tests.acceptance.runs import Mutant

MUTANTS = {f"repeating {each.function}": each.mutant for each in REPEATING_MUTANTS} | {
    race.name: race.mutant for race in RACES
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_python_that_knows_its_names(name: str, tmp_path: Path) -> None:
    """One that fails at its first line would be found by anything."""
    mutant: Mutant = MUTANTS[name]
    root = mutant.build(tmp_path)
    changed = [str(root / file) for file, _, _ in mutant.changes]

    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--no-cache",
        "--select",
        "F821",
        *changed,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout
