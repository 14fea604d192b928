"""`out/proof.json` tells what every proof came to, piece by piece, and never more than was run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import ROOT
from tests.support.proofs import Piece, Proof, merged, proofs, write

ONE, TWO, OTHER = "tests/a.py::one", "tests/a.py::two", "tests/b.py::other"
PLUGIN = """
from pathlib import Path
from tests.proofs.conftest import piece
from tests.support.proofs import ProofReport

def pytest_configure(config):
    config.addinivalue_line("markers", "proof(name): a piece")
    config.pluginmanager.register(ProofReport(config, Path({folder!r}) / "proof.json"))
"""
PIECES = """
import pytest

@pytest.mark.proof("sums of {start}")
@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("start", ["one"])
def test_sum(piece, start, number):
    piece.judge_each(lambda n: "" if n < 2 else f"{n} is too much", [(number,), (0,)])
    piece.facts = {"numbers": [str(number)], "count": 1}
    piece.conclude()

@pytest.mark.proof("broken")
def test_broken(piece):
    raise ValueError("no luck")
"""


def ran(proof: str, commit: str = "c1", **fields: Any) -> Piece:
    """A piece that tried one thing."""
    return Piece(proof, **{"tried": 1, "held": 1, "commit": commit, **fields})


@pytest.fixture
def pytest_in(tmp_path: Path) -> Any:
    """Runs the pieces above; the lines of the summary, and the file."""
    (tmp_path / "conftest.py").write_text(PLUGIN.replace("{folder!r}", repr(str(tmp_path))))
    (tmp_path / "test_sums.py").write_text(PIECES)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")

    def run(*words: str) -> tuple[list[str], dict[str, Any]]:
        plain = ("no:hypothesispytest", "no:randomly", "no:cacheprovider")
        plugins = [word for each in plain for word in ("-p", each)]
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            *plugins,
            f"--rootdir={tmp_path}",
            str(tmp_path),
            *words,
        ]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        file = tmp_path / "proof.json"
        return done.stdout.splitlines(), json.loads(file.read_text()) if file.exists() else {}

    return run


def test_pieces_of_every_worker_make_one_proof(pytest_in: Any) -> None:
    """With what each tried, what did not hold, and the figures of all."""
    lines, told = pytest_in("-n", "2")
    by_name = {each["name"]: each for each in told["proofs"]}
    sums = by_name["sums of one"]

    assert (6, 5, ["2 is too much"]) == (sums["tried"], sums["held"], sums["failed"])
    assert {"numbers": ["0", "1", "2"], "count": 3} == sums["facts"]
    assert (1, 0) == (by_name["broken"]["tried"], by_name["broken"]["held"])
    assert "no luck" in by_name["broken"]["failed"][0]
    assert told["holds"] is False
    assert any(line.startswith("sums of one: 5 of 6 held") for line in lines)


def test_a_piece_that_was_not_run_is_told(pytest_in: Any) -> None:
    """Though all that was run held."""
    lines, told = pytest_in("-k", "sum and 0")
    (sums,) = (each for each in told["proofs"] if each["name"] == "sums of one")

    assert (2, 2, False) == (sums["tried"], sums["held"], sums["holds"])
    assert [None, None] == [piece for piece in sums["pieces"].values() if piece is None]
    assert any("1 of 3 pieces" in line for line in lines)


def test_without_a_proof_nothing_is_written(pytest_in: Any) -> None:
    """A run of other tests leaves the file as it is."""
    lines, told = pytest_in("-m", "not proof")

    assert {} == told
    assert not any("proof.json" in line for line in lines)


def test_what_ran_earlier_is_remembered_with_its_commit(tmp_path: Path) -> None:
    """A proof that ran on two commits is whole on none."""
    out = tmp_path / "proof.json"
    write(out, proofs(out, {ONE: "p", TWO: "p"}, {ONE: ran("p", "c1")}))
    (proof,) = proofs(out, {ONE: "p", TWO: "p"}, {TWO: ran("p", "c2")})

    assert ["c1", "c2"] == proof.commits
    assert not proof.holds
    assert "on 2 commits: c1, c2" in str(proof)


def test_a_piece_that_is_gone_is_forgotten_with_its_file_alone(tmp_path: Path) -> None:
    """What lies in files that were not collected now is still there."""
    out = tmp_path / "proof.json"
    write(out, proofs(out, {ONE: "p", TWO: "p", OTHER: "q"}, {ONE: ran("p"), TWO: ran("p"), OTHER: ran("q")}))

    assert {"p": [ONE], "q": [OTHER]} == {
        each.name: list(each.pieces) for each in proofs(out, {ONE: "p"}, {ONE: ran("p")})
    }


@pytest.mark.parametrize(
    ("pieces", "holds"),
    [
        ({ONE: ran("p"), TWO: ran("p")}, True),
        ({ONE: ran("p"), TWO: None}, False),
        ({ONE: ran("p"), TWO: ran("p", failed=["x"], held=0)}, False),
        ({ONE: ran("p"), TWO: ran("p", "c2")}, False),
    ],
)
def test_a_proof_holds_when_all_of_it_held_on_one_commit(
    pieces: dict[str, Piece | None], holds: bool
) -> None:
    """And in no other case."""
    assert holds is Proof("p", pieces).holds


def test_figures_of_pieces_become_those_of_the_whole() -> None:
    """Numbers add up, lists join, mappings merge."""
    assert {"n": 3, "list": ["a", "b"], "map": {"x": 1, "y": 2}, "word": "b"} == merged(
        [
            {"n": 1, "list": ["b"], "map": {"x": 1}, "word": "a"},
            {"n": 2, "list": ["a"], "map": {"y": 2}, "word": "b"},
        ]
    )
