"""Expressions: compiled once in an environment of variables and functions, evaluated often.

The library is loaded with the first expression: most runs of the local cloud's services need none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from localcloud.cel.faults import CelError, EvaluationError, not_compiled, not_evaluated
from localcloud.cel.values import bindable, plain

_LONGEST_KEPT = 10_000  # characters
_KEPT_EXPRESSIONS = 1024  # of one environment; the rules of all CRDs here are 61


@dataclass(frozen=True)
class Function:
    """A function of Python's that expressions may call on a value: `target.name(…)`.

    Types are written as CEL's: `string`, `list<string>`, `map<string, dyn>`. The first parameter is the target.
    """

    name: str
    parameters: tuple[str, ...]
    returns: str
    implementation: Callable[..., Any]


class Expression:
    """A compiled expression."""

    def __init__(self, program: Any) -> None:
        self._program = program

    @property
    def type(self) -> str:
        """What the compiler knows of its value: `bool`, `list<dyn>`, `dyn`."""
        return str(self._program.return_type().name()).lower()

    def evaluate(self, bindings: Any) -> Any:
        """Its value for the variables that `Environment.bind` took; durations are timedelta, bytes are bytes.

        Raises:
            EvaluationError: it has none.
        """
        try:
            return plain(self._program.eval(activation=bindings))
        except CelError:
            raise
        except Exception as error:  # the library throws whatever its C++ does
            raise not_evaluated(str(error)) from error


class Environment:
    """What expressions may name: variables of any type, functions, and extensions of CEL (`strings`).

    `timestamps` are variables, too, whose values are datetimes: the library takes those of no variable of any type.
    """

    def __init__(
        self,
        variables: Iterable[str],
        functions: Iterable[Function] = (),
        extensions: Iterable[str] = (),
        timestamps: Iterable[str] = (),
    ) -> None:
        self._variables = tuple(variables)
        self._timestamps = tuple(timestamps)
        self._functions = tuple(functions)
        self._extensions = tuple(extensions)
        self._kept = lru_cache(maxsize=_KEPT_EXPRESSIONS)(self._compile)

    def compile(self, text: str) -> Expression:
        """The expression that `text` is; it is kept unless it is long.

        Raises:
            CompileError: it is none, in cel-go's words: a line for each fault and where it is.
        """
        return self._kept(text) if len(text) <= _LONGEST_KEPT else self._compile(text)

    def _compile(self, text: str) -> Expression:
        try:
            return Expression(self._environment.compile(bindable(text)))
        except Exception as error:  # the library throws whatever its C++ does
            raise not_compiled(str(error)) from error

    def bind(self, variables: Mapping[str, Any]) -> Any:
        """The variables of one evaluation, or of many: JSON, or what `evaluate` gives.

        Raises:
            EvaluationError: a value is none of CEL's.
        """
        try:
            return self._environment.Activation({name: bindable(each) for name, each in variables.items()})
        except (RecursionError, TypeError) as error:
            raise EvaluationError(str(error)) from error

    @cached_property
    def _environment(self) -> Any:
        from cel_expr_python import cel

        return cel.NewEnv(
            variables={
                **dict.fromkeys(self._variables, cel.Type.DYN),
                **dict.fromkeys(self._timestamps, cel.Type.TIMESTAMP),
            },
            functions=[_declared(cel, each) for each in self._functions],
            extensions=[_extension(name) for name in self._extensions],
        )


def _declared(cel: Any, function: Function) -> Any:
    overload = cel.Overload(
        function.name,
        return_type=cel.Type(function.returns),
        parameters=[cel.Type(each) for each in function.parameters],
        is_member=True,
        impl=function.implementation,
    )
    return cel.FunctionDecl(function.name, [overload])


def _extension(name: str) -> Any:
    from cel_expr_python.ext import ext_optional, ext_strings

    return {"optional": ext_optional.ExtOptional, "strings": ext_strings.ExtStrings}[name]()
