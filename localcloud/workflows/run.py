"""One execution of a document.

A run is driven by its host's callbacks: whatever resumes a thread puts it on a queue, and the queue is
worked off at once, first come first served. So the same host gives the same execution, to the step.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from localcloud.workflows import document as model
from localcloud.workflows.calls import call_with
from localcloud.workflows.errors import WorkflowError, fail, told
from localcloud.workflows.evaluation import evaluate
from localcloud.workflows.failures import execution_error
from localcloud.workflows.host import CallResult, Host
from localcloud.workflows.library import CONSTANTS, FUNCTIONS
from localcloud.workflows.parallel import Slots
from localcloud.workflows.steps import run_block
from localcloud.workflows.threads import Calling, Frame, Resume, Returned, Suspension, Thread, entered
from localcloud.workflows.values import FunctionRef, copied, to_json
from localcloud.workflows.variables import Memory, Scope

STEPS_LIMIT = 100_000  # steps of an execution [documented: quotas]
DEPTH_LIMIT = 20  # calls within calls [documented: quotas]


class State(StrEnum):
    """States of an execution, as the API names them."""

    ACTIVE = "ACTIVE"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass
class Billed:
    """Steps that Google bills: each assignment, condition and call is one [documented: pricing].

    External ones are requests to hosts that are not Google's, and each wait for a callback.
    """

    internal: int = 0
    external: int = 0


class Run:
    """An execution: `begin` starts it, and `on_end` is called once with the run when it is over.

    `argument` is what `main` gets (null when there was none). `result` is JSON text, `error` has the shape of
    `Execution.error`; both are None until the run has ended that way.
    """

    def __init__(
        self, document: model.Document, argument: Any, host: Host, on_end: Callable[[Run], None]
    ) -> None:
        self.document = document
        self.host = host
        self.state = State.ACTIVE
        self.result: str | None = None
        self.error: dict[str, Any] | None = None
        self.billed = Billed()
        self.steps = 0
        self.memory = Memory()
        self.slots = Slots()
        self._argument = copied(argument)
        self._on_end = on_end
        self._threads: list[Thread] = []
        self._ready: deque[tuple[Thread, CallResult]] = deque()
        self._draining = False
        self._last_steps: list[dict[str, str]] = []

    def begin(self) -> None:
        """Run up to the first wait, or to the end."""
        main = self.document.main
        arguments = {param.name: self._argument for param in main.params}
        thread = Thread()
        self.start(thread, self._whole(thread, main, arguments), self._finished)

    def _whole(self, thread: Thread, main: model.Routine, arguments: dict[str, Any]) -> Calling:
        """`main`; the argument of the execution is held beside its parameter, which is a copy [inferred]."""
        try:
            with self.memory.holding(self._argument):
                return (yield from self.routine(thread, main, arguments, 1))
        except (RecursionError, UnicodeError) as fault:
            raise told(fault) from None

    def fail(self, error: WorkflowError) -> None:
        """End at once with `error`."""
        self.error = execution_error(error)
        self._end(State.FAILED)

    def cancel(self) -> None:
        """End at once; no handler runs [documented]. Harmless when the run is over."""
        if self.state is State.ACTIVE:
            self._end(State.CANCELLED)

    @property
    def current_steps(self) -> list[dict[str, str]]:
        """{routine, step} of every thread; of the innermost routine alone [documented: Execution.Status]."""
        if self.state is not State.ACTIVE:
            return self._last_steps
        if not any(thread.frames for thread in self._threads):
            return self._last_steps
        innermost = [thread.frames[-1] for thread in self._threads if thread.frames]
        return [{"routine": frame.routine, "step": frame.step.name} for frame in innermost]

    # -- what steps and calls use

    def count_step(self, routine: str, step: str) -> None:
        """One more step begins.

        Raises:
            WorkflowError: ResourceLimitError, over 100,000 of them.
        """
        self.steps += 1
        self._last_steps = [{"routine": routine, "step": step}]
        self.require_steps(0)

    def require_steps(self, more: int) -> None:
        """So many more steps are to come at least.

        Raises:
            WorkflowError: ResourceLimitError, they would be over 100,000.
        """
        if self.steps + more > STEPS_LIMIT:
            raise fail("ResourceLimitError", f"execution exceeds the limit of {STEPS_LIMIT} steps")

    def bill(self, external: bool = False) -> None:
        """One more billed step."""
        if external:
            self.billed.external += 1
        else:
            self.billed.internal += 1

    def start(
        self, thread: Thread, work: Calling, on_end: Callable[[CallResult | WorkflowError], None]
    ) -> None:
        """Let a thread run `work` until its end."""

        def ended(result: CallResult | WorkflowError) -> None:
            if thread in self._threads:
                self._threads.remove(thread)
            on_end(result)

        self._threads.append(thread)
        thread.begin(work, ended)
        self._resume(thread, CallResult.ok())

    def sleeping(self, seconds: float) -> Suspension:
        """A wait of `seconds`."""

        def begin(resume: Resume) -> Any:
            return self.host.after(seconds, lambda: resume(CallResult.ok()))

        return Suspension(begin)

    def routine(
        self, thread: Thread, routine: model.Routine, arguments: dict[str, Any], depth: int
    ) -> Calling:
        """One call of a routine; its value is what it returns, or null.

        Raises:
            WorkflowError: RecursionError, too deep; TypeError, an argument is missing; what its steps raise.
        """
        if depth > DEPTH_LIMIT:
            raise fail("RecursionError", f"call stack exceeds the limit of {DEPTH_LIMIT}")
        frame = Frame(self, thread, routine.name, Scope(routine.names, self.memory), depth)
        with entered(frame):
            _bind(frame, routine, arguments)
            signal = yield from run_block(frame, routine.block)
        return signal.value if isinstance(signal, Returned) else None

    def constant(self, name: str) -> Any:
        """A policy of the library, or a function by name."""
        return CONSTANTS[name] if name in CONSTANTS else FunctionRef(name)

    def apply(self, frame: Frame, name: str, arguments: list[Any]) -> Any:
        """Call a function from an expression; deployment has made sure that it does not block.

        Raises:
            WorkflowError: what the function raises.
        """
        if name not in FUNCTIONS and name not in self.document.routines:
            raise fail("TypeError", f"unknown function '{name}'")
        calling = call_with(frame, name, arguments)
        try:
            calling.send(None)
        except StopIteration as end:
            return end.value
        calling.close()
        raise fail("TypeError", f"blocking function '{name}' cannot be called in an expression")

    # -- threads

    def _resume(self, thread: Thread, outcome: CallResult) -> None:
        self._ready.append((thread, outcome))
        if self._draining:
            return
        self._draining = True
        try:
            while self._ready and self.state is State.ACTIVE:
                ready, answer = self._ready.popleft()
                ready.advance(answer, self._resume)
        finally:
            self._draining = False

    def _finished(self, result: CallResult | WorkflowError) -> None:
        if isinstance(result, WorkflowError):
            self.fail(result)
            return
        try:
            self.result = to_json(result.value)
        except (WorkflowError, RecursionError, UnicodeError) as fault:  # bytes have no JSON
            self.fail(told(fault))
        else:
            self._end(State.SUCCEEDED)

    def _end(self, state: State) -> None:
        self._last_steps = self.current_steps
        self.state = state
        for thread in self._threads:
            thread.stop()
        self._threads.clear()
        self._ready.clear()
        self._on_end(self)


def _bind(frame: Frame, routine: model.Routine, arguments: dict[str, Any]) -> None:
    for param in routine.params:
        if param.name in arguments:
            value = arguments[param.name]
        elif param.default is not None:
            value = evaluate(param.default, frame)
        else:
            raise fail("TypeError", f"{routine.name}: missing argument '{param.name}'")
        frame.scope.assign(param.name, value)
