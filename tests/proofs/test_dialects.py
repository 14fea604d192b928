"""The suite of `make test`, in local clouds that behave in each way that Google's pages leave open."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.proofs import Piece

PARTS = sorted(
    each.name
    for each in (ROOT / "tests").iterdir()
    if each.is_dir() and each.name != "proofs" and any(each.rglob("test_*.py"))
)


@pytest.mark.proof("the suite in each way that Google leaves open")
@pytest.mark.parametrize("way", ["--both-sides", "--contested"])
@pytest.mark.parametrize("part", PARTS)
def test_the_suite_passes_in_each_way(piece: Piece, part: str, way: str, tmp_path: Path) -> None:
    """Each folder of tests in a pytest of its own; what is skipped there is not counted."""
    results = tmp_path / "results.xml"
    chosen = ["-m", "not long and not proof", f"--junit-xml={results}", f"tests/{part}"]
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", way, *chosen],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    for case in ET.parse(results).iter("testcase"):
        if case.find("skipped") is None:
            piece.judge(_violation(case))
    piece.conclude()


def _violation(case: ET.Element) -> str:
    found = case.find("failure")
    broken = case.find("error") if found is None else found
    return "" if broken is None else f"{case.get('classname')}.{case.get('name')}: {broken.get('message')}"
