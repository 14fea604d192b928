"""The value of an expression tree.

Names are looked up in an `Environment`; functions called in an expression cannot block, so that evaluation
is an ordinary function that returns.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, Protocol

from localcloud.workflows.errors import fail
from localcloud.workflows.expressions import (
    Apply,
    Binary,
    Index,
    ListOf,
    Literal,
    MapOf,
    Member,
    Name,
    Node,
    Unary,
    dotted,
    root,
)
from localcloud.workflows.values import equal, is_number, limited, text_of, type_name

_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1


class Environment(Protocol):
    """Where an expression finds its names."""

    @property
    def both_sides(self) -> bool:
        """Whether `and` and `or` evaluate their second operand even when the first decides."""

    def knows(self, name: str) -> bool:
        """Whether `name` is a variable here; one that was never assigned counts."""

    def lookup(self, name: str) -> Any:
        """The variable's value."""

    def constant(self, name: str) -> Any:
        """What the dotted `name` means when it is no variable: a policy, or a function by name."""

    def apply(self, name: str, arguments: list[Any]) -> Any:
        """Call a function of the library or a sub-workflow with positional arguments."""


def evaluate(node: Node, env: Environment) -> Any:
    """The value of `node`.

    Raises:
        WorkflowError: TypeError, KeyError, IndexError, ZeroDivisionError … as the language has them.
    """
    match node:
        case Literal(value):
            return value
        case Name() | Member():
            return _chain(node, env)
        case Index(of, key):
            return element(evaluate(of, env), evaluate(key, env))
        case Apply(function, arguments):
            return _apply(function, arguments, env)
        case Unary(op, operand):
            return _unary(op, evaluate(operand, env))
        case Binary(op, left, right):
            return _binary(op, left, right, env)
        case ListOf(items):
            return [evaluate(item, env) for item in items]
        case MapOf(pairs):
            return {map_key(evaluate(key, env)): evaluate(value, env) for key, value in pairs}


def _chain(node: Name | Member, env: Environment) -> Any:
    name = root(node)
    if name is not None and not env.knows(name):
        full = dotted(node)
        if full is not None:
            return env.constant(full)
    if isinstance(node, Name):
        return env.lookup(node.name)
    return element(evaluate(node.of, env), node.key)


def _apply(function: Node, arguments: tuple[Node, ...], env: Environment) -> Any:
    name = dotted(function)
    if name is None or env.knows(name.partition(".")[0]):  # a variable named as a module hides it [observed]
        kind = type_name(evaluate(function, env))
        raise fail("TypeError", f"unsupported operand type for call: '{kind}' (expecting callable)")
    return env.apply(name, [evaluate(argument, env) for argument in arguments])


def element(of: Any, key: Any) -> Any:
    """`of[key]`, which `of.key` is another spelling of.

    Raises:
        WorkflowError: KeyError; IndexError (no negative indexes [inferred]); TypeError on anything but a map
            or list, null among them [inferred].
    """
    if isinstance(of, dict):
        if map_key(key) not in of:
            raise fail("KeyError", f"key not found: {key}")
        return of[key]
    if isinstance(of, list):
        return of[list_index(of, key)]
    raise fail("TypeError", f"cannot read {text_of_key(key)} of {type_name(of)}: expecting a map or a list")


def list_index(of: list[Any], key: Any) -> int:
    """`key` as a position in `of`.

    Raises:
        WorkflowError: TypeError, not an integer; IndexError, out of range.
    """
    if type(key) is not int:
        raise fail("TypeError", f"list index must be an integer; got: {type_name(key)}")
    if not 0 <= key < len(of):
        raise fail("IndexError", f"list index out of range: {key} (length {len(of)})")
    return int(key)


def map_key(key: Any) -> Any:
    """`key`, if it can be one.

    Raises:
        WorkflowError: TypeError, a list, map, bytes or null as a key.
    """
    if isinstance(key, str | int | float):
        return key
    raise fail("TypeError", f"map key must be a string; got: {type_name(key)}")


def text_of_key(key: Any) -> str:
    """`key` for an error message."""
    return f"'{key}'" if isinstance(key, str) else str(key)


def _unary(op: str, value: Any) -> Any:
    if op == "not":
        return not truth(value, "not")
    if not is_number(value):
        raise fail("TypeError", f"unsupported operand type for -: {type_name(value)}")
    return _bounded(-value)


def truth(value: Any, where: str) -> bool:
    """`value`, which must be a boolean [documented].

    Raises:
        WorkflowError: TypeError, it is none.
    """
    if not isinstance(value, bool):
        raise fail("TypeError", f"operand of '{where}' must be a boolean; got: {type_name(value)}")
    return value


def _binary(op: str, left: Node, right: Node, env: Environment) -> Any:
    first = evaluate(left, env)
    if op in ("and", "or"):
        return _logical(op, truth(first, op), right, env)
    return _OPERATORS[op](first, evaluate(right, env))


def _logical(op: str, first: bool, right: Node, env: Environment) -> bool:
    """`and` and `or`; whether they stop when the first operand decides is left open (`dialect`)."""
    decided = first is (op == "or")
    if decided and not env.both_sides:
        return first
    second = truth(evaluate(right, env), op)
    return first if decided else second


def _add(left: Any, right: Any) -> Any:
    """`+`: numbers add; a string takes any number or boolean [documented: its table of types]."""
    if is_number(left) and is_number(right):
        return _bounded(left + right)
    scalars = isinstance(left, str | bool | int | float) and isinstance(right, str | bool | int | float)
    if scalars and (isinstance(left, str) or isinstance(right, str)):
        return limited(text_of(left) + text_of(right))
    raise _mismatch("+", left, right)


def _arithmetic(sign: str, compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def apply(left: Any, right: Any) -> Any:
        if not (is_number(left) and is_number(right)):
            raise _mismatch(sign, left, right)
        try:
            return _bounded(compute(left, right))
        except ZeroDivisionError:
            raise fail("ZeroDivisionError", "division by zero") from None

    return apply


def _ordering(sign: str, compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def apply(left: Any, right: Any) -> bool:
        same = isinstance(left, str) and isinstance(right, str)
        if not same and not (is_number(left) and is_number(right)):
            raise _mismatch(sign, left, right)
        return compare(left, right)

    return apply


def _contains(needle: Any, haystack: Any) -> bool:
    """`in`: a key of a map or an element of a list; for anything else the message is [observed]."""
    if isinstance(haystack, dict):
        return isinstance(needle, str | int | float) and needle in haystack
    if isinstance(haystack, list):
        return any(equal(needle, item) for item in haystack)
    raise fail("TypeError", f"The argument of 'in' must be a dict or an array; got: {type_name(haystack)}")


def _mismatch(sign: str, left: Any, right: Any) -> Exception:
    return fail(
        "TypeError", f"unsupported operand types for {sign}: '{type_name(left)}' and '{type_name(right)}'"
    )


def _bounded(number: Any) -> Any:
    """`number`, if a 64-bit integer or a finite double holds it; what happens beyond is [inferred]."""
    if isinstance(number, int) and not _INT_MIN <= number <= _INT_MAX:
        raise fail("ValueError", "integer overflow")
    if isinstance(number, float) and not math.isfinite(number):
        raise fail("ValueError", "double overflow")
    return number


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": _add,
    "-": _arithmetic("-", operator.sub),
    "*": _arithmetic("*", operator.mul),
    "/": _arithmetic("/", operator.truediv),
    "//": _arithmetic("//", operator.floordiv),
    "%": _arithmetic("%", operator.mod),
    "==": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": _ordering("<", operator.lt),
    "<=": _ordering("<=", operator.le),
    ">": _ordering(">", operator.gt),
    ">=": _ordering(">=", operator.ge),
    "in": _contains,
}
