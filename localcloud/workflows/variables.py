"""Variables at run time: scopes, assignment into values, and the memory they take.

"Data size, 512 KB: the maximum cumulative size for variables, arguments, and events" [documented: quotas]. "When you
assign one variable to another, you create a separate, independent copy" [documented: variables, memory usage]. So each
variable counts for itself: those of every routine, loop, handler and branch that is at work, parameters among them.

Pages do not say whether the argument of an execution counts beside the parameter of `main` that it is bound to, nor
whether the list does that a loop goes through. Here both do [inferred]: it is the stricter reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from localcloud.workflows.errors import fail
from localcloud.workflows.evaluation import list_index, map_key
from localcloud.workflows.values import MEMORY_LIMIT, size_of, type_name


class Memory:
    """What an execution holds, in bytes, and the most that it has held at one time."""

    def __init__(self) -> None:
        self.used = 0
        self.peak = 0

    def change(self, bytes_: int) -> None:
        """Take more, or give back.

        Raises:
            LimitError: over 512 KB; nothing is taken then.
        """
        if bytes_ > 0 and self.used + bytes_ > MEMORY_LIMIT:
            raise fail("ResourceLimitError", f"variables exceed the memory limit of {MEMORY_LIMIT} bytes")
        self.used += bytes_
        self.peak = max(self.peak, self.used)

    @contextmanager
    def holding(self, value: Any) -> Iterator[None]:
        """Count a value that is no variable, as long as the block lasts.

        Raises:
            LimitError: there is no room for it.
        """
        size = size_of(value)
        self.change(size)
        try:
            yield
        finally:
            self.change(-size)


class Scope:
    """The variables of one body while it runs. Which names are its own was settled at deployment."""

    def __init__(self, names: set[str], memory: Memory, parent: Scope | None = None) -> None:
        self._names = names
        self._memory = memory
        self._parent = parent
        self._values: dict[str, Any] = {}
        self._sizes: dict[str, int] = {}

    def inner(self, names: set[str]) -> Scope:
        """A scope inside this one."""
        return Scope(names, self._memory, self)

    def _owner(self, name: str) -> Scope | None:
        scope: Scope | None = self
        while scope is not None and name not in scope._names:
            scope = scope._parent
        return scope

    def knows(self, name: str) -> bool:
        """Whether `name` is a variable here, assigned or not."""
        return self._owner(name) is not None

    def lookup(self, name: str) -> Any:
        """The variable's value; null when the path taken never set it [observed: a sample tests for it]."""
        owner = self._owner(name)
        return owner._values.get(name) if owner is not None else None

    def assign(self, name: str, value: Any) -> None:
        """Set a variable, in the scope it belongs to.

        Raises:
            LimitError: there is no room for it.
        """
        owner = self._owner(name) or self
        size = size_of(value)
        self._memory.change(size - owner._sizes.get(name, 0))
        owner._values[name] = value
        owner._sizes[name] = size

    def release(self) -> None:
        """Give back the memory of this scope's variables, which are gone."""
        self._memory.change(-sum(self._sizes.values()))
        self._values.clear()
        self._sizes.clear()


def with_element(value: Any, path: list[Any], element: Any) -> Any:
    """`value` with what `path` leads to replaced; a missing map on the way is made [observed].

    Raises:
        WorkflowError: IndexError past the end of a list; TypeError into anything but a map or a list.
    """
    if not path:
        return element
    key, rest = path[0], path[1:]
    if isinstance(value, dict):
        key = map_key(key)
        inner = value.get(key, {} if rest else None)
        return {**value, key: with_element(inner, rest, element)}
    if isinstance(value, list):
        at = list_index(value, key)
        return [*value[:at], with_element(value[at], rest, element), *value[at + 1 :]]
    raise fail("TypeError", f"cannot assign into {type_name(value)}: expecting a map or a list")
