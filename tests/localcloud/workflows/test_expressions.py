"""Expressions: precedence, operators, types, literals."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.workflows.expressions import ExpressionError, parse
from tests.support.workflow_host import FakeHost

Evaluate = Callable[..., Any]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("27 * 9/5 + 32", 80.6),
        ("7 // 2", 3),
        ("7 % 4", 3),
        ("6 / 3", 2.0),
        ("-2 * 3", -6),
        ("10 - 4 - 3", 3),
        ("1 + 1.5", 2.5),
        ('"a" + 1 + 2', "a12"),
        ('1 + 2 + "a"', "3a"),
        ('"" + 0.1', "0.1"),
        ('"is " + true', "is true"),
        ("1 == 1.0", True),
        ('1 == "1"', False),
        ("true == 1", False),
        ("[1, {}] == [1.0, {}]", True),
        ("1 < 2 and 2 < 3", True),
        ("true or false and false", True),
        ("TRUE AND NOT False", True),
        ("not true or true", True),
        ("not(1 in [1])", False),
        ('"k" in {"k": null}', True),
        ('"v" in {"k": "v"}', False),
        ("2 in [1, 2.0]", True),
        ("{'a': [1, {'b': 'deep'}]}.a[1].b", "deep"),
        ('[10, 20][1]', 20),
        ("null == null", True),
        (r'"say \"hi\" \\ \u00e9"', 'say "hi" \\ é'),
        ('len("äö")', 2),
        ("1e3", 1000.0),
    ],
)  # fmt: skip
def test_expression_has_the_documented_value(evaluate: Evaluate, text: str, expected: Any) -> None:
    """Operators, their order and their types are those of the datatypes page."""
    value = evaluate(text)
    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("1 % 0", "ZeroDivisionError"),
        ("[1][1]", "IndexError"),
        ("[1][-1]", "IndexError"),
        ('{"a": 1}.b', "KeyError"),
        ('{"a": null}.a.b', "TypeError"),
        ("1 + true", "TypeError"),
        ('"a" + null', "TypeError"),
        ("[1] + [2]", "TypeError"),
        ('"a" < 1', "TypeError"),
        ("1 and true", "TypeError"),
        ("not 1", "TypeError"),
        ("not 1 in [1]", "TypeError"),
        ('"a" in "abc"', "TypeError"),
        ("1 in null", "TypeError"),
        ("9223372036854775807 + 1", "ValueError"),
        ("int(\"x\")", "ValueError"),
        ("len(1)", "TypeError"),
        ("string(null)", "TypeError"),
    ],
)  # fmt: skip
def test_expression_raises_the_documented_error(error_of: Callable[..., Any], text: str, tag: str) -> None:
    """Errors are maps with the tag of their kind, and a message that begins with it."""
    error = error_of(f"- answer:\n    return: {json.dumps('${' + text + '}')}")
    assert (error["tags"], error["message"].split(":")[0]) == ([tag], tag)


def test_second_operand_is_left_alone_when_the_first_decides(host: FakeHost, evaluate: Evaluate) -> None:
    """`and` and `or` stop early, so a guard may stand before what it guards."""
    host.both_sides = False
    assert [evaluate("false and 1 / 0 > 0"), evaluate("true or 1 / 0 > 0")] == [False, True]


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("false and 1 / 0 > 0", "ZeroDivisionError"),
        ("true or 1 / 0 > 0", "ZeroDivisionError"),
        ('"token" in {} and {}.token != ""', "KeyError"),
        ("false and 1", "TypeError"),
    ],
)
def test_both_sides_may_be_evaluated(
    host: FakeHost, error_of: Callable[..., Any], text: str, tag: str
) -> None:
    """In the other dialect a guard guards nothing."""
    host.both_sides = True
    assert [tag] == error_of(f"- out: {{return: '${{{text}}}'}}")["tags"]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("second", [True, False])
@pytest.mark.parametrize("both_sides", [True, False])
def test_the_value_is_the_same_in_every_dialect(
    host: FakeHost, evaluate: Callable[..., Any], first: bool, second: bool, both_sides: bool
) -> None:
    """Of operands that both have one."""
    host.both_sides = both_sides
    assert evaluate("[a and b, a or b]", a=first, b=second) == [first and second, first or second]


def test_member_and_index_reach_the_same_element(evaluate: Evaluate) -> None:
    """`a.b`, `a["b"]` and a computed key are one thing; names with other characters stand in backticks."""
    body = {"a-b": "text", "in": 1, "list": [{"x": 5}]}
    assert evaluate('m["a-b"] + m.`a-b` + m.in + m["li" + "st"][0].x', m=body) == "texttext15"


@pytest.mark.parametrize(
    "text", ["", "1 +", "a b", "+1", "f(", "[1,", "{1}", "a..b", '"a', "AND", "1 + and", "a and Or b"]
)
def test_text_that_is_no_expression_is_refused(text: str) -> None:
    """The grammar takes the whole text or nothing; there is no unary plus."""
    with pytest.raises(ExpressionError):
        parse(text)


_LEVELS = [["or"], ["and"], ["<", "<=", ">", ">=", "==", "!=", "in"], ["+", "-"], ["*", "/", "//", "%"]]
_PREFIXES = ["-", "not ", "- not ", ""]


def _bracketed(operands: list[str], signs: list[str]) -> str:
    """The chain with every pair in brackets: split at the last of its loosest operators."""
    if not signs:
        return operands[0]
    level = next(level for level in _LEVELS if any(sign in level for sign in signs))
    at = max(i for i, sign in enumerate(signs) if sign in level)
    left = _bracketed(operands[: at + 1], signs[:at])
    return f"({left} {signs[at]} {_bracketed(operands[at + 1 :], signs[at + 1 :])})"


@given(st.data())
def test_any_chain_of_operators_reads_by_the_table(data: st.DataObject) -> None:
    """A chain is what it is with all its brackets: by the documented levels, left to right in each."""
    signs = data.draw(st.lists(st.sampled_from([sign for level in _LEVELS for sign in level]), max_size=8))
    prefixes = [data.draw(st.sampled_from(_PREFIXES)) for _ in range(len(signs) + 1)]
    operands = [f"{prefix}x{at}.y[0]" for at, prefix in enumerate(prefixes)]
    text = " ".join(word for pair in zip(operands, [*signs, ""], strict=True) for word in pair)
    bracketed = _bracketed([f"({operand})" for operand in operands], signs)
    assert parse(text) == parse(bracketed)


def test_not_binds_tighter_than_in() -> None:
    """`not a in b` is `(not a) in b` [documented]; who means the other writes brackets."""
    assert parse("not a in b") == parse("(not a) in b") != parse("not (a in b)")
