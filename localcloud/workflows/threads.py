"""Threads of control: generators that yield what they wait for, and the routines they are in.

A step that has to wait yields a `Suspension`; its thread goes on when the suspension resumes it. There are no
threads of the operating system and no event loop: the host's callbacks drive everything.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.workflows import document as model
from localcloud.workflows.errors import TraceLine, WorkflowError, of_system, told
from localcloud.workflows.host import CallResult, Timer
from localcloud.workflows.variables import Scope

if TYPE_CHECKING:
    from localcloud.workflows.run import Run

Resume = Callable[[CallResult], None]


@dataclass(frozen=True)
class Suspension:
    """Something to wait for: `begin` starts it, and is given what to call when it is over.

    It may answer with something to cancel when the execution ends first.
    """

    begin: Callable[[Resume], Timer | None]


@dataclass(frozen=True)
class Jump:
    """A step that names its successor: a step, `end`, `break` or `continue`."""

    target: str


@dataclass(frozen=True)
class Returned:
    """A routine that ended with a value."""

    value: Any


Signal = Jump | Returned | None
Steps = Generator[Suspension, Any, Signal]
Calling = Generator[Suspension, Any, Any]


class Frame:
    """One call of a routine: its variables, and the step at work. The environment of its expressions."""

    def __init__(self, run: Run, thread: Thread, routine: str, scope: Scope, depth: int) -> None:
        self.run = run
        self.thread = thread
        self.routine = routine
        self.scope = scope
        self.depth = depth
        self.step = model.Step("", None, None, 0, 0)

    @contextmanager
    def inner(self, names: set[str]) -> Iterator[Scope]:
        """A scope inside the present one, for as long as the block lasts."""
        outer = self.scope
        self.scope = outer.inner(names)
        try:
            yield self.scope
        finally:
            self.scope.release()
            self.scope = outer

    @property
    def both_sides(self) -> bool:
        """What the cloud's dialect says."""
        return self.run.host.both_sides

    def knows(self, name: str) -> bool:
        """Whether `name` is a variable here."""
        return self.scope.knows(name)

    def lookup(self, name: str) -> Any:
        """The variable's value."""
        return self.scope.lookup(name)

    def constant(self, name: str) -> Any:
        """A policy or a function by its dotted name."""
        return self.run.constant(name)

    def apply(self, name: str, arguments: list[Any]) -> Any:
        """Call a function that does not block."""
        return self.run.apply(self, name, arguments)


@contextmanager
def entered(frame: Frame) -> Iterator[None]:
    """While a frame is at work: it is on its thread's stack; an error that leaves it takes its step along."""
    frame.thread.frames.append(frame)
    try:
        yield
    except (WorkflowError, RecursionError, UnicodeError) as fault:
        error, step = told(fault), frame.step
        error.trace.append(TraceLine(step.name, frame.routine, step.line, step.column))
        raise error from None
    finally:
        frame.thread.frames.pop()
        frame.scope.release()


class Thread:
    """One line of execution: the main one, or a branch; `parallel_depth` counts the forks around it."""

    def __init__(self, parallel_depth: int = 0) -> None:
        self.parallel_depth = parallel_depth
        self.frames: list[Frame] = []
        self.holds_slot = False
        self._work: Calling | None = None
        self._pending: Timer | None = None
        self._on_end: Callable[[CallResult | WorkflowError], None] = lambda _: None

    def begin(self, work: Calling, on_end: Callable[[CallResult | WorkflowError], None]) -> None:
        """Take on `work`; `on_end` gets its value, or the error that it raised."""
        self._work, self._on_end = work, on_end

    def advance(self, outcome: CallResult, resume: Callable[[Thread, CallResult], None]) -> None:
        """Go on with the outcome of what was waited for, up to the next wait or the end."""
        work = self._work
        if work is None:
            return
        self._pending = None
        try:
            suspension = work.throw(of_system(outcome.error)) if outcome.failed else work.send(outcome.value)
        except StopIteration as end:
            self._end(CallResult.ok(end.value))
        except WorkflowError as error:
            self._end(error)
        else:
            self._suspend(suspension, resume)

    def _suspend(self, suspension: Suspension, resume: Callable[[Thread, CallResult], None]) -> None:
        answered = False

        def once(outcome: CallResult) -> None:
            nonlocal answered
            if not answered and self._work is not None:
                answered = True
                resume(self, outcome)

        pending = suspension.begin(once)
        if not answered:
            self._pending = pending

    def _end(self, result: CallResult | WorkflowError) -> None:
        self._work = None
        self._on_end(result)

    def stop(self) -> None:
        """End without a result: what is waited for is cancelled, no handler runs."""
        work, self._work = self._work, None
        if self._pending is not None:
            self._pending.cancel()
        if work is not None:
            work.close()
