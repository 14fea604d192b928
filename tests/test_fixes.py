"""No fix leads back to where one was: each says what to change, look at or ask for before one publishes again."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.cluster_remedies import REMEDIES, UNKNOWN, next_step
from tests.support.paths import ROOT

FILLED = "…"  # what a place in a text is filled with
AGAIN = re.compile(
    r"(?:^|[,;:.&]?\s*(?:and|then|or)?\s*)\b(?:publish|deploy|ask|try|run)\b(?: \w+){0,4} again\b[^.;,]*",
    re.I,
)
WAITING = re.compile(r"\b(?:wait(?: until| for)?|when|it goes on from where)\b[^.;,]*", re.I)
# A request that came too late: nothing is wrong, and whether it is still wanted only its sender knows.
NOTHING_IS_WRONG = {"functions/environment/lateness.py"}


def _fixes() -> Iterator[tuple[str, str]]:
    """The place and the text of each fix in the code, and in the workflow."""
    for folder in ("functions", "shared"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            place = str(path.relative_to(ROOT))
            if place not in NOTHING_IS_WRONG:
                yield from ((f"{place}:{line}", text) for line, text in _in(path))
    source = (ROOT / "workflows" / "environment.yaml").read_text("utf-8")
    for number, line in enumerate(source.splitlines(), 1):
        if found := re.match(r"\s+fix: (.+)", line):
            yield f"workflows/environment.yaml:{number}", re.sub(r'[${}"]', "", found[1])


def _in(path: Path) -> Iterator[tuple[int, str]]:
    """What is given as a fix, or returned by a function that makes one."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "fix":
            yield from ((node.value.lineno, text) for text in _texts(node.value))
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "fix":
            yield from ((node.lineno, text) for text in _texts(node.value))
        elif isinstance(node, ast.FunctionDef) and re.search(r"(?:^|_)fix", node.name):
            returned = [each.value for each in ast.walk(node) if isinstance(each, ast.Return) and each.value]
            yield from ((each.lineno, text) for each in returned for text in _texts(each))


def _texts(value: ast.expr) -> Iterator[str]:
    """The texts that an expression can be, with `FILLED` for what is only known later; none if all of it is."""
    if isinstance(value, ast.IfExp):
        yield from (*_texts(value.body), *_texts(value.orelse))
    elif (text := _text(value)).strip(FILLED + " "):
        yield text


def _text(value: ast.expr) -> str:
    if isinstance(value, ast.Constant):
        return str(value.value)
    if isinstance(value, ast.JoinedStr):
        return "".join(_text(each) for each in value.values)
    if isinstance(value, ast.BinOp):
        return _text(value.left) + _text(value.right)
    return FILLED


def _rest(fix: str) -> str:
    """What a fix tells a person to do, besides asking again and waiting."""
    return " ".join(re.findall(r"[A-Za-z`…][\w.`…-]*", WAITING.sub(" ", AGAIN.sub(" ", fix))))


FIXES = sorted(set(_fixes()))


@pytest.mark.parametrize(("place", "fix"), FIXES, ids=[place for place, _ in FIXES])
def test_a_fix_changes_something(place: str, fix: str) -> None:
    """To ask again, or to wait, is no fix alone: what came of it would come again."""
    assert len(_rest(fix).split()) >= 2, f"{place}: {fix!r} says nothing but to ask again"


@pytest.mark.parametrize(
    "fix",
    [
        "Publish the request again.",
        "Publish the request again; it goes on from where it is.",
        "Wait until the place answers again. Then publish the environment again.",
        "Publish the teardown again when these lists are complete.",
        "Deploy again.",
    ],
)
def test_what_leads_back_is_recognised(fix: str) -> None:
    """The shapes that such a fix has had."""
    assert len(_rest(fix).split()) < 2


def test_a_cluster_that_failed_is_not_asked_for_as_it_was() -> None:
    """The same zone, machine type or range would fail as it did: each remedy changes one of them first."""
    steps = [next_step([]), *(next_step([words.pattern.partition("|")[0]]) for words, _ in REMEDIES)]

    assert UNKNOWN in steps[0]
    for step in steps[1:]:
        first = re.split(r"[,;]| or ", step)[0]
        assert not re.match(r"wait|publish", first), step


def test_every_fix_is_looked_at() -> None:
    """The search finds those of rules, steps, errors and the workflow."""
    places = {place.partition(":")[0] for place, _ in FIXES}

    assert len(FIXES) > 60
    assert {
        "shared/diagnosis/health.py",
        "functions/subnets/blockers.py",
        "workflows/environment.yaml",
    } <= places
