"""Parallel steps: branches as threads, a limit to how many run at once, and their errors as one.

All branches run to their end, whatever happens to the others; then their errors are raised together
[documented: continueAll is the only policy]. A limit that one of them reaches ends the execution at once.
A branch that waits for branches of its own takes no place among the running ones meanwhile [inferred], so that nesting
cannot lock an execution up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from localcloud.workflows.errors import LimitError, WorkflowError, error_map, fail
from localcloud.workflows.failures import described
from localcloud.workflows.host import CallResult
from localcloud.workflows.threads import Calling, Frame, Resume, Steps, Suspension, Thread, entered

DEPTH_LIMIT = 2  # [documented: quotas]
CONCURRENCY_LIMIT = 20  # branches and iterations at once in an execution [documented: quotas]
ERRORS_LIMIT = 100  # errors of branches that are kept [documented: quotas]


@dataclass(frozen=True)
class Work:
    """One branch or iteration: its name, the names of its own variables, and what it does in its frame."""

    name: str
    names: set[str]
    body: Callable[[Frame], Steps]


class Slots:
    """How many branches of an execution run, and the forks that have more to start."""

    def __init__(self) -> None:
        self.taken = 0
        self.waiting: list[Fork] = []

    def take(self) -> bool:
        """A place for one more branch, if there is one."""
        if self.taken >= CONCURRENCY_LIMIT:
            return False
        self.taken += 1
        return True

    def reclaim(self) -> None:
        """A branch goes on after its own branches; it need not queue again, or it might wait for itself."""
        self.taken += 1

    def give(self) -> None:
        """A place becomes free, and goes to a branch that waits for one."""
        self.taken -= 1
        for waiting in list(self.waiting):
            waiting.start_more()


class Fork:
    """A parallel step at work."""

    def __init__(self, frame: Frame, work: list[Work], limit: int) -> None:
        self._frame = frame
        self._limit = limit
        self._queue = deque(work[at] for at in frame.run.host.shuffled(len(work)))
        self._left = len(work)
        self._running = 0
        self._resume: Resume = lambda _: None
        self.errors: list[tuple[str, WorkflowError]] = []

    def begin(self, resume: Resume) -> None:
        """Start as many branches as may run."""
        self._resume = resume
        if not self._left:
            resume(CallResult.ok())
            return
        slots = self._frame.run.slots
        if self._frame.thread.holds_slot:
            slots.give()
        slots.waiting.append(self)
        self.start_more()

    def start_more(self) -> None:
        """Start branches while there are places; one that must wait is started when a place becomes free."""
        run = self._frame.run
        while self._queue and self._running < self._limit and run.slots.take():
            self._running += 1
            self._start(self._queue.popleft())
        if not self._queue and self in run.slots.waiting:
            run.slots.waiting.remove(self)

    def _start(self, work: Work) -> None:
        outer = self._frame
        thread = Thread(outer.thread.parallel_depth + 1)
        thread.holds_slot = True
        scope = outer.scope.inner(work.names)
        frame = Frame(outer.run, thread, outer.routine, scope, outer.depth)
        outer.run.start(thread, _branch(frame, work), lambda result: self._ended(work, result))

    def _ended(self, work: Work, result: CallResult | WorkflowError) -> None:
        if isinstance(result, LimitError):
            self._frame.run.fail(result)
            return
        if isinstance(result, WorkflowError):
            self.errors.append((work.name, result))
        self._running -= 1
        self._left -= 1
        self._frame.run.slots.give()
        if not self._left:
            if self._frame.thread.holds_slot:
                self._frame.run.slots.reclaim()
            self._resume(CallResult.ok())


def _branch(frame: Frame, work: Work) -> Calling:
    with entered(frame):
        yield from work.body(frame)


def fork(frame: Frame, work: list[Work], limit: Any) -> Calling:
    """Run all `work` side by side, at most `limit` at once (None: as many as an execution may).

    Raises:
        WorkflowError: ParallelNestingError, deeper than 2; TypeError or ValueError, a bad limit;
            UnhandledBranchError, some branch raised an error.
    """
    if frame.thread.parallel_depth >= DEPTH_LIMIT:
        raise fail("ParallelNestingError", f"parallel steps are nested deeper than {DEPTH_LIMIT}")
    if limit is not None and (type(limit) is not int or limit < 1):
        raise fail("ValueError", f"concurrency_limit must be a positive integer; got: {limit!r}")
    state = Fork(frame, work, limit or CONCURRENCY_LIMIT)
    yield Suspension(state.begin)
    if state.errors:
        raise WorkflowError(_branch_errors(state.errors))


def _branch_errors(errors: list[tuple[str, WorkflowError]]) -> dict[str, Any]:
    """The map of UnhandledBranchError; its tag is documented, the layout of `branches` is [inferred]."""
    branches = [
        {"id": name, "error": {"context": described(error), "payload": error.value}}
        for name, error in errors[:ERRORS_LIMIT]
    ]
    message = "One or more branches or iterations encountered an unhandled runtime error"
    details = {"branches": branches, "truncated": len(errors) > ERRORS_LIMIT}
    return error_map("UnhandledBranchError", message, **details)
