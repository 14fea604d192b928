"""Storms: seeded refusals and resets, every message twice and out of order, and requests that overlap.

However it went, in the end the newest request's state holds, and what is other people's is untouched. What should be
is what the newest request makes by itself in calm weather, in a cloud with the same things of other people's.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fleetgate.local.run import LocalRun, NeverEnded
from localcloud.faults import Fault, Matcher, Refusal, Reset
from localcloud.pubsub.broker import Delivery
from localcloud.schedule import Stalled
from tests.acceptance import foreign
from tests.acceptance.crashes import deploying, difference
from tests.acceptance.runs import settle, store

KINDS = (Refusal(429), Refusal(500), Refusal(503), Reset(), Reset(after=True))
RATES = (0.05, 0.15, 0.30)  # shares of the calls that fail
LIMIT = 8 * 3600.0  # simulated seconds that a storm may take
SPREAD = 1500.0  # seconds within which its requests are published

Json = dict[str, Any]


def _checked_at(path: str) -> Json:
    return store(healthCheck={"requestPath": path})


def _without_probe_of_east() -> Json:
    """The rule for the east goes, the service stays."""
    document = store()
    document["routes"][0]["rules"] = [
        rule for rule in document["routes"][0]["rules"] if rule["backendRefs"][0]["name"] != "store-east-1"
    ]
    return document


VARIANTS: dict[str, Json] = {
    "store": deploying(store()),
    "health check": deploying(_checked_at("/healthz")),
    "one rule less": deploying(_without_probe_of_east()),
}


@dataclass(frozen=True)
class Weather:
    """What a seed makes of a run: how many calls fail, and which requests come when (seconds from the start)."""

    seed: int
    rate: float
    requests: tuple[tuple[float, str], ...]

    @classmethod
    def of(cls, seed: int, rate: float | None = None) -> Weather:
        """One to three requests; the first at once."""
        chance = random.Random(f"storm/{seed}")
        share = chance.choice(RATES)
        times = [0.0, *sorted(chance.uniform(0, SPREAD) for _ in range(chance.randrange(3)))]
        return cls(seed, rate or share, tuple((when, chance.choice(list(VARIANTS))) for when in times))

    @property
    def newest(self) -> str:
        """The request whose state holds in the end."""
        return self.requests[-1][1]

    def faults(self) -> Iterator[Fault]:
        """A fault of each kind, so that together they strike the share of calls that is wanted."""
        each = 1 - (1 - self.rate) ** (1 / len(KINDS))
        for effect in KINDS:
            yield Fault(Matcher(), effect, nth=None, probability=each)

    def __str__(self) -> str:
        told = ", ".join(f"{name} at {when:.0f} s" for when, name in self.requests)
        return f"seed {self.seed}, {self.rate:.0%} of calls failing, {told}"


@dataclass(frozen=True)
class Passed:
    """What a storm left: the cloud's dump, whether the newest request had to be published again, and what it broke."""

    dump: Json
    again: bool
    broken: str


def calm(name: str) -> Json:
    """The dump after one request in a cloud with other people's things, when nothing goes wrong."""
    return asyncio.run(_pass(Weather(1, 0.0, ((0.0, name),)))).dump


def storm(weather: Weather) -> Passed:
    """One storm, to its end."""
    return asyncio.run(_pass(weather))


def violation(weather: Weather, calms: dict[str, Json]) -> str:
    """What a storm does that it should not, or ""."""
    try:
        passed = storm(weather)
    except (Stalled, NeverEnded) as error:
        return f"{weather}: {error}"
    if passed.broken:
        return f"{weather}: {passed.broken}"
    where = difference(calms[weather.newest], passed.dump)
    return f"{weather}: ends otherwise than in calm weather at {where}" if where else ""


async def _pass(weather: Weather) -> Passed:
    unkind = Delivery(copies=2, late=20.0, shuffle=3.0) if weather.rate else Delivery()
    async with LocalRun(seed=weather.seed, delivery=unkind) as local:
        await foreign.plant(local)
        before = foreign.picture(local)
        for fault in weather.faults() if weather.rate else ():
            local.cloud.faults.plan(fault)
        messages: list[str] = []
        for when, name in weather.requests:
            local.cloud.world.clock.after(when, lambda n=name: messages.append(_publish(local, n)))
        await _ended(local, messages, len(weather.requests))
        again = not _is_done(local, messages[-1])
        if again:
            local.cloud.faults.cease()
            messages.append(_publish(local, weather.newest))
            await _ended(local, messages, len(weather.requests) + 1)
        await settle(local, [])
        after = foreign.picture(local)
        broken = [f"{name} is not as it was" for name in before if before[name] != after[name]]
        if not _is_done(local, messages[-1]):
            broken.append(f"the newest request ends {_results(local, messages[-1])}")
        return Passed(_comparable(local.cloud.dump()), again, "; ".join(broken))


def _publish(local: LocalRun, name: str) -> str:
    return local.installation.publish(json.dumps(VARIANTS[name]).encode())


async def _ended(local: LocalRun, messages: list[str], number: int) -> None:
    """Until this many requests are published, and each execution that they started has ended."""
    cloud, workflow = local.cloud, local.installation.workflow
    deadline = cloud.world.clock.now + LIMIT

    def done() -> bool:
        if cloud.world.clock.now > deadline:
            raise NeverEnded(f"a storm lasts longer than {LIMIT:.0f} s")
        started = [cloud.executions.of_event(workflow, each) for each in messages]
        return (
            len(started) == number
            and all(started)
            and all(execution.ended for each in started for execution in each)
            and cloud.schedule.idle
        )

    await cloud.run_until(done)


def _results(local: LocalRun, message: str) -> list[str]:
    found = local.cloud.executions.of_event(local.installation.workflow, message)
    return [str(json.loads(each.run.result or "{}").get("outcome")) for each in found]


def _is_done(local: LocalRun, message: str) -> bool:
    """One of the executions of a message that comes twice makes way for the other."""
    return "done" in _results(local, message)


def _comparable(dump: Json) -> Json:
    """Without the moment that the request was published, which the anchor's labels hold."""
    text = json.dumps(dump)
    text = re.sub(r'"fleetgate-expires": "\d+"', '"fleetgate-expires": "then"', text)
    loaded: Json = json.loads(
        re.sub(r'"fleetgate-generation": "[^"]*"', '"fleetgate-generation": "then"', text)
    )
    return loaded
