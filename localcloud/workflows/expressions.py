"""The expression language inside `${…}`: grammar, and the tree it parses to.

Precedence from tight to loose [documented: datatypes, order of operations]: member, index and call · not ·
unary minus · `* / // %` · `+ -` · comparisons and `in`, on one level · and · or. So `not a in b` reads
`(not a) in b`. Logical operators are written all lower or all upper case.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, v_args

_GRAMMAR = r"""
?start: or_test
?or_test: and_test | or_test OR and_test -> binary
?and_test: comparison | and_test AND comparison -> binary
?comparison: sum | comparison COMPARE sum -> binary | comparison IN sum -> binary
?sum: product | sum PLUS product -> binary | sum MINUS product -> binary
?product: negation | product TIMES negation -> binary
?negation: inversion | MINUS negation -> unary
?inversion: postfix | NOT inversion -> unary
?postfix: atom
    | postfix "." (KEY | QUOTED) -> member
    | postfix "[" or_test "]" -> index
    | postfix "(" [or_test ("," or_test)*] ")" -> call
?atom: NUMBER -> number
    | STRING -> string
    | TRUE -> true
    | FALSE -> false
    | NULL -> null
    | name -> variable
    | "(" or_test ")"
    | "[" [or_test ("," or_test)* [","]] "]" -> list_of
    | "{" [pair ("," pair)* [","]] "}" -> map_of
pair: or_test ":" or_test
name: NAME | QUOTED

OR.2: /(or|OR)\b/
AND.2: /(and|AND)\b/
NOT.2: /(not|NOT)\b/
IN.2: /in\b/
TRUE.2: /(true|True|TRUE)\b/
FALSE.2: /(false|False|FALSE)\b/
NULL.2: /null\b/
COMPARE: "<=" | ">=" | "==" | "!=" | "<" | ">"
TIMES: "*" | "//" | "/" | "%"
PLUS: "+"
MINUS: "-"
NAME: /(?!(and|AND|or|OR|not|NOT|in|null|true|True|TRUE|false|False|FALSE)\b)[A-Za-z_][A-Za-z0-9_]*/
KEY: /[A-Za-z_][A-Za-z0-9_]*/
QUOTED: /`[^`]+`/
NUMBER: /\d+(\.\d+)?([eE][+-]?\d+)?/
STRING: /"(\\.|[^"\\])*"/s | /'(\\.|[^'\\])*'/s
%ignore /\s+/
"""


@dataclass(frozen=True)
class Literal:
    """A value that stands for itself."""

    value: Any


@dataclass(frozen=True)
class Name:
    """A variable, or the first part of a function's name."""

    name: str


@dataclass(frozen=True)
class Member:
    """`of.key`."""

    of: Node
    key: str


@dataclass(frozen=True)
class Index:
    """`of[key]`."""

    of: Node
    key: Node


@dataclass(frozen=True)
class Apply:
    """`function(arguments…)`."""

    function: Node
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Unary:
    """`not x` or `-x`."""

    operator: str
    operand: Node


@dataclass(frozen=True)
class Binary:
    """`left operator right`; the operator in lower case."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class ListOf:
    """A list made of expressions, from `[…]` or from the document."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class MapOf:
    """A map made of expressions, keys too, from `{…}` or from the document."""

    pairs: tuple[tuple[Node, Node], ...]


Node = Literal | Name | Member | Index | Apply | Unary | Binary | ListOf | MapOf


class ExpressionError(ValueError):
    """The text is no expression."""


_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\", "/": "/"}


def _unescape(match: re.Match[str]) -> str:
    code = match.group(1)
    if len(code) == 5:
        return chr(int(code[1:], 16))
    return _ESCAPES.get(code, match.group(0))  # an unknown escape stays: regular expressions [inferred]


@v_args(inline=True)
class _TreeBuilder(Transformer[Token, Node]):
    def name(self, token: Token) -> str:
        return str(token).strip("`")

    def variable(self, name: str) -> Node:
        return Name(name)

    def member(self, of: Node, key: Token) -> Node:
        return Member(of, str(key).strip("`"))

    def index(self, of: Node, key: Node) -> Node:
        return Index(of, key)

    def call(self, function: Node, *arguments: Node | None) -> Node:
        return Apply(function, tuple(a for a in arguments if a is not None))

    def unary(self, operator: Token, operand: Node) -> Node:
        return Unary(operator.lower(), operand)

    def binary(self, left: Node, operator: Token, right: Node) -> Node:
        return Binary(operator.lower(), left, right)

    def number(self, token: Token) -> Node:
        return Literal(json.loads(token.lstrip("0") if token.isdigit() and int(token) else token))

    def string(self, token: Token) -> Node:
        return Literal(_ESCAPE.sub(_unescape, token[1:-1]))

    def true(self, _: Token) -> Node:
        return Literal(True)

    def false(self, _: Token) -> Node:
        return Literal(False)

    def null(self, _: Token) -> Node:
        return Literal(None)

    def list_of(self, *items: Node | None) -> Node:
        return ListOf(tuple(item for item in items if item is not None))

    def pair(self, key: Node, value: Node) -> tuple[Node, Node]:
        return key, value

    def map_of(self, *pairs: tuple[Node, Node] | None) -> Node:
        return MapOf(tuple(pair for pair in pairs if pair is not None))


_PARSER = Lark(_GRAMMAR, parser="lalr", transformer=_TreeBuilder(), maybe_placeholders=False)


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """The tree of an expression, `text` without its `${` and `}`.

    Raises:
        ExpressionError: `text` is not one expression of the grammar.
    """
    try:
        return _PARSER.parse(text)  # type: ignore[return-value]  # lark types the tree, not its transform
    except UnexpectedInput as error:
        where = f"column {error.column}" if error.column and error.column > 0 else "its end"
        raise ExpressionError(f"parse error in expression '{text}' at {where}") from None
    except (ValueError, OverflowError) as error:  # a number, or the code of a character, that cannot be
        raise ExpressionError(f"parse error in expression '{text}': {error}") from None


def dotted(node: Node) -> str | None:
    """`a.b.c` for a chain of members that begins with a name, else None."""
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Member):
        prefix = dotted(node.of)
        return f"{prefix}.{node.key}" if prefix else None
    return None


def root(node: Node) -> str | None:
    """The name that a chain of members, indexes or calls begins with, or None."""
    while isinstance(node, Member | Index):
        node = node.of
    return node.name if isinstance(node, Name) else None


def children(node: Node) -> Iterator[Node]:
    """The direct parts of a node, a called function's name not among them."""
    match node:
        case Member(of, _):
            yield of
        case Index(of, key):
            yield from (of, key)
        case Apply(_, arguments):
            yield from arguments
        case Unary(_, operand):
            yield operand
        case Binary(_, left, right):
            yield from (left, right)
        case ListOf(items):
            yield from items
        case MapOf(pairs):
            for pair in pairs:
                yield from pair
