"""The Common Expression Language as CRD validation rules use it [documented: kubernetes.io "CEL"].

A rule is compiled once to nested closures. Strings, numbers, lists, maps, `has()`, the list macros, the
string functions and `duration()` are here: everything that the Gateway API's and GKE's rules say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

Env = Mapping[str, Any]
Program = Callable[[Env], Any]

_TOKEN = re.compile(
    r'\s*(?:(?P<raw>r(?:"""(?P<raw3>.*?)"""|"(?P<raw1>[^"]*)"|\'(?P<raws>[^\']*)\'))'
    r"|(?P<string>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"|(?P<number>\d+\.\d+|\d+)u?|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<op>&&|\|\||[<>=!]=|[-+*/%<>!?:.,()\[\]{}]))",
    re.DOTALL,
)
_LEVELS = (("||",), ("&&",), ("<", "<=", ">", ">=", "==", "!=", "in"), ("+", "-"), ("*", "/", "%"))
_MACROS = frozenset({"all", "exists", "exists_one", "filter", "map"})
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


class CelError(Exception):
    """A rule that cannot be evaluated, with CEL's words (`no such key: port`)."""


@lru_cache(maxsize=1024)
def compile_rule(text: str) -> Program:
    """The program of rule `text`.

    Raises:
        CelError: the text is not an expression of the subset.
    """
    parser = _Parser(text)
    program = parser.ternary()
    parser.expect("")
    return program


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.at = 0

    def peek(self) -> tuple[str, Any]:
        return self.tokens[self.at]

    def take(self, *symbols: str) -> str | None:
        kind, value = self.peek()
        if kind in ("op", "name") and value in symbols:
            self.at += 1
            return str(value)
        return None

    def expect(self, symbol: str) -> None:
        kind, value = self.peek()
        if value != symbol or kind not in ("op", "end"):
            raise CelError(f"Syntax error: expected {symbol or 'the end'}, found {value!r}")
        self.at += 1

    def ternary(self) -> Program:
        condition = self.binary(0)
        if not self.take("?"):
            return condition
        then = self.ternary()
        self.expect(":")
        otherwise = self.ternary()
        return lambda env: then(env) if condition(env) else otherwise(env)

    def binary(self, level: int) -> Program:
        if level == len(_LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while symbol := self.take(*_LEVELS[level]):
            left = _binary(symbol, left, self.binary(level + 1))
        return left

    def unary(self) -> Program:
        if self.take("!"):
            inner = self.unary()
            return lambda env: not inner(env)
        if self.take("-"):
            number = self.unary()
            return lambda env: -number(env)
        return self.postfix(self.primary())

    def postfix(self, target: Program) -> Program:
        while True:
            if self.take("."):
                target = self.member(target)
            elif self.take("["):
                target = _index(target, self.ternary())
                self.expect("]")
            else:
                return target

    def member(self, target: Program) -> Program:
        name = self.tokens[self.at][1]
        self.at += 1
        if not self.take("("):
            return _select(target, _unescape(name))
        if name in _MACROS:
            variable = self.tokens[self.at][1]
            self.at += 1
            self.expect(",")
            body = self.ternary()
            self.expect(")")
            return _macro(name, target, variable, body)
        return _method(name, target, self.arguments(")"))

    def primary(self) -> Program:
        kind, value = self.peek()
        self.at += 1
        if kind == "literal":
            return lambda env: value
        if kind == "name":
            return self.named(value)
        if value == "(":
            inner = self.ternary()
            self.expect(")")
            return inner
        if value == "[":
            items = self.arguments("]")
            return lambda env: [item(env) for item in items]
        raise CelError(f"Syntax error: unexpected {value!r}")

    def named(self, name: str) -> Program:
        if name in ("true", "false", "null"):
            constant = {"true": True, "false": False, "null": None}[name]
            return lambda env: constant
        if not self.take("("):
            return lambda env: _lookup(env, name)
        arguments = self.arguments(")")
        if name == "has":
            return _has(arguments[0])
        return _function(name, arguments)

    def arguments(self, closing: str) -> list[Program]:
        found: list[Program] = []
        while not self.take(closing):
            found.append(self.ternary())
            self.take(",")
        return found


def _tokens(text: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    at, text = 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match:
            raise CelError(f"Syntax error: token recognition error at {text[at : at + 10]!r}")
        at = match.end()
        found.append(_token(match))
    return [*found, ("end", "")]


def _token(match: re.Match[str]) -> tuple[str, Any]:
    if match["raw"]:
        return "literal", next(v for v in (match["raw3"], match["raw1"], match["raws"]) if v is not None)
    if match["string"]:
        return "literal", re.sub(r"\\(.)", _escaped, match["string"][1:-1])
    if match["number"]:
        return "literal", float(match["number"]) if "." in match["number"] else int(match["number"])
    return ("name", match["name"]) if match["name"] else ("op", match["op"])


def _escaped(match: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t", "r": "\r"}.get(match[1], match[1])


def _unescape(name: str) -> str:
    """A property whose name CEL reserves is written `__namespace__`."""
    return name[2:-2] if name.startswith("__") and name.endswith("__") else name


def _lookup(env: Env, name: str) -> Any:
    if name not in env:
        raise CelError(f"undeclared reference to '{name}'")
    return env[name]


def _select(target: Program, name: str) -> Program:
    def run(env: Env) -> Any:
        value = target(env)
        if not isinstance(value, dict) or name not in value:
            raise CelError(f"no such key: {name}")
        return value[name]

    run.selects = (target, name)  # type: ignore[attr-defined]
    return run


def _has(argument: Program) -> Program:
    if not hasattr(argument, "selects"):
        raise CelError("invalid argument to has() macro")
    target, name = argument.selects
    return lambda env: name in target(env)


def _index(target: Program, index: Program) -> Program:
    def run(env: Env) -> Any:
        value, at = target(env), index(env)
        try:
            return value[at]
        except (IndexError, KeyError, TypeError):
            what = "index out of bounds" if isinstance(value, list) else "no such key"
            raise CelError(f"{what}: {at}") from None

    return run


def _binary(symbol: str, left: Program, right: Program) -> Program:
    if symbol in ("&&", "||"):
        return _logical(symbol == "||", left, right)
    operation = _OPERATIONS[symbol]
    return lambda env: operation(left(env), right(env))


def _logical(decisive: bool, left: Program, right: Program) -> Program:
    """CEL's && and || do not mind an error on one side when the other side decides."""

    def run(env: Env) -> bool:
        try:
            if bool(left(env)) is decisive:
                return decisive
        except CelError as error:
            if _decides(right, env, decisive):
                return decisive
            raise error from None
        return bool(right(env))

    return run


def _decides(side: Program, env: Env, decisive: bool) -> bool:
    try:
        return bool(side(env)) is decisive
    except CelError:
        return False


def _macro(name: str, target: Program, variable: str, body: Program) -> Program:
    def run(env: Env) -> Any:
        items = target(env)
        if name == "map":
            return [body({**env, variable: item}) for item in items]
        if name == "filter":
            return [item for item in items if body({**env, variable: item})]
        hits = (bool(body({**env, variable: item})) for item in items)
        if name == "exists_one":
            return sum(hits) == 1
        return all(hits) if name == "all" else any(hits)

    return run


def _method(name: str, target: Program, arguments: list[Program]) -> Program:
    if name not in _METHODS:
        raise CelError(f"undeclared reference to '{name}'")
    method = _METHODS[name]
    return lambda env: method(target(env), *(argument(env) for argument in arguments))


def _function(name: str, arguments: list[Program]) -> Program:
    if name not in _FUNCTIONS:
        raise CelError(f"undeclared reference to '{name}'")
    function = _FUNCTIONS[name]
    return lambda env: function(*(argument(env) for argument in arguments))


def _seconds(text: str) -> float:
    if not re.fullmatch(r"-?(\d+(\.\d+)?(h|ms|us|ns|m|s))+|0", text):
        raise CelError(f"invalid duration: {text}")
    parts = re.findall(r"(\d+(?:\.\d+)?)(h|ms|us|ns|m|s)", text)
    total = sum(float(number) * _UNITS[unit] for number, unit in parts)
    return -total if text.startswith("-") else total


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "in": lambda a, b: a in b,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a // b if isinstance(a, int) and isinstance(b, int) else a / b,
    "%": lambda a, b: a % b,
}
_METHODS: dict[str, Callable[..., Any]] = {
    "size": len,
    "matches": lambda text, pattern: re.search(pattern, text) is not None,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": lambda text, part: part in text,
    "split": lambda text, by: text.split(by),
    "lowerAscii": str.lower,
    # Of IAM's conditions [documented].
    "getAttribute": lambda api, name, default: api.get(name, default),
    "hasOnly": lambda values, allowed: set(values) <= set(allowed),
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "size": len,
    "string": str,
    "int": int,
    "double": float,
    "duration": _seconds,
}
