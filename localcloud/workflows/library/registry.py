"""The shape of a library function, and the table of all of them.

A pure function's `apply` computes; one that needs the world takes the host first; a blocking one has none:
the interpreter suspends for it. Names and arguments: Google's standard library reference [documented].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from localcloud.workflows.errors import fail
from localcloud.workflows.values import type_name

_Code = TypeVar("_Code", bound=Callable[..., Any])


@dataclass(frozen=True)
class Function:
    """One function. `blocking` ones can only be called by a step [documented]."""

    name: str
    required: tuple[str, ...]
    optional: dict[str, Any]
    apply: Callable[..., Any] | None
    needs_host: bool = False
    blocking: bool = False

    @property
    def parameters(self) -> list[str]:
        """All parameter names, in the order of positional arguments."""
        return [*self.required, *self.optional]


FUNCTIONS: dict[str, Function] = {}
CONSTANTS: dict[str, Any] = {}


def function(name: str, *required: str, **optional: Any) -> Callable[[_Code], _Code]:
    """Enter the decorated code as library function `name`; `optional` gives defaults."""

    def enter(code: _Code) -> _Code:
        FUNCTIONS[name] = Function(name, required, optional, code)
        return code

    return enter


def host_function(name: str, *required: str, **optional: Any) -> Callable[[_Code], _Code]:
    """The same for code that takes the host as its first argument."""

    def enter(code: _Code) -> _Code:
        FUNCTIONS[name] = Function(name, required, optional, code, needs_host=True)
        return code

    return enter


def blocking(name: str, *required: str, **optional: Any) -> None:
    """Declare a function that suspends the step that calls it."""
    FUNCTIONS[name] = Function(name, required, optional, None, blocking=True)


def expect(value: Any, kinds: type | tuple[type, ...], where: str) -> Any:
    """`value`, if it is of `kinds`; a boolean is no number.

    Raises:
        WorkflowError: TypeError, naming `where`.
    """
    allowed = kinds if isinstance(kinds, tuple) else (kinds,)
    if type(value) not in allowed:
        raise fail("TypeError", f"{where}: unsupported type: {type_name(value)}")
    return value
