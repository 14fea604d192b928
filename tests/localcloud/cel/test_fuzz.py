"""Whatever a user writes for an expression: a value, or a fault of the adapter's own types, and nothing else."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from localcloud.cel import CelError, Environment
from localcloud.iam.conditions import CONDITIONS, MODIFIED, Attributes, satisfied
from tests.localcloud.kubernetes.test_rules import PLACES

SELF = Environment(("self", "oldSelf"), extensions=("strings", "optional"))
VALUES: tuple[Any, ...] = (
    None,
    0,
    -1,
    2**63,
    1.5,
    float("nan"),
    "",
    "é\0\ud800",
    True,
    [],
    [1, "a", None, [2.5]],
    {"a": {"b": [1, 2]}, "list": [3, 1], "text": "a/b", "": None, "n": 2**64 - 1},
)
ATOMS = re.findall(
    r"\S+",
    r"""
    0 1 -1 7 9223372036854775807 -9223372036854775808 1u 18446744073709551615u 1.5 1e308 0x7f true false null
    '' 'a' "é😀" r'\d' b'\xff' '\ud800' '''a'b''' [] {} [1,'a',null] {'a':1,2:3} {1.5:2}
    self oldSelf self.a self.list self.text self.none self.a.b[0] x other int string type(1)
    duration('1h') timestamp('2026-01-02T03:04:05Z') optional.none() google.protobuf.Value{}
    """,
)
BINARY = re.findall(r"\S+", "+ - * / % == != < <= > >= && || in")
CALLS = re.findall(
    r"\S+",
    """
    size(L) string(L) int(L) uint(L) double(L) bool(L) bytes(L) dyn(L) type(L) has(L) has(L.a) duration(L) timestamp(L)
    L.size() L.matches(R) L.contains(R) L.startsWith(R) L.endsWith(R) L.split(R) L.join(R) L.replace(R,L) L.format([R])
    L.substring(R) L.charAt(R) L.indexOf(R) L.lowerAscii() L.quote() L.trim() L.reverse() L.getFullYear() L.getHours(R)
    L.all(x,R) L.exists(x,R) L.exists_one(x,R) L.map(x,R) L.filter(x,R) L.map(x,x,R) cel.bind(x,L,R) L.none(R)
    L.orValue(R) L.?a L[?R] L[R] L.a.b !L -L (L) (L?R:L) [L,R] {L:R}
    """,
)
SOUP = "()[]{}.,:?!+-*/%<>=&|'\"\\ \n\0abx019_$é😀\ud800"


def expression(draw: random.Random, depth: int) -> str:
    """A text of CEL's grammar, whose types need not fit."""
    if depth == 0 or draw.random() < 0.15:
        atom: str = draw.choice(ATOMS)
        return atom
    left, right = expression(draw, depth - 1), expression(draw, depth - 1)
    if draw.random() < 0.5:
        return f"{left} {draw.choice(BINARY)} {right}"
    call: str = draw.choice(CALLS)
    return "".join({"L": left, "R": right}.get(c, c) for c in call)


def mutated(draw: random.Random, text: str) -> str:
    """`text` with pieces lost, doubled, or put in from elsewhere."""
    for _ in range(draw.randint(1, 3)):
        at, length = draw.randint(0, len(text)), draw.randint(0, 6)
        piece = draw.choice(["", text[at : at + length] * 2, draw.choice(ATOMS), draw.choice(SOUP)])
        text = text[:at] + piece + text[at + length :]
    return text


def soup(draw: random.Random) -> str:
    """Characters in any order."""
    return "".join(draw.choices(SOUP, k=draw.randint(0, 30)))


def outcome(run: Callable[[], Any]) -> str:
    """`value`, or the fault that it is of ours; anything else is raised."""
    try:
        run()
    except CelError as error:
        assert str(error)
        return type(error).__name__
    return "value"


def texts(seed: int) -> list[str]:
    """What one seed makes, of every kind."""
    draw = random.Random(seed)
    table = json.loads(Path(__file__).with_name("conformance.json").read_text("utf-8"))["sections"]
    known = [row["expr"] for rows in table.values() for row in rows]
    known += [rule["rule"] for places in PLACES.values() for rule, _ in places]
    return [
        *(expression(draw, draw.randint(1, 4)) for _ in range(400)),
        *(mutated(draw, draw.choice(known)) for _ in range(300)),
        *(soup(draw) for _ in range(100)),
    ]


@pytest.mark.parametrize("seed", range(6))
def test_a_text_has_a_value_or_a_fault(seed: int) -> None:
    """All three come about, or the texts are worth nothing."""
    draw, outcomes = random.Random(seed), []
    for text in texts(seed):
        variables = {"self": draw.choice(VALUES), "oldSelf": draw.choice(VALUES)}
        outcomes.append(outcome(lambda: SELF.compile(text).evaluate(SELF.bind(variables))))  # noqa: B023
    counts = {each: outcomes.count(each) for each in ("value", "CompileError", "EvaluationError")}
    assert min(counts.values()) > 20, counts


LONG = {
    "more than is read": "1" * 200_000,
    "a list of thousands": "[" + "1, " * 10_000 + "1].size()",
    "a chain of conditions": "true && " * 5_000 + "true",
    "brackets without end": "[" * 90_000,
    "parentheses without end": "(" * 90_000,
    "a path without end": "self" + ".a" * 3_000,
    "signs without end": "!" * 5_000 + "true",
    "macros within macros": "self.all(a, " * 30 + "true" + ")" * 30,
    "a pattern that branches": "'ab'.matches('" + "(a|b)*" * 2_000 + "')",
    "a pattern of patterns": "'a'.matches('(a{1,1000}){1,1000}')",
}


@pytest.mark.parametrize("text", LONG)
def test_giant_texts_are_over_soon(text: str) -> None:
    """With a value or a fault, like any other."""
    began = time.process_time()
    outcome(lambda: SELF.compile(LONG[text]).evaluate(SELF.bind({"self": [1] * 50})))
    assert time.process_time() - began < 5


@pytest.mark.parametrize("seed", range(2))
def test_a_condition_holds_or_does_not(seed: int) -> None:
    """With the functions of IAM, which are Python's."""
    draw = random.Random(seed)
    calls = (
        "api.getAttribute({}, {})",
        "({}).hasOnly({})",
        "{}.getAttribute({})",
        "api.getAttribute({}, []).hasOnly({})",
    )
    for text in texts(seed)[:400]:
        call = draw.choice(calls).format(text, draw.choice(ATOMS))
        assert satisfied({"expression": call}, Attributes({MODIFIED: ["roles/a"]})) in (True, False)
        outcome(lambda: CONDITIONS.compile(call).evaluate(CONDITIONS.bind(Attributes().variables())))  # noqa: B023
