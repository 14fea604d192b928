"""The Logging query language: its grammar, and the tree that a query is read to.

NOT binds tightest, then OR, then AND. AND may be left out. Operators are written in capitals. `-` before a comparison
is NOT. `--` begins a comment [documented: logging/docs/view/logging-query-language, "Syntax notation", "Boolean
operators"]. Which characters a word without quotes may have is [inferred] from its examples. That a time needs quotes
is [observed: `syntax error at line 1, column 200, token ":"` of a time without].
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken, v_args

from localcloud.wire.errors import Refused, invalid, not_implemented

LONGEST = 20_000  # characters [documented: ListLogEntriesRequest.filter]
MOST_PARTS = 200  # comparisons, negations and groups: a filter of more is none that the local cloud runs

_GRAMMAR = r"""
start: [conjunction]
?conjunction: disjunction (_AND? disjunction)+ -> all_of | disjunction
?disjunction: term (_OR term)+ -> any_of | term
?term: (_NOT | _MINUS) term -> negation
    | "(" conjunction ")" -> group
    | WORD OPERATOR operand -> comparison
    | WORD -> anywhere
    | CALL [WORD ("," WORD)*] ")" -> function
?operand: WORD -> one_value | "(" values ")" -> group
?values: choice (_AND? choice)+ -> all_of | choice
?choice: value (_OR value)+ -> any_of | value
?value: (_NOT | _MINUS) value -> negation | "(" values ")" -> group | WORD -> one_value

_AND.3: /AND(?![^\s()])/
_OR.3: /OR(?![^\s()])/
_NOT.3: /NOT(?![^\s()])/
_MINUS.2: /-(?=[^\s-])/
CALL.2: /[A-Za-z_]+\(/
OPERATOR: /!=|<=|>=|=~|!~|=|<|>|:/
WORD: /(?!(?:AND|OR|NOT)(?![^\s()]))/ SEGMENT ("." SEGMENT)*
SEGMENT: /[^\s"'()=!<>:~,.]+/ | /"(?:[^"\\]|\\[\s\S])*"/
COMMENT.4: /--[^\n]*/
%ignore COMMENT
%ignore /\s+/
"""
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r"}
_SEGMENT = re.compile(r'"((?:[^"\\]|\\.)*)"|[^."]+', re.DOTALL)


@dataclass(frozen=True)
class Value:
    """One value. A `quoted` one is text, whatever it looks like."""

    text: str
    quoted: bool = False


@dataclass(frozen=True)
class All:
    """Every part holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Any_:
    """One of the parts holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: Node


@dataclass(frozen=True)
class Comparison:
    """A field, by the segments of its path, against a value."""

    path: tuple[str, ...]
    operator: str
    value: Value


@dataclass(frozen=True)
class Anywhere:
    """A value on its own: any field has it [documented: "Global restrictions"]."""

    value: Value


@dataclass(frozen=True)
class Function:
    """A call such as `log_id("run.googleapis.com/stdout")`."""

    name: str
    arguments: tuple[Value, ...]


Node = All | Any_ | Not | Comparison | Anywhere | Function
_PARTS = ("comparison", "anywhere", "function", "negation", "group", "one_value")


def parse(text: str) -> Node:
    """The tree of a query; an empty one is `All` of nothing.

    Raises:
        Refused: INVALID_ARGUMENT, it is none; UNIMPLEMENTED, it has more parts than are looked at here.
    """
    if len(text) > LONGEST:
        raise invalid(
            f"Filter is too long: {len(text)} characters, of {LONGEST} that are allowed."
        )  # words [inferred]
    try:
        text.encode()
    except UnicodeEncodeError:
        raise unparseable("it is no text of Unicode") from None  # words [inferred]
    try:
        tree = _PARSER.parse(text)
    except UnexpectedInput as fault:
        raise unparseable(_syntax_error(fault, text)) from None
    if sum(each.data in _PARTS for each in tree.iter_subtrees()) > MOST_PARTS:
        raise not_implemented(f"filters of more than {MOST_PARTS} comparisons, negations and groups")
    node: Node = _Nodes().transform(tree)
    return node


def unparseable(words: str) -> Refused:
    """The refusal of a query [observed: `gcloud logging read` in public repositories]."""
    return invalid(f"Unparseable filter: {words}")


def _syntax_error(fault: UnexpectedInput, text: str) -> str:
    if isinstance(fault, UnexpectedToken) and fault.token.type != "$END":
        token = str(fault.token)
    elif isinstance(fault, UnexpectedCharacters):
        token = text[fault.pos_in_stream or 0]
    else:
        lines = text.split("\n")
        return f'syntax error at line {len(lines)}, column {len(lines[-1]) + 1}, token ""'
    return f'syntax error at line {fault.line}, column {fault.column}, token "{token}"'


@v_args(inline=True)
class _Nodes(Transformer[Token, Any]):
    """Operands of a comparison are values, or trees of values that the comparison is spread over."""

    def start(self, node: Node | None = None) -> Node:
        return node or All(())

    def all_of(self, *parts: Any) -> All:
        return All(parts)

    def any_of(self, *parts: Any) -> Any_:
        return Any_(parts)

    def negation(self, part: Any) -> Not:
        return Not(part)

    def group(self, node: Any) -> Any:
        return node

    def anywhere(self, word: Token) -> Anywhere:
        return Anywhere(_value(word))

    def one_value(self, word: Token) -> Value:
        return _value(word)

    def function(self, name: Token, *arguments: Token | None) -> Function:
        return Function(str(name)[:-1], tuple(_value(each) for each in arguments if each is not None))

    def comparison(self, word: Token, operator: Token, operand: Any) -> Node:
        return _spread(path_of(word), str(operator), operand)


def _spread(path: tuple[str, ...], operator: str, operand: Any) -> Node:
    """`field = (a OR b)` is `field = a OR field = b` [documented: "Comparisons"]."""
    if isinstance(operand, All | Any_):
        return type(operand)(tuple(_spread(path, operator, each) for each in operand.parts))
    if isinstance(operand, Not):
        return Not(_spread(path, operator, operand.part))
    return Comparison(path, operator, operand)


def path_of(word: str) -> tuple[str, ...]:
    """The segments of a path, of which some may be quoted: `labels."run.googleapis.com/x"` has two."""
    return tuple(_unquoted(each[0]) for each in _SEGMENT.finditer(word))


def _value(word: str) -> Value:
    quoted = word.startswith('"') and len(path_of(word)) == 1
    return Value(_unquoted(word), quoted) if quoted else Value(str(word))


def _unquoted(segment: str) -> str:
    """Without quotes, and with the characters that escapes stand for [documented: quotes, `\\t`; the others inferred].

    Before any other character a backslash stays: regular expressions have them [inferred].
    """
    if not segment.startswith('"'):
        return segment
    return re.sub(r'\\(["\\tnr])', lambda found: _ESCAPES.get(found[1], found[1]), segment[1:-1])


_PARSER = Lark(_GRAMMAR, parser="lalr", maybe_placeholders=True)
