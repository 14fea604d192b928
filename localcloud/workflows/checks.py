"""The second pass over a parsed document: every symbol, call and jump must lead somewhere.

Google's words are used where they are published: "symbol 'x' is neither a variable nor a sub-workflow name"
[documented: troubleshooting], "symbol 'x' not found" for an unknown function [observed].
"""

from __future__ import annotations

from collections.abc import Iterator

from localcloud.workflows import document as model
from localcloud.workflows.connectors import CONNECTORS
from localcloud.workflows.errors import DeployFault
from localcloud.workflows.expressions import Apply, Member, Name, Node, children, dotted, root
from localcloud.workflows.jumps import check_jumps
from localcloud.workflows.library import CONSTANTS, FUNCTIONS, Function
from localcloud.workflows.scopes import StaticScope, declare, inner_scopes, routine_scope

PARALLEL_DEPTH = 2  # [documented: quotas]


class Checker:
    """Checks one document; `faults` holds what was found."""

    def __init__(self, document: model.Document) -> None:
        self.faults: list[DeployFault] = []
        self._document = document
        self._blocking = _blocking_routines(document)
        self._routine = ""
        self._lines: dict[str, int] = {}

    def check(self) -> list[DeployFault]:
        """All faults of the document."""
        for routine in self._document.routines.values():
            self._routine = routine.name
            self._lines = {step.name: step.line for step in model.steps_within(routine.block)}
            declare(routine, self._report)
            check_jumps(routine.block, self._report)
            for param in routine.params:
                if param.default is not None:
                    self._expression(param.default, StaticScope(set()), "")
            self._block(routine.block, routine_scope(routine), 0)
        return self.faults

    def _report(self, message: str, step: str) -> None:
        self.faults.append(DeployFault(message, step, self._routine, self._lines.get(step, 0)))

    def _block(self, block: model.Block, scope: StaticScope, depth: int) -> None:
        for step in block.steps:
            self._step(step, scope, depth)

    def _step(self, step: model.Step, scope: StaticScope, depth: int) -> None:
        for node in _reads(step.body):
            self._expression(node, scope, step.name)
        if isinstance(step.body, model.Call):
            self._call(step.body, step.name)
        if isinstance(step.body, model.Parallel):
            depth += 1
            if depth > PARALLEL_DEPTH:
                self._report(f"parallel steps are nested deeper than {PARALLEL_DEPTH}", step.name)
        for inner, inside in inner_scopes(step.body, scope):
            self._block(inner, inside, depth)

    # -- calls

    def _call(self, call: model.Call, step: str) -> None:
        routine = self._document.routines.get(call.function)
        if routine is not None:
            required = [param.name for param in routine.params if param.default is None]
            self._arguments(call, required, [param.name for param in routine.params], step)
            return
        function = FUNCTIONS.get(call.function) or CONNECTORS.get(call.function)
        if function is None:
            self._report(f"symbol '{call.function}' not found", step)
            return
        self._arguments(call, list(function.required), function.parameters, step)

    def _arguments(self, call: model.Call, required: list[str], known: list[str], step: str) -> None:
        given = [name for name, _ in call.arguments]
        for argument in given:
            if argument not in known:
                self._report(f"call to '{call.function}': unexpected argument '{argument}'", step)
        for argument in required:
            if argument not in given:
                self._report(f"call to '{call.function}': missing argument '{argument}'", step)

    # -- expressions

    def _expression(self, node: Node, scope: StaticScope, step: str) -> None:
        if isinstance(node, Name | Member):
            name = root(node)
            if name is not None and not scope.knows(name):
                self._symbol(dotted(node), name, step)
                return
        if isinstance(node, Apply):
            self._apply(node, scope, step)
        for child in children(node):
            self._expression(child, scope, step)

    def _symbol(self, full: str | None, name: str, step: str) -> None:
        """A name that is no variable: a policy, or a function that is named without being called."""
        if full is None or not (full in CONSTANTS or full in FUNCTIONS or full in self._document.routines):
            self._report(f"symbol '{name}' is neither a variable nor a sub-workflow name", step)

    def _apply(self, node: Apply, scope: StaticScope, step: str) -> None:
        name = dotted(node.function)
        if name is None or scope.knows(name.partition(".")[0]):
            self._expression(node.function, scope, step)
            return
        routine = self._document.routines.get(name)
        if routine is not None:
            required = sum(param.default is None for param in routine.params)
            self._count(name, len(node.arguments), required, len(routine.params), step)
            if name in self._blocking:
                self._report(f"sub-workflow '{name}' blocks and cannot be called in an expression", step)
            return
        function = FUNCTIONS.get(name) or CONNECTORS.get(name)
        if function is None:
            self._report(f"symbol '{name}' is neither a variable nor a sub-workflow name", step)
            return
        self._library(function, len(node.arguments), step)

    def _library(self, function: Function, given: int, step: str) -> None:
        if function.blocking:  # [documented: expressions]
            self._report(f"blocking function '{function.name}' cannot be called in an expression", step)
        self._count(function.name, given, len(function.required), len(function.parameters), step)

    def _count(self, name: str, given: int, least: int, most: int, step: str) -> None:
        if not least <= given <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            self._report(f"call to '{name}': {given} arguments given, {wanted} expected", step)


def _reads(body: model.Body) -> Iterator[Node]:
    """Every expression a step evaluates itself."""
    match body:
        case model.Assign(assignments):
            for assignment in assignments:
                yield assignment.value
                yield from children(assignment.target) if not isinstance(assignment.target, Name) else ()
        case model.Call(_, arguments, _):
            yield from (node for _, node in arguments)
        case model.Switch(cases):
            yield from (case.condition for case in cases)
        case model.For(items=items, bounds=bounds):
            yield from (node for node in (items, bounds) if node is not None)
        case model.Parallel(_, loop, _, limit):
            yield from _reads(loop)
            yield from (node for node in (limit,) if node is not None)
        case model.Try(_, retry, _) if retry is not None:
            parts = (retry.policy, retry.predicate, retry.max_retries, retry.backoff)
            yield from (node for node in parts if node is not None)
        case model.Raise(value) | model.Return(value):
            yield value


def _blocking_routines(document: model.Document) -> set[str]:
    """The routines that may suspend: by what they call, or by waiting for branches or retries [inferred]."""
    calls = {
        name: [step.body for step in model.steps_within(routine.block)]
        for name, routine in document.routines.items()
    }
    found: set[str] = set()
    while True:
        more = {
            name for name, bodies in calls.items() if any(_blocks(body, found) for body in bodies)
        } - found
        if not more:
            return found
        found |= more


def _blocks(body: model.Body, routines: set[str]) -> bool:
    if isinstance(body, model.Call):
        function = FUNCTIONS.get(body.function) or CONNECTORS.get(body.function)
        return body.function in routines or (function is not None and function.blocking)
    return isinstance(body, model.Parallel) or (isinstance(body, model.Try) and body.retry is not None)
