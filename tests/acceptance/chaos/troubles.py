"""What may go wrong in a storm: a class for each kind, of which a seed draws some, none or several.

A kind says how it is drawn, how it begins, and what the story tells of it. One more kind is one more class in `KINDS`:
each draws by its own name, so it changes nothing that the others draw for a seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, Self

from localcloud.faults import broken_answers
from localcloud.faults.broken_answers import Broken
from localcloud.faults.call_faults import Effect, Fault, Matcher, Refusal, Reset, Slow
from localcloud.faults.outages import OUTAGES
from localcloud.wire.messages import Abort
from tests.acceptance import hands
from tests.acceptance.chaos.requests import HOSTILE, SPREAD
from tests.acceptance.chaos.storm import Storm

OF_FUNCTIONS = Matcher(function="?*")  # what a workflow makes of a broken answer, no page of Google's says
FUNCTIONS = ("environment", "clusters", "fleet", "subnets", "service-export", "gateway")
REFUSED: tuple[Effect, ...] = (Refusal(429), Refusal(500), Refusal(503), Reset(), Reset(after=True))
DAY, HOUR, MINUTE = 86400.0, 3600.0, 60.0


class Trouble(Protocol):
    """One thing that goes wrong. Its text is a line of the story."""

    @classmethod
    def draw(cls, chance: random.Random) -> Iterator[Self]:
        """Those of this kind that a seed has."""

    def begin(self, storm: Storm) -> None:
        """Let it happen when its time comes."""


def _strike(storm: Storm, effects: tuple[Effect, ...], share: float, calls: Matcher) -> None:
    """Let so much of the calls meet one of the effects."""
    each = 1 - (1 - share) ** (1 / len(effects))
    for effect in effects:
        storm.local.cloud.faults.plan(Fault(calls, effect, nth=None, probability=each))


@dataclass(frozen=True)
class FailingCalls:
    """Calls are refused, or their connections break."""

    share: float

    @classmethod
    def draw(cls, chance: random.Random) -> Iterator[Self]:
        """In every seed, of one of three strengths."""
        yield cls(chance.choice((0.05, 0.15, 0.30)))

    def begin(self, storm: Storm) -> None:
        """From the beginning."""
        _strike(storm, REFUSED, self.share, Matcher())

    def __str__(self) -> str:
        return f"{self.share:.0%} of calls fail"


@dataclass(frozen=True)
class BrokenAnswers:
    """Answers cannot be read, of calls that took effect or did not."""

    kinds: tuple[Broken, ...]
    share: float

    @classmethod
    def draw(cls, chance: random.Random) -> Iterator[Self]:
        """Three kinds in every seed."""
        kinds = chance.sample(sorted(broken_answers.KINDS), 3)
        broken = tuple(Broken(kind, after=chance.choice([True, False])) for kind in kinds)
        yield cls(broken, chance.choice((0.03, 0.10)))

    def begin(self, storm: Storm) -> None:
        """From the beginning."""
        _strike(storm, self.kinds, self.share, OF_FUNCTIONS)

    def __str__(self) -> str:
        kinds = ", ".join(f"{each.kind}{'' if each.after else ' (no effect)'}" for each in self.kinds)
        return f"{self.share:.0%} of answers to functions are broken: {kinds}"


@dataclass(frozen=True)
class SlowCalls:
    """Answers come late, and with some the effect: later than a deadline, if need be."""

    seconds: float
    share: float
    late: bool

    @classmethod
    def draw(cls, chance: random.Random) -> Iterator[Self]:
        """In two seeds of five, and in one of these of two kinds."""
        for _ in range(chance.choice((0, 0, 0, 1, 2))):
            seconds = chance.choice((5.0, 14.0, 30.0, 90.0))
            yield cls(seconds, chance.uniform(0.005, 0.2) * 5 / seconds, chance.choice([True, False]))

    def begin(self, storm: Storm) -> None:
        """From the beginning."""
        _strike(storm, (Slow(self.seconds, self.late),), self.share, OF_FUNCTIONS)

    def __str__(self) -> str:
        effect = "and take effect with the answer" if self.late else "and take effect at once"
        return f"{self.share:.1%} of calls of functions take {self.seconds:.0f} s, {effect}"


@dataclass(frozen=True)
class OutlivedTimeout:
    """One change of a function takes longer than its timeout, and takes effect after it."""

    function: str
    nth: int
    seconds: float

    @classmethod
    def draw(cls, chance: random.Random) -> Iterator[Self]:
        """Up to three in two seeds of five."""
        for _ in range(chance.choice((0, 0, 0, 1, 3))):
            yield cls(chance.choice(FUNCTIONS), chance.randrange(1, 8), chance.uniform(61.0, 400.0))

    def begin(self, storm: Storm) -> None:
        """At that change."""
        calls = Matcher(function=f"fleetgate-{self.function}", mutation=True)
        storm.local.cloud.faults.plan(Fault(calls, Slow(self.seconds, late=True), self.nth))

    def __str__(self) -> str:
        return f"change {self.nth} of {self.function} takes {self.seconds:.0f} s, and takes effect then"


@dataclass(frozen=True)
class Outage:
    """A zone or region cannot be reached for a while."""

    place: str
    begins: float
    ends: float

    # The environment's regions and its zones; a zone beside one of these; and places where it has nothing.
    PLACES = (
        "us-west1",
        "us-east1",
        "us-west1-a",
        "us-east1-c",
        "us-west1-b",
        "asia-east1",
        "europe-west1-b",
    )

    @classmethod
    def draw(cls, chance: random.Random) -> Iterator[Self]:
        """In two seeds of five, and in one of these of two places; within what each step but a check waits for."""
        for _ in range(chance.choice((0, 0, 0, 1, 2))):
            begins, lasts = chance.uniform(0, SPREAD), chance.uniform(60.0, 1500.0)
            yield cls(chance.choice(cls.PLACES), begins, begins + lasts)

    def begin(self, storm: Storm) -> None:
        """At its time."""
        down = storm.local.cloud.world[OUTAGES]
        storm.after(self.begins, partial(down.begin, self.place))
        storm.after(self.ends, partial(down.end, self.place))

    def __str__(self) -> str:
        return f"{self.place} is down from {self.begins:.0f} to {self.ends:.0f} s"


@dataclass(frozen=True)
class LateCopies:
    """Each message on the requests' topic comes once more, hours later: the first after the first delay, and so on."""

    delays: tuple[float, ...]

    @classmethod
    def draw(cls, chance: random.Random) -> Iterator[Self]:
        """In every second seed: some within an hour, some within a day."""
        if chance.randrange(2):
            most = [chance.choice((HOUR, DAY)) for _ in range(6)]
            yield cls(tuple(chance.uniform(MINUTE, each) for each in most))

    def begin(self, storm: Storm) -> None:
        """With each message as it comes."""
        delays = iter(self.delays * 10)
        storm.heard.append(lambda message: self._again(storm, message, next(delays)))

    def _again(self, storm: Storm, message: dict[str, Any], delay: float) -> None:
        topic = storm.local.installation.topic("requests")
        storm.after(delay, partial(storm.local.cloud.broker.deliver_again, topic, message))

    def __str__(self) -> str:
        return f"every request comes again, later by {', '.join(f'{each:.0f}' for each in self.delays)} s"


@dataclass(frozen=True)
class DeletionByHand:
    """Somebody deletes something of the environment's."""

    what: str
    when: float

    # Who deletes the anchor takes the fence away, and the multi-cluster Services are other people's here.
    KINDS = tuple(sorted({*hands.KINDS} - {"anchor", "multi-cluster Services", "both features"}))

    @classmethod
    def draw(cls, chance: random.Random) -> Iterator[Self]:
        """One in one seed of four, two in another."""
        for _ in range(chance.choice((0, 0, 1, 2))):
            yield cls(chance.choice(cls.KINDS), chance.uniform(0, 2 * SPREAD))

    def begin(self, storm: Storm) -> None:
        """At its time."""
        storm.after(self.when, partial(self._delete, storm))

    def _delete(self, storm: Storm) -> None:
        try:
            deleted = hands.KINDS[self.what](storm.local)
        except Abort:
            deleted = True  # perhaps: the person's own call has met a fault
        if deleted:
            storm.deletions.append((storm.now, self.what))

    def __str__(self) -> str:
        return f"somebody deletes: {self.what}, at {self.when:.0f} s"


@dataclass(frozen=True)
class HostileMessage:
    """A message comes that is no request."""

    what: str
    when: float

    @classmethod
    def draw(cls, chance: random.Random) -> Iterator[Self]:
        """Up to two in every second seed."""
        for _ in range(chance.choice((0, 0, 1, 2))):
            yield cls(chance.choice(list(HOSTILE)), chance.uniform(0, SPREAD))

    def begin(self, storm: Storm) -> None:
        """At its time."""
        storm.after(self.when, partial(storm.send, self.what, HOSTILE[self.what]))

    def __str__(self) -> str:
        return f"a message comes that is no request ({self.what}), at {self.when:.0f} s"


KINDS: tuple[type[Trouble], ...] = (
    FailingCalls,
    BrokenAnswers,
    SlowCalls,
    OutlivedTimeout,
    Outage,
    LateCopies,
    DeletionByHand,
    HostileMessage,
)
