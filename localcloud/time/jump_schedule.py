"""Who goes next. In jump mode every wire call of a function is a scheduling point, and the seed decides.

Function instances are real processes, so when their calls arrive is chance. Chance is taken out so: nothing
moves while any of them is still computing; when all wait, their calls are put in order of their names, each
is given a seeded latency, and the clock goes to whatever is due first. Then that one instance computes
alone. One whose threads have several calls unanswered makes them one after the other (`functions.baton`), and
computes until its page says that as many threads wait as it has calls here (docs/decisions/0037). Callers that
are no instance (a person, gcloud, kubectl) are answered at once, at the time that the clock shows.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from localcloud.time.clock import Clock, Timer
from localcloud.time.timing import SPREAD, Timing
from localcloud.wire.messages import Abort, Response

PAUSE = "pause"  # the kind of what is no call: it has no latency of its own
GLANCE = 0.0002  # real seconds between two looks whether an instance waits that has sent a call, at first
LONGEST_GLANCE = 0.001  # and when it goes on computing
PATIENCE = 120.0  # real seconds an instance may compute between two calls before the run is given up


class Stalled(Exception):
    """Nothing is due and what was waited for did not come about."""


class ClockPage(Protocol):
    """What an instance and the schedule tell each other."""

    now: float
    admitted: float

    @property
    def waiting(self) -> float:
        """How many threads of the instance wait for an answer; negative while one computes."""
        ...

    def waits_until(self, port: int) -> float:
        """Until when the one waits whose call comes from this port."""
        ...


@dataclass(eq=False)
class _Arrival:
    """A call that waits for its turn. `timer` is set once its turn has a time, `patience` if its caller's may end."""

    actor: str
    kind: str
    answer: Callable[[], Response]
    future: asyncio.Future[Response]
    latest: float = math.inf
    port: int = 0
    timer: Timer | None = None
    patience: Timer | None = None

    def drop(self) -> None:
        """Nobody waits for the answer any more, and the call itself is not made."""
        for timer in (self.timer, self.patience):
            if timer is not None:
                timer.cancel()
        self.fail(Abort())

    def fail(self, error: Exception) -> None:
        """No answer; a caller that has left by itself does not mind."""
        if not self.future.done():
            self.future.set_exception(error)


class JumpSchedule:
    """Moves the clock from event to event."""

    def __init__(self, clock: Clock, timing: Timing) -> None:
        self._clock = clock
        self._timing = timing
        self._random = random.Random(f"schedule/{timing.seed}")  # noqa: S311  # not for secrets
        self._computing: set[str] = set()
        self._arrivals: list[_Arrival] = []
        self._placed: list[_Arrival] = []
        self._clocks: dict[str, ClockPage] = {}
        self._trouble: BaseException | None = None
        self._stirred = asyncio.Event()  # an instance has made a call, or ended

    def draw(self, kind: str) -> float:
        """A seeded duration of `kind`, for what happens too often to be told apart by name."""
        return self._timing.typical(kind) * (1 + SPREAD * self._random.uniform(-1, 1))

    @property
    def idle(self) -> bool:
        """Whether no instance computes or waits for an answer."""
        return not (self._computing or self._arrivals or self._placed)

    def clock_of(self, actor: str, page: Callable[[], ClockPage]) -> bool:
        """Yes: an instance of the name of `actor` has its time by the page, and nowhere else."""
        self._clocks[actor] = page()
        return True

    def computes(self, actor: str) -> None:
        """`actor` is at work: the clock stands until it calls or ends."""
        if actor in self._clocks:
            self._clocks[actor].now = self._clock.now
        self._computing.add(actor)

    def ended(self, actor: str) -> None:
        """`actor` makes no more calls, because it is done or dead; what it was waiting for is dropped."""
        for waiting in (self._arrivals, self._placed):
            for arrival in [each for each in waiting if each.actor == actor]:
                waiting.remove(arrival)
                arrival.drop()
        self._computing.discard(actor)
        self._stirred.set()

    async def admit(
        self,
        actor: str | None,
        kind: str,
        answer: Callable[[], Response],
        limit: float = math.inf,
        port: int = 0,
    ) -> Response:
        """The answer to a call, when its turn has come. `kind` is the timing of such a call.

        It takes effect in `limit` seconds at the latest, if the caller waits no longer. `port` is where it came from.

        Raises:
            Abort: the connection is to be dropped; or the caller has ended meanwhile, and `answer` was not called.
        """
        if actor is None:
            return answer().in_time()
        future = asyncio.get_running_loop().create_future()
        arrival = _Arrival(actor, kind, answer, future, self._clock.now + limit, port)
        self._arrivals.append(arrival)
        if page := self._clocks.get(actor):
            page.admitted += 1
        self._stirred.set()
        return await arrival.future

    async def pause(self, actor: str, seconds: float, port: int = 0) -> None:
        """Let the thread of `actor` that asks from `port` do nothing for so many seconds.

        Raises:
            Abort: it has ended meanwhile.
        """
        await self.admit(actor, PAUSE, lambda: Response(latency=seconds), port=port)

    async def run_until(self, done: Callable[[], bool]) -> None:
        """Go from event to event until `done()`.

        Raises:
            Stalled: nothing more is due, or an instance computes for longer than `PATIENCE` real seconds.
        """
        while not done():
            await self._all_wait()
            self._place()
            if done():
                return
            if not self._clock.step():
                raise Stalled("nothing is due any more, and what was waited for has not come about")

    async def _all_wait(self) -> None:
        since, glance = time.monotonic(), GLANCE
        while self._computing:  # who waited for a moment may have been set to work again
            self._computing -= {each for each in self._computing if self._waits(each)}
            if not self._computing:
                break
            if await self._stir(glance if any(map(self._unanswered, self._computing)) else PATIENCE):
                since, glance = time.monotonic(), GLANCE
            elif time.monotonic() - since >= PATIENCE:
                raise Stalled(f"still computing after {PATIENCE:.0f} s: {sorted(self._computing)}")
            else:
                glance = min(2 * glance, LONGEST_GLANCE)
        if self._trouble is not None:
            raise self._trouble
        await asyncio.sleep(0)  # let the loop take in what has been sent meanwhile

    async def _stir(self, seconds: float) -> bool:
        """Whether an instance makes a call or ends within so many real seconds; it is waited for."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stirred.wait()
        stirred = self._stirred.is_set()
        self._stirred.clear()
        return stirred

    def _unanswered(self, actor: str) -> int:
        """How many calls of an instance are here."""
        return sum(each.actor == actor for waiting in (self._arrivals, self._placed) for each in waiting)

    def _waits(self, actor: str) -> bool:
        """Whether an instance has stopped computing: all that it has asked is here, and it waits for all of that.

        It says so a moment after it has sent its request. While an answer is on its way, more threads wait than calls
        are here.
        """
        page, calls = self._clocks.get(actor), self._unanswered(actor)
        return calls > 0 and (page is None or page.waiting == calls)

    def _place(self) -> None:
        """Give each new call its time. Those of one instance are here in the order in which it made them."""
        for arrival in sorted(self._arrivals, key=lambda a: a.actor):
            seconds = 0.0 if arrival.kind == PAUSE else self.draw(arrival.kind)
            arrival.timer = self._clock.after(seconds, lambda a=arrival: self._serve(a))  # type: ignore[misc]
            page = self._clocks.get(arrival.actor)
            if page is not None and (until := page.waits_until(arrival.port)) != math.inf:
                arrival.patience = self._clock.at(until, lambda a=arrival: self._give_up(a))  # type: ignore[misc]
            self._placed.append(arrival)
        self._arrivals.clear()

    def _serve(self, arrival: _Arrival) -> None:
        self._placed.remove(arrival)
        self.computes(arrival.actor)
        try:
            response = arrival.answer()
        except Abort as abort:
            self._answered(arrival)
            arrival.fail(abort)
            return
        if response.latency:
            self._hold(arrival, response)
            return
        self._answered(arrival)
        if not arrival.future.done():
            arrival.future.set_result(response)

    def _hold(self, arrival: _Arrival, response: Response) -> None:
        """Let the caller wait for an answer that is there already, or is made when the time has come."""
        seconds, response.latency = response.latency, 0.0
        arrival.answer = response.late or (lambda: response)
        arrival.timer = self._clock.after(seconds, lambda: self._serve(arrival))
        self._placed.append(arrival)

    @staticmethod
    def _answered(arrival: _Arrival) -> None:
        if arrival.patience is not None:
            arrival.patience.cancel()

    def _give_up(self, arrival: _Arrival) -> None:
        """The caller waits no longer and goes on.

        What it has sent takes effect all the same, when its time comes, or at the end of the server's time limit. That
        it is not dropped then is the worst that a server can do.
        """
        self._placed.remove(arrival)
        if arrival.timer is not None:
            arrival.timer.cancel()
            when = min(arrival.timer.when, arrival.latest)
            self._clock.at(when, partial(_take_effect, arrival.answer))
        self.computes(arrival.actor)
        arrival.fail(Abort())


def _take_effect(answer: Callable[[], Response]) -> None:
    """Make a call whose answer nobody reads."""
    with contextlib.suppress(Abort):
        answer().in_time()
