"""People's regular expressions are RE2's: none of them holds the cloud, and what RE2 has not is refused."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from localcloud.patterns import BadPattern, compiled

ROOT = Path(__file__).parents[2] / "localcloud"
EXPONENTIAL = "(a+)+$"  # Python's `re` would take 2^n steps for n letters and a wrong end


def test_an_exponential_expression_takes_no_time() -> None:
    """With Python's own this test would not end."""
    assert compiled(EXPONENTIAL).search("a" * 100_000 + "!") is None


@pytest.mark.parametrize("pattern", ["(", "(?=a)", r"(a)\1", "a{1001}"])
def test_what_is_no_expression_of_re2_is_refused(pattern: str) -> None:
    """Look-around and references back are Python's alone."""
    with pytest.raises(BadPattern):
        compiled(pattern)


def test_places_are_counted_in_characters() -> None:
    """As Python counts them, not in bytes."""
    assert [(4, "é")] == [(each.start(), each.group()) for each in compiled("é$").finditer("xéé😀é")]


@pytest.mark.parametrize(
    "path", sorted(ROOT.rglob("*.py")), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_no_expression_of_somebody_elses_goes_through_pythons_re(path: Path) -> None:
    """A call of `re` names its pattern where it stands, or by a constant of the module."""
    if path.relative_to(ROOT).as_posix() in OF_OUR_OWN:
        return
    tree = ast.parse(path.read_text("utf-8"))
    calls = [
        each
        for each in ast.walk(tree)
        if isinstance(each, ast.Call) and re.match(r"re\.(?!escape)", ast.unparse(each.func))
    ]
    assert [] == [ast.unparse(each) for each in calls if not _is_ours(each.args[0])]


# Patterns that are put together of our own constants, out of sight of this test.
OF_OUR_OWN = {
    "cel/faults.py",  # a table of words
    "kubernetes/names.py",  # a table of forms
    "workflows/source.py",  # YAML's own types
}


def _is_ours(pattern: ast.expr) -> bool:
    if isinstance(pattern, ast.JoinedStr):
        return all(isinstance(each, ast.Constant) or _is_ours(each.value) for each in pattern.values)  # type: ignore[attr-defined]
    if isinstance(pattern, ast.Call):
        return ast.unparse(pattern.func) == "re.escape"
    if isinstance(pattern, ast.BinOp):
        return _is_ours(pattern.left) and _is_ours(pattern.right)
    return isinstance(pattern, ast.Constant) or (isinstance(pattern, ast.Name) and pattern.id.isupper())
