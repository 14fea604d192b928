"""What each kind of step does, as generators over a frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from localcloud.workflows import document as model
from localcloud.workflows.calls import call
from localcloud.workflows.errors import LimitError, WorkflowError, error_map, fail
from localcloud.workflows.evaluation import evaluate, truth
from localcloud.workflows.expressions import Index, Member, Name, Node
from localcloud.workflows.parallel import Work, fork
from localcloud.workflows.retries import retry_delay
from localcloud.workflows.threads import Frame, Jump, Returned, Steps
from localcloud.workflows.values import is_number, type_name
from localcloud.workflows.variables import with_element


def run_block(frame: Frame, block: model.Block) -> Steps:
    """Run steps in order; a jump to a step that is not among them is passed on to the block around."""
    at = 0
    while at < len(block.steps):
        signal = yield from run_step(frame, block.steps[at])
        if signal is None:
            at += 1
        elif isinstance(signal, Jump) and signal.target in block.index:
            at = block.index[signal.target]
        else:
            return signal
    return None


def run_step(frame: Frame, step: model.Step) -> Steps:
    """Run one step; its `next` counts unless the body already decided."""
    frame.step = step
    frame.run.count_step(frame.routine, step.name)
    body = step.body
    signal = yield from _KINDS[type(body)](frame, body)
    if signal is None and step.next is not None:
        return Jump(step.next)
    return signal


def _nothing(frame: Frame, body: None) -> Steps:
    frame.run.bill()
    return None
    yield  # a generator like the others


def _assign(frame: Frame, body: model.Assign) -> Steps:
    for assignment in body.assignments:
        frame.run.bill()
        store(frame, assignment.target, evaluate(assignment.value, frame))
    return None
    yield


def store(frame: Frame, target: Node, value: Any) -> None:
    """Assign to a variable, or to a place inside one."""
    path: list[Any] = []
    while not isinstance(target, Name):
        assert isinstance(target, Member | Index)  # the parser admits nothing else
        path.insert(0, target.key if isinstance(target, Member) else evaluate(target.key, frame))
        target = target.of
    if path:
        value = with_element(frame.scope.lookup(target.name), path, value)
    frame.scope.assign(target.name, value)


def _call(frame: Frame, body: model.Call) -> Steps:
    arguments = {name: evaluate(node, frame) for name, node in body.arguments}
    value = yield from call(frame, body.function, arguments)
    if body.result is not None:
        store(frame, body.result, value)
    return None


def _switch(frame: Frame, body: model.Switch) -> Steps:
    for case in body.cases:
        frame.run.bill()
        if truth(evaluate(case.condition, frame), "condition"):
            return (yield from _case(frame, case.step))
    return None


def _case(frame: Frame, step: model.Step) -> Steps:
    """A case's step: one that only jumps, or does nothing, is not a step of its own."""
    if step.body is None:
        return Jump(step.next) if step.next is not None else None
    return (yield from run_step(frame, step))


def iterations(frame: Frame, loop: model.For) -> tuple[list[Any], Iterator[tuple[int, Any]]]:
    """What a loop goes through (a list, or two numbers), and the index and value of each iteration.

    Raises:
        WorkflowError: TypeError, `in` is no list or `range` no two numbers.
    """
    if loop.items is not None:
        items = evaluate(loop.items, frame)
        if not isinstance(items, list):
            raise fail("TypeError", f"for loop expects a list; got: {type_name(items)}")
        return items, enumerate(items)
    assert loop.bounds is not None
    bounds = evaluate(loop.bounds, frame)
    if not isinstance(bounds, list) or len(bounds) != 2 or not all(map(is_number, bounds)):
        raise fail("TypeError", "range must be a list of two numbers")
    return bounds, _counting(*bounds)


def _counting(first: Any, last: Any) -> Iterator[tuple[int, Any]]:
    at = 0
    while first + at <= last:  # both ends are included [documented: iteration]
        yield at, first + at
        at += 1


def _for(frame: Frame, body: model.For) -> Steps:
    frame.run.bill()
    held, rounds = iterations(frame, body)
    with frame.run.memory.holding(held):
        for index, value in rounds:
            with frame.inner(body.names):
                signal = yield from run_iteration(frame, body, index, value)
            if isinstance(signal, Jump) and signal.target == "break":
                return None
            if signal is not None and signal != Jump("continue"):
                return signal
    return None


def run_iteration(frame: Frame, loop: model.For, index: int, value: Any) -> Steps:
    """The body of a loop, once, in a scope that is already the iteration's own."""
    frame.scope.assign(loop.value, value)
    if loop.index:
        frame.scope.assign(loop.index, index)
    return (yield from run_block(frame, loop.block))


def _try(frame: Frame, body: model.Try) -> Steps:
    frame.run.bill()
    attempts = 0
    while True:
        try:
            return (yield from run_block(frame, body.block))
        except LimitError:
            raise
        except WorkflowError as raised:
            error = raised
        try:
            delay = yield from retry_delay(frame, body.retry, attempts, error.value)
        except LimitError:
            raise
        except WorkflowError as raised:  # the predicate itself failed: its error takes over [inferred]
            error, delay = raised, None
        if delay is None:
            return (yield from _handle(frame, body.handler, error))
        attempts += 1
        yield frame.run.sleeping(delay)


def _handle(frame: Frame, handler: model.Except | None, error: WorkflowError) -> Steps:
    if handler is None:
        raise error
    with frame.inner(handler.names):
        if handler.name:
            frame.scope.assign(handler.name, error.value)
        return (yield from run_block(frame, handler.block))


def _raise(frame: Frame, body: model.Raise) -> Steps:
    frame.run.bill()
    value = evaluate(body.error, frame)
    if not isinstance(value, str | dict):
        value = error_map("TypeError", f"raise expects a string or a map; got: {type_name(value)}")
    raise WorkflowError(value)
    yield


def _return(frame: Frame, body: model.Return) -> Steps:
    frame.run.bill()
    return Returned(evaluate(body.value, frame))
    yield


def _steps(frame: Frame, body: model.Steps) -> Steps:
    frame.run.bill()
    return (yield from run_block(frame, body.block))


def _parallel(frame: Frame, body: model.Parallel) -> Steps:
    """Branches or iterations; what a branch needs of its parent is settled by scopes at deployment."""
    frame.run.bill()
    limit = None if body.concurrency_limit is None else evaluate(body.concurrency_limit, frame)
    if body.loop is None:
        yield from fork(frame, [Work(each.name, each.names, _branch(each)) for each in body.branches], limit)
        return None
    held, rounds = iterations(frame, body.loop)
    with frame.run.memory.holding(held):
        work = []
        for at, value in rounds:
            frame.run.require_steps(at + 1)  # a round is a step at least; a range may have no end to speak of
            work.append(Work(str(at), body.loop.names, _iteration(body.loop, at, value)))
        yield from fork(frame, work, limit)
    return None


def _branch(branch: model.Branch) -> Callable[[Frame], Steps]:
    return lambda frame: run_block(frame, branch.block)


def _iteration(loop: model.For, index: int, value: Any) -> Callable[[Frame], Steps]:
    return lambda frame: run_iteration(frame, loop, index, value)


_KINDS: dict[type, Callable[[Frame, Any], Steps]] = {
    type(None): _nothing,
    model.Assign: _assign,
    model.Call: _call,
    model.Switch: _switch,
    model.For: _for,
    model.Parallel: _parallel,
    model.Try: _try,
    model.Raise: _raise,
    model.Return: _return,
    model.Steps: _steps,
}
