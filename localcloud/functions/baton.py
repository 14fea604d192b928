"""One thread of an instance computes at a time, and which comes next is no chance: the baton, where time jumps.

A machine lets threads compute side by side and takes the processor from them as it likes. So the platform's side of the
process has them pass on a baton. A thread has it while it computes, and gives it up when it waits: for an answer, for a
lock, or for another thread's end. Threads that want it get it in the order in which they came to want it. Only the one
that has it makes others want it, or the cloud does, which answers one call at a time: so that order follows from the
seed.

The instance has stopped computing once nobody has the baton and nobody wants it. The page says so by telling how many
threads wait for answers. The cloud believes it when it has as many calls of the instance unanswered: an answer that is
on its way makes the numbers differ until it is read.

Not modelled, and so refused: a time limit for a lock or a thread's end, and a call made in a thread of a
`ThreadPoolExecutor`, of which an event loop has some to look up names. What waits by other means than reading a socket,
an event loop, a `threading.Lock` or `Thread.join` keeps the baton: then the run ends as `Stalled`.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from concurrent.futures import thread as pools
from threading import Thread
from typing import Any
from weakref import WeakKeyDictionary

from localcloud.functions.clock_page import COMPUTES, SLOTS, ClockPage

_real_lock = threading.Lock


class _Runner:
    """One thread: its slot of the page, and the lock that opens when the baton is its own."""

    def __init__(self, slot: int) -> None:
        self.slot = slot
        self.turn = _real_lock()
        self.turn.acquire()
        self.ended = False
        self.awaited_by: list[_Runner] = []


class Baton:
    """The baton of this process; the thread that makes it has it."""

    def __init__(self, page: ClockPage) -> None:
        self._page = page
        self._guard = _real_lock()  # of what follows: a thread whose answer has come is not in turn yet
        self._own = threading.local()
        self._runners: dict[int, _Runner] = {}  # by slot
        self._of: WeakKeyDictionary[Thread, _Runner] = WeakKeyDictionary()
        self._wanting: deque[_Runner] = deque()
        self._waiting = 0
        self.admitted_before = page.admitted  # calls, when the thread that has the baton got it
        self._own.runner = self._new_runner()
        self._holder: _Runner | None = self._own.runner

    @property
    def is_contended(self) -> bool:
        """Whether the instance has other threads."""
        return len(self._runners) > 1

    def await_answer(self, port: int, until: float) -> None:
        """This thread waits for what comes to a port, until a moment: it gives up the baton."""
        mine = getattr(self._own, "runner", None)
        if mine is None:
            raise NotImplementedError(
                "the local cloud does not model calls in threads of a pool: start a Thread"
            )
        with self._guard:
            self._page.wait(mine.slot, port, until)
            self._waiting += 1
            self._pass_on()

    def have_answer(self) -> None:
        """This thread has what it waited for; it goes on when the baton is its own again."""
        mine = self._own.runner
        with self._guard:
            self._page.clear(mine.slot)
            self._waiting -= 1
            self._want(mine)
        mine.turn.acquire()

    def knows(self, thread: Thread) -> bool:
        """Whether a thread computes in turn."""
        return thread in self._of

    def add(self, thread: Thread) -> None:
        """A thread is about to start: it wants the baton."""
        with self._guard:
            self._of[thread] = runner = self._new_runner()
            self._want(runner)

    def begin(self, thread: Thread) -> None:
        """Right at the start of a thread, in it: wait for the baton."""
        self._own.runner = self._of[thread]
        self._own.runner.turn.acquire()

    def end(self) -> None:
        """This thread ends; who waited for that goes on."""
        mine = self._own.runner
        with self._guard:
            mine.ended = True
            del self._runners[mine.slot]
            for each in mine.awaited_by:
                self._want(each)
            self._pass_on()

    def await_end(self, thread: Thread) -> None:
        """This thread waits for another's end."""
        other = self._of[thread]
        if not other.ended:
            self.sleep_in(other.awaited_by)

    def sleep_in(self, sleepers: deque[_Runner] | list[_Runner]) -> None:
        """This thread waits among these for another to wake it."""
        mine = self._own.runner
        with self._guard:
            sleepers.append(mine)
            self._pass_on()
        mine.turn.acquire()

    def wake_first(self, sleepers: deque[_Runner]) -> None:
        """The one that has slept longest wants the baton."""
        with self._guard:
            self._want(sleepers.popleft())

    def _new_runner(self) -> _Runner:
        slot = next((each for each in range(SLOTS) if each not in self._runners), None)
        if slot is None:
            raise NotImplementedError(f"an instance of the local cloud has {SLOTS} threads at most")
        self._runners[slot] = _Runner(slot)
        return self._runners[slot]

    def _want(self, runner: _Runner) -> None:
        self._wanting.append(runner)
        if self._holder is None:
            self._pass_on()

    def _pass_on(self) -> None:
        self._holder = self._wanting.popleft() if self._wanting else None
        if self._holder is None:
            self._page.waiting = self._waiting
            return
        self._page.waiting = COMPUTES
        self.admitted_before = self._page.admitted
        self._holder.turn.release()


class TurnLock:
    """A `threading.Lock` whose waiters give up the baton, and have the lock in the order in which they came."""

    def __init__(self, baton: Baton) -> None:
        self._baton = baton
        self._held = False
        self._waiters: deque[_Runner] = deque()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As that of `threading.Lock`."""
        if not self._held:
            self._held = True
            return True
        if not blocking:
            return False
        if timeout >= 0:
            raise NotImplementedError("the local cloud does not model a lock with a time limit")
        self._baton.sleep_in(self._waiters)  # and the lock is handed over
        return True

    def release(self) -> None:
        """As that of `threading.Lock`."""
        if not self._held:
            raise RuntimeError("release unlocked lock")
        if self._waiters:
            self._baton.wake_first(self._waiters)
        else:
            self._held = False

    def locked(self) -> bool:
        """As that of `threading.Lock`."""
        return self._held

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *error: object) -> None:
        self.release()


def install(baton: Baton) -> None:
    """Have every thread of this process compute in turn from now on."""
    start, join = Thread.start, Thread.join

    def started(self: Thread) -> None:
        if vars(self).get("_target") is vars(pools)["_worker"]:
            start(self)
            return
        run = self.run

        def in_turn() -> None:
            baton.begin(self)
            try:
                run()
            finally:
                baton.end()

        self.run = in_turn  # type: ignore[method-assign]
        baton.add(self)
        start(self)

    def joined(self: Thread, timeout: float | None = None) -> None:
        if timeout is not None:
            raise NotImplementedError("the local cloud does not model a wait for a thread with a time limit")
        if not baton.knows(self):
            join(self)
            return
        baton.await_end(self)
        join(self)

    def lock() -> Any:
        of_threading = sys._getframe(1).f_globals is vars(threading)  # what threads are made of needs no turn
        return _real_lock() if of_threading else TurnLock(baton)

    Thread.start, Thread.join = started, joined  # type: ignore[method-assign]
    threading.Lock = lock  # type: ignore[assignment]
