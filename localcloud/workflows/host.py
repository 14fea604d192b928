"""What an execution needs of the world around it: time, chance, callbacks, and calls to other services.

An execution never blocks and never reads a clock of its own: it asks its host, and is called back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class CallResult:
    """How a call ended: with a value, or with an error (a string or an error map, as `except` sees it)."""

    value: Any = None
    error: Any = None
    failed: bool = False

    @classmethod
    def ok(cls, value: Any = None) -> CallResult:
        """A call that answered `value`."""
        return cls(value=value)

    @classmethod
    def failure(cls, error: Any) -> CallResult:
        """A call that raised `error`: an error map, or a string."""
        return cls(error=error, failed=True)


class Timer(Protocol):
    """A call that is due later."""

    def cancel(self) -> None:
        """It is not due any more; harmless when it was called already."""


class Host(Protocol):
    """The world of one execution. All times are simulated seconds."""

    @property
    def now(self) -> float:
        """Unix seconds."""

    @property
    def both_sides(self) -> bool:
        """Whether `and` and `or` evaluate their second operand even when the first decides."""

    def after(self, seconds: float, then: Callable[[], None]) -> Timer:
        """Call `then` once, `seconds` from now."""

    def uuid(self) -> str:
        """A fresh UUID, version 4 in form."""

    def shuffled(self, n: int) -> list[int]:
        """0 … n-1 in the order in which the branches of a parallel step are to start."""

    def environment(self, name: str) -> str | None:
        """The environment variable `name` of the execution, or None."""

    def log(self, severity: str, payload: object) -> None:
        """An entry of the execution's log: a string, or a map."""

    def create_callback(self, method: str) -> str:
        """The URL of a new callback endpoint that takes `method`."""

    def await_callback(self, url: str, then: Callable[[CallResult], None]) -> Timer:
        """Call `then` once with the request that `url` got or gets; cancelled when the wait times out."""

    def call(self, name: str, arguments: dict[str, Any], then: Callable[[CallResult], None]) -> None:
        """Perform `http.*` or a connector method, and call `then` once with its answer or error map."""
