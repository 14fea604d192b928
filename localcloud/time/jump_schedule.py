"""Who goes next. In jump mode every wire call of a function is a scheduling point, and the seed decides.

Function instances are real processes, so when their calls arrive is chance. Chance is taken out so: nothing
moves while any of them is still computing; when all wait, their calls are put in order of their names, each
is given a seeded latency, and the clock goes to whatever is due first. Then that one instance computes
alone. Callers that are no instance (a person, gcloud, kubectl) are answered at once, at the time that the
clock shows.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

from localcloud.time.clock import Clock, Timer
from localcloud.time.timing import SPREAD, Timing
from localcloud.wire.messages import Abort, Response

PATIENCE = 120.0  # real seconds an instance may compute between two calls before the run is given up


class Stalled(Exception):
    """Nothing is due and what was waited for did not come about."""


@dataclass(eq=False)
class _Arrival:
    """A call that waits for its turn; `timer` is set once its turn has a time."""

    actor: str
    kind: str
    answer: Callable[[], Response]
    future: asyncio.Future[Response]
    timer: Timer | None = None

    def drop(self) -> None:
        """Nobody waits for the answer any more, and the call itself is not made."""
        if self.timer is not None:
            self.timer.cancel()
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
        self._trouble: BaseException | None = None
        self._quiet = asyncio.Event()
        self._quiet.set()

    def draw(self, kind: str) -> float:
        """A seeded duration of `kind`, for what happens too often to be told apart by name."""
        return self._timing.typical(kind) * (1 + SPREAD * self._random.uniform(-1, 1))

    @property
    def idle(self) -> bool:
        """Whether no instance computes or waits for an answer."""
        return not (self._computing or self._arrivals or self._placed)

    def computes(self, actor: str) -> None:
        """`actor` is at work: the clock stands until it calls or ends."""
        self._computing.add(actor)
        self._quiet.clear()

    def ended(self, actor: str) -> None:
        """`actor` makes no more calls, because it is done or dead; what it was waiting for is dropped."""
        for waiting in (self._arrivals, self._placed):
            for arrival in [each for each in waiting if each.actor == actor]:
                waiting.remove(arrival)
                arrival.drop()
        self._rest(actor)

    async def admit(self, actor: str | None, kind: str, answer: Callable[[], Response]) -> Response:
        """The answer to a call, when its turn has come. `kind` is the timing of such a call.

        An instance makes one call at a time: while it waits for an answer it does nothing else.

        Raises:
            Abort: the connection is to be dropped; or the caller has ended meanwhile, and `answer` was not called.
        """
        if actor is None:
            return answer()
        arrival = _Arrival(actor, kind, answer, asyncio.get_running_loop().create_future())
        self._arrivals.append(arrival)
        self._rest(actor)
        return await arrival.future

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
        try:
            await asyncio.wait_for(self._quiet.wait(), PATIENCE)
        except TimeoutError:
            raise Stalled(f"still computing after {PATIENCE:.0f} s: {sorted(self._computing)}") from None
        if self._trouble is not None:
            raise self._trouble
        await asyncio.sleep(0)  # let the loop take in what has been sent meanwhile

    def _place(self) -> None:
        for arrival in sorted(self._arrivals, key=lambda a: a.actor):
            seconds = self.draw(arrival.kind)
            arrival.timer = self._clock.after(seconds, lambda a=arrival: self._serve(a))  # type: ignore[misc]
            self._placed.append(arrival)
        self._arrivals.clear()

    def _serve(self, arrival: _Arrival) -> None:
        self._placed.remove(arrival)
        self.computes(arrival.actor)
        try:
            response = arrival.answer()
        except Abort as abort:
            arrival.fail(abort)
            return
        if response.latency:
            self._hold(arrival, response)
        elif not arrival.future.done():
            arrival.future.set_result(response)

    def _hold(self, arrival: _Arrival, response: Response) -> None:
        """Let the caller wait for an answer that is there already."""
        seconds, response.latency = response.latency, 0.0
        held = _Arrival(arrival.actor, arrival.kind, lambda: response, arrival.future)
        held.timer = self._clock.after(seconds, lambda: self._serve(held))
        self._placed.append(held)
        self._rest(arrival.actor)

    def _rest(self, actor: str) -> None:
        self._computing.discard(actor)
        if not self._computing:
            self._quiet.set()
