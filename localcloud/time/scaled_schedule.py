"""Scaled time: for people, gcloud and kubectl the cloud's clock follows the machine's, so many times as fast.

A function's code is not so many times as fast. While one computes, a second is a second, or its deadline
would come before it could do anything; whenever none does, time runs at `speed`. Calls are answered when they
come: on a real wire they take their own time already.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable

from localcloud.time.clock import Clock
from localcloud.time.timing import SPREAD, Timing
from localcloud.wire.messages import Abort, Response

TICK = 0.01  # real seconds between two looks at the time
LONGEST_TURN = 0.05  # real seconds for what is due, before calls get their turn

_log = logging.getLogger(__name__)


class ScaledSchedule:
    """Moves the clock with real time, `speed` simulated seconds to a real one; `watch` shows real seconds."""

    def __init__(
        self, clock: Clock, timing: Timing, speed: float, watch: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._timing = timing
        self._speed = speed
        self._random = random.Random(f"schedule/{timing.seed}")  # noqa: S311  # not for secrets
        self._computing: set[str] = set()
        self._paused: set[str] = set()
        self._watch = watch
        self._looked = watch()
        self._owed = 0.0  # simulated seconds that have passed and are not yet on the clock
        self._woken = asyncio.Event()

    def draw(self, kind: str) -> float:
        """A duration of `kind`, for what happens too often to be told apart by name."""
        return self._timing.typical(kind) * (1 + SPREAD * self._random.uniform(-1, 1))

    @property
    def idle(self) -> bool:
        """Whether no instance computes."""
        return not self._computing

    def clock_of(self, actor: str, page: object) -> bool:
        """No: to an instance a second is a second, as its machine's clock has it."""
        return False

    def computes(self, actor: str) -> None:
        """`actor` is at work: a second is a second until it ends."""
        self._look()
        self._computing.add(actor)

    def ended(self, actor: str) -> None:
        """`actor` is done or dead; what it still asks is not answered."""
        self._look()
        self._computing.discard(actor)
        self._paused.discard(actor)
        self._woken.set()

    async def admit(
        self,
        actor: str | None,
        kind: str,
        answer: Callable[[], Response],
        limit: float = 0.0,
        port: int = 0,
    ) -> Response:
        """The answer to a call, now, or when what it waits for has come; `kind`, `limit` and `port` tell nothing, for
        the wire is real.

        Raises:
            Abort: the connection is to be dropped; or the caller has ended meanwhile, and `answer` was not called.
        """
        if actor is not None and actor not in self._computing:
            raise Abort
        self.catch_up()
        response = answer()
        if response.late is not None and response.latency:
            passed = asyncio.Event()
            self._clock.after(response.latency, passed.set)
            await passed.wait()
        return response.in_time()

    async def pause(self, actor: str, seconds: float, port: int = 0) -> None:
        """Let `actor` do nothing for so many seconds of the cloud's: it computes nothing meanwhile.

        Raises:
            Abort: it has ended meanwhile.
        """
        if actor not in self._computing:
            raise Abort
        self._look()
        self._computing.discard(actor)
        self._paused.add(actor)
        over = asyncio.Event()
        self._clock.after(seconds, over.set)
        await over.wait()
        if actor not in self._paused:
            raise Abort
        self._paused.discard(actor)
        self.computes(actor)

    async def run_until(self, done: Callable[[], bool]) -> None:
        """Let time pass until `done()`."""
        while not done():
            self.catch_up()
            await asyncio.sleep(TICK)

    async def drive(self) -> None:
        """Keep the clock going, for as long as this is not cancelled."""
        while True:
            self.catch_up()
            self._woken.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK):
                    await self._woken.wait()

    def catch_up(self) -> None:
        """Fire what has become due; once that sets an instance to work, time runs slower and the rest waits.

        It goes on for `LONGEST_TURN` real seconds at most: when more is due than the machine can do, the cloud's
        time goes slower for that while, and calls are answered all the same. What fails is told, and time goes on.
        """
        self._look()
        clock, until = self._clock, self._clock.now + self._owed
        self._owed = 0.0
        was_idle, began = self.idle, self._watch()
        while (due := clock.next_due()) is not None and due <= until:
            self._step()
            if was_idle and not self.idle:
                return
            if self._watch() - began > LONGEST_TURN:
                self._looked = self._watch()  # the turn's own time is not made up for
                return
        clock.advance_to(until)

    def _step(self) -> None:
        """Fire one timer. A fault in it is the last wall's to meet: whoever set the timer has not."""
        try:
            self._clock.step()
        except Exception:
            _log.exception("what was due has failed, and is not tried again; time goes on")

    def _look(self) -> None:
        """Owe the clock what has passed since the last look, at the rate of that while."""
        now = self._watch()
        self._owed += (now - self._looked) * (self._speed if self.idle else min(self._speed, 1.0))
        self._looked = now
