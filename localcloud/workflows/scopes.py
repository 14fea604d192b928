"""Which variables exist where: the first pass over a parsed document.

A routine has one scope; loops, handlers of errors and parallel branches have scopes of their own, and what
is first assigned in one of them is unknown outside [documented: variables, scope]. "First" goes by the order
of the text [inferred]. The names that belong to a body are noted on it, and a run follows them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from localcloud.workflows import document as model
from localcloud.workflows.expressions import Name, Node, root

Report = Callable[[str, str], None]  # (message, step)


@dataclass
class StaticScope:
    """The names of one body, and the scope around it.

    `shared` is given for a parallel branch alone; `loop` holds the variables that a loop itself sets.
    """

    names: set[str]
    parent: StaticScope | None = None
    shared: frozenset[str] | None = None
    loop: frozenset[str] = frozenset()

    def around(self) -> Iterator[StaticScope]:
        """This scope and all around it, from the inside."""
        scope: StaticScope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def knows(self, name: str) -> bool:
        """Whether `name` is a variable here."""
        return any(name in scope.names for scope in self.around())

    def writable(self, name: str) -> bool:
        """Whether no parallel branch lies between here and the variable that does not share it."""
        for scope in self.around():
            if name in scope.names:
                return True
            if scope.shared is not None and name not in scope.shared:
                return False
        return True


def routine_scope(routine: model.Routine) -> StaticScope:
    """The outermost scope of a routine."""
    return StaticScope(routine.names)


def inner_scopes(body: model.Body, scope: StaticScope) -> Iterator[tuple[model.Block, StaticScope]]:
    """The blocks of a step's body, each with the scope its steps are in."""
    match body:
        case model.For():
            yield body.block, StaticScope(body.names, scope, loop=frozenset(body.variables))
        case model.Parallel(branches, loop, shared):
            for branch in branches:
                yield branch.block, StaticScope(branch.names, scope, frozenset(shared))
            if loop:
                yield (
                    loop.block,
                    StaticScope(loop.names, scope, frozenset(shared), frozenset(loop.variables)),
                )
        case model.Try(block, _, handler):
            yield block, scope
            if handler:
                yield handler.block, StaticScope(handler.names, scope)
        case _:
            yield from ((block, scope) for block in model.blocks_of(body))


def declare(routine: model.Routine, report: Report) -> None:
    """Fill in the names of every scope of a routine, and report writes that parallel steps forbid."""
    scope = routine_scope(routine)
    scope.names.update(param.name for param in routine.params)
    _declare_block(routine.block, scope, report)


def _declare_block(block: model.Block, scope: StaticScope, report: Report) -> None:
    for step in block.steps:
        for target in _targets(step.body):
            _write(target, scope, step.name, report)
        _own_variables(step, scope, report)
        for inner, inside in inner_scopes(step.body, scope):
            _declare_block(inner, inside, report)


def _targets(body: model.Body) -> Iterator[Node]:
    match body:
        case model.Assign(assignments):
            yield from (assignment.target for assignment in assignments)
        case model.Call(_, _, result) if result is not None:
            yield result


def _write(target: Node, scope: StaticScope, step: str, report: Report) -> None:
    name = root(target) or ""
    if not scope.knows(name):
        if isinstance(target, Name):
            scope.names.add(name)
        else:
            report(f"symbol '{name}' is neither a variable nor a sub-workflow name", step)
    elif not scope.writable(name):
        report(f"variable '{name}' is assigned in a parallel branch but is not shared", step)


def _own_variables(step: model.Step, scope: StaticScope, report: Report) -> None:
    match step.body:
        case model.For():
            _loop_variables(step.body, scope, step.name, report)
        case model.Parallel(_, loop, shared):
            for name in shared:
                if not scope.knows(name):
                    report(f"shared variable '{name}' is not defined", step.name)
            if loop:
                _loop_variables(loop, scope, step.name, report)
        case model.Try(_, _, handler) if handler and handler.name:
            handler.names.add(handler.name)


def _loop_variables(loop: model.For, scope: StaticScope, step: str, report: Report) -> None:
    """Nested loops may not use one name twice [documented: iteration]."""
    loop.names.update(loop.variables)
    for name in loop.variables:
        if any(name in around.loop for around in scope.around()):
            report(f"loop variable '{name}' is already used by a loop around this one", step)
