"""`pytest -m proof`: the large proofs, in pieces, and what they came to in `out/proof.json`.

A proof is every test item that is marked with its name, such as `@pytest.mark.proof("no races")`. Each of them is a
piece; a piece tries a number of things, and tells of each whether it held. Pieces can be run one by one (`-k`), on
other days and other commits: the file keeps what each came to, and on which commit.
"""

from __future__ import annotations

import json
import subprocess
import traceback
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.support.paths import ROOT

OUT = ROOT / "out" / "proof.json"
PROPERTY = "proof"  # of a report: what the piece came to
T = TypeVar("T")
SHOWN = 20  # failures of a proof that the summary shows; the file has them all


@dataclass
class Piece:
    """What came of one piece. `failed` says what did not hold; `facts` are its figures."""

    proof: str
    tried: int = 0
    held: int = 0
    failed: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    commit: str = ""

    def judge(self, violation: str, weight: int = 1) -> None:
        """Count something that was tried: `violation` is what is wrong with it, or ""."""
        self.tried += weight
        if violation:
            self.failed.append(violation)
        else:
            self.held += weight

    def judge_each(
        self, case: Callable[..., str], arguments: Sequence[tuple[Any, ...]], weights: Sequence[int] = ()
    ) -> None:
        """Judge what `case` says of each; a case that raises has not held, and the others are tried all the same."""
        for number, each in enumerate(arguments):
            try:
                violation = case(*each)
            except Exception:
                violation = f"{each[:2]!r:.200}: {traceback.format_exc()[-1500:]}"
            self.judge(violation, weights[number] if weights else 1)

    def conclude(self) -> None:
        """The end of the piece.

        Raises:
            AssertionError: something did not hold.
        """
        assert self.tried, "nothing was tried"
        assert not self.failed, "\n".join(self.failed)


def part(everything: Sequence[T], number: int, parts: int) -> Sequence[T]:
    """A part of `parts` of something that is known at run time alone, such as the points of a crash matrix."""
    return everything[number::parts]


@dataclass
class Proof:
    """What all pieces of one proof came to."""

    name: str
    pieces: dict[str, Piece | None]  # by node id; None: it has not been run

    @property
    def run(self) -> list[Piece]:
        """Those that have been run."""
        return [each for each in self.pieces.values() if each is not None]

    @property
    def failed(self) -> list[str]:
        """What did not hold."""
        return [each for piece in self.run for each in piece.failed]

    @property
    def holds(self) -> bool:
        """Every piece has been run on one commit, and all that it tried held."""
        return len(self.run) == len(self.pieces) and not self.failed and len(self.commits) == 1

    @property
    def commits(self) -> list[str]:
        """The commits that pieces ran on."""
        return sorted({each.commit for each in self.run})

    def wire(self) -> dict[str, Any]:
        """As the file has it."""
        return {
            "name": self.name,
            "holds": self.holds,
            "tried": sum(each.tried for each in self.run),
            "held": sum(each.held for each in self.run),
            "failed": self.failed,
            "seconds": round(sum(each.seconds for each in self.run), 1),
            "facts": merged([each.facts for each in self.run]),
            "commits": self.commits,
            "pieces": {name: each and _wire(each) for name, each in sorted(self.pieces.items())},
        }

    def __str__(self) -> str:
        told = self.wire()
        line = f"{self.name}: {told['held']} of {told['tried']} held, {told['seconds']:.0f} s"
        if len(self.run) < len(self.pieces):
            line += f", {len(self.run)} of {len(self.pieces)} pieces"
        if len(self.commits) > 1:
            line += f", on {len(self.commits)} commits: {', '.join(each[:12] for each in self.commits)}"
        return f"{line} {json.dumps(told['facts'])}" if told["facts"] else line


def _wire(piece: Piece) -> dict[str, Any]:
    return {key: value for key, value in asdict(piece).items() if key != "proof"}


def merged(facts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The figures of several pieces: numbers are added up, lists joined, mappings merged, and words the last one's."""
    found: dict[str, Any] = {}
    for key in dict.fromkeys(key for each in facts for key in each):
        values = [each[key] for each in facts if key in each]
        if all(isinstance(each, Mapping) for each in values):
            found[key] = merged(values)
        elif all(isinstance(each, list) for each in values):
            found[key] = sorted({word for each in values for word in each})
        elif all(isinstance(each, int | float) for each in values):
            found[key] = sum(values)
        else:
            found[key] = values[-1]
    return found


class ProofReport:
    """The plugin: hears of pieces that ended, in this process or in xdist's workers, and keeps the file."""

    def __init__(self, config: pytest.Config, out: Path = OUT) -> None:
        self._config = config
        self._out = out
        self._known: dict[
            str, str
        ] = {}  # the proof of every piece that was collected, whether or not it runs
        self._ended: dict[str, Piece] = {}
        self._broken: dict[str, str] = {}
        self._proofs: list[Proof] = []

    @property
    def _is_worker(self) -> bool:
        return hasattr(self._config, "workerinput")

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Before any of them is deselected."""
        self._known |= {item.nodeid: proof_of(item) for item in items if item.get_closest_marker("proof")}
        if self._is_worker:
            self._config.workeroutput["proofs"] = self._known  # type: ignore[attr-defined]  # xdist's, for its controller

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker of xdist has ended."""
        self._known |= getattr(node, "workeroutput", {}).get("proofs", {})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A phase of a test has ended."""
        told = dict(report.user_properties).get(PROPERTY)
        if isinstance(told, dict) and report.when == "call":
            self._ended[report.nodeid] = Piece(**{**told, "seconds": round(report.duration, 1)})
        if report.failed:
            self._broken[report.nodeid] = _last_words(report)

    def pytest_sessionfinish(self) -> None:
        """Write the file, unless no piece was run."""
        if self._is_worker:
            return
        for name in self._broken.keys() & self._known.keys():
            piece = self._ended.setdefault(name, Piece(self._known[name]))
            if not piece.failed:
                piece.judge(f"{name}: {self._broken[name]}")
        if not self._ended:
            return
        commit = _commit()
        for piece in self._ended.values():
            piece.commit = commit
        self._proofs = proofs(self._out, self._known, self._ended)
        write(self._out, self._proofs)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """A line a proof."""
        ran = {each.proof for each in self._ended.values()}
        for proof in self._proofs:
            if proof.name in ran:
                terminalreporter.write_line(str(proof))
                for failure in proof.failed[:SHOWN]:
                    terminalreporter.write_line(f"    {failure}")
        if self._proofs:
            left = [proof.name for proof in self._proofs if not proof.holds]
            text = f"not held or not whole: {', '.join(left)}" if left else "everything held"
            terminalreporter.write_line(f"{self._out}: {text}")


def _last_words(report: pytest.TestReport) -> str:
    """What a test failed with, without the way there."""
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message if crash else report.longreprtext)[-1500:]


def proof_of(item: pytest.Item) -> str:
    """The name of the proof that an item is a piece of; `{x}` in it stands for the item's parameter x."""
    marker = item.get_closest_marker("proof")
    assert marker is not None
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return str(marker.args[0]).format(**parameters)


def proofs(out: Path, known: Mapping[str, str], ended: Mapping[str, Piece]) -> list[Proof]:
    """Every proof: what `out` remembers of pieces that there still are, and what has ended now."""
    files = {_file(name) for name in known}
    remembered = {
        name: piece for name, piece in _remembered(out).items() if _file(name) not in files or name in known
    }
    pieces: dict[str, Piece | None] = {**dict.fromkeys(known), **remembered, **ended}
    names = {name: piece.proof if piece else known[name] for name, piece in pieces.items()} | dict(known)
    by_proof: dict[str, dict[str, Piece | None]] = defaultdict(dict)
    for name, piece in pieces.items():
        by_proof[names[name]][name] = piece
    return [Proof(name, by_proof[name]) for name in sorted(by_proof)]


def _file(name: str) -> str:
    return name.partition("::")[0]


def _remembered(out: Path) -> dict[str, Piece]:
    """The pieces in a file that `write` made; none of a file in an older form."""
    if not out.exists():
        return {}
    try:
        return {
            name: Piece(proof=proof["name"], **piece)
            for proof in json.loads(out.read_text("utf-8"))["proofs"]
            for name, piece in proof["pieces"].items()
            if piece is not None
        }
    except (KeyError, TypeError, ValueError):
        return {}


def write(out: Path, every: Sequence[Proof]) -> None:
    """The file anew."""
    out.parent.mkdir(exist_ok=True)
    told = {"holds": all(each.holds for each in every), "proofs": [each.wire() for each in every]}
    out.write_text(json.dumps(told, indent=2) + "\n", "utf-8")


def _commit() -> str:
    """What is checked out, with a mark if files have been changed since."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    return (git("rev-parse", "HEAD") or "unknown") + (" with changes" if git("status", "--porcelain") else "")
