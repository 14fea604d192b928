"""Chaos: seeded refusals, resets and broken answers, every message twice and out of order, places that cannot be
reached for a while, and requests that overlap.

However it went, in the end the newest request's state holds, and what is other people's is untouched. What should be
is what the newest request makes by itself when nothing goes wrong, in a cloud with the same things of other people's.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from fleetgate.local.run import LocalRun, NeverEnded
from localcloud.faults import broken_answers
from localcloud.faults.broken_answers import Broken
from localcloud.faults.call_faults import Fault, Matcher, Refusal, Reset
from localcloud.faults.outages import OUTAGES
from localcloud.pubsub.broker import Delivery
from localcloud.time.clock import Timer
from localcloud.time.jump_schedule import Stalled
from localcloud.workflows.dialect import Dialect
from shared import labels
from shared.google import importer
from tests.acceptance import foreign
from tests.acceptance.crashes import deploying, difference
from tests.acceptance.runs import settle, store
from tests.support.dumps import standing

KINDS = (Refusal(429), Refusal(500), Refusal(503), Reset(), Reset(after=True))
BROKEN = 3  # kinds of broken answers that a seed has
OF_FUNCTIONS = Matcher(function="?*")  # what a workflow makes of a broken answer, no page of Google's says
RATES = (0.05, 0.15, 0.30)  # shares of the calls that fail
LIMIT = 8 * 3600.0  # simulated seconds that a run may take
SPREAD = 1500.0  # seconds within which its requests are published
CLAIMED = 8.0  # seconds within which an undisturbed request has claimed its environment
DELIVERED = 60.0  # seconds after which every copy of a message has come
# The environment's regions and its zones; a zone beside one of these; and places where it has nothing.
PLACES = ("us-west1", "us-east1", "us-west1-a", "us-east1-c", "us-west1-b", "asia-east1", "europe-west1-b")
OUTAGE = (60.0, 1500.0)  # seconds that an outage lasts: within what each step but a check waits for

Json = dict[str, Any]


def _checked_at(path: str) -> Json:
    return store(healthCheck={"requestPath": path})


def _without_rule_of_east() -> Json:
    """The rule for the east goes, the service stays."""
    document = store()
    document["routes"][0]["rules"] = [
        rule for rule in document["routes"][0]["rules"] if rule["backendRefs"][0]["name"] != "store-east-1"
    ]
    return document


DEPLOYS: dict[str, Json] = {
    "store": deploying(store()),
    "health check": deploying(_checked_at("/healthz")),
    "one rule less": deploying(_without_rule_of_east()),
}
CLAIMS = DEPLOYS | {"teardown": {"action": "teardown", "name": "store"}}
REQUESTS = CLAIMS | {
    "extend": {"action": "extend", "name": "store", "ttl": "20h"},
    "sweep": {"action": "sweep"},
}


@dataclass(frozen=True)
class Outage:
    """A zone or region that cannot be reached, from when until when (seconds from the start)."""

    place: str
    begins: float
    ends: float

    def __str__(self) -> str:
        return f"{self.place} down from {self.begins:.0f} to {self.ends:.0f} s"


@dataclass(frozen=True)
class Chaos:
    """What a seed makes of a run: how many calls fail, which requests come when (seconds from the start), which places
    are down in between, and how Workflows behaves where Google's pages leave it open.
    """

    seed: int
    rate: float
    requests: tuple[tuple[float, str], ...]
    dialect: Dialect = field(default_factory=Dialect)
    outages: tuple[Outage, ...] = ()

    @classmethod
    def of(cls, seed: int, rate: float | None = None) -> Chaos:
        """A deploy at once, up to three requests of any kind after it, and sometimes one while it is being claimed."""
        chance = random.Random(f"storm/{seed}")  # the same draw for a seed as ever
        share = chance.choice(RATES)
        times = sorted(chance.uniform(0, SPREAD) for _ in range(chance.randrange(4)))
        later = [(when, chance.choice(list(REQUESTS))) for when in times]
        first = (0.0, chance.choice(list(DEPLOYS)))
        return cls(
            seed, rate or share, (first, *sorted([*_soon(seed), *later])), _dialect(seed), _outages(seed)
        )

    @property
    def overlaps(self) -> bool:
        """Whether one claim may take the anchor over from another; a sweep claims, too, by the teardown it asks for."""
        return sum(name in CLAIMS or name == "sweep" for _, name in self.requests) > 1

    @property
    def newest(self) -> str:
        """The request whose state holds in the end: the last of those that claim the environment."""
        return next(name for _, name in reversed(self.requests) if name in CLAIMS)

    def faults(self) -> Iterator[Fault]:
        """A fault of each kind, so that together they strike the share of calls that is wanted."""
        broken = _broken(self.seed)
        each = 1 - (1 - self.rate) ** (1 / (len(KINDS) + len(broken)))
        for effect in KINDS:
            yield Fault(Matcher(), effect, nth=None, probability=each)
        for answer in broken:
            yield Fault(OF_FUNCTIONS, answer, nth=None, probability=each)

    def __str__(self) -> str:
        told = ", ".join(f"{name} at {when:.0f} s" for when, name in self.requests)
        down = "".join(f"{each}, " for each in self.outages)
        return f"seed {self.seed}, {self.rate:.0%} of calls failing, {told}, {down}{self.dialect}"


def _soon(seed: int) -> Iterator[tuple[float, str]]:
    """With one seed in four a request that meets the first one's anchor about when it is created and labelled."""
    chance = random.Random(f"storm/{seed}/soon")
    if chance.randrange(4) == 0:
        yield chance.uniform(0.5, CLAIMED), chance.choice(list(REQUESTS))


def _outages(seed: int) -> tuple[Outage, ...]:
    """With two seeds in five a place is down for a while, and sometimes another one too."""
    chance = random.Random(f"storm/{seed}/outages")
    found = []
    for _ in range(chance.choice((0, 0, 0, 1, 2))):
        begins, lasts = chance.uniform(0, SPREAD), chance.uniform(*OUTAGE)
        found.append(Outage(chance.choice(PLACES), begins, begins + lasts))
    return tuple(found)


def _broken(seed: int) -> list[Broken]:
    """Some kinds of answers that cannot be read, to calls that took effect or did not."""
    chance = random.Random(f"storm/{seed}/broken")
    kinds = chance.sample(sorted(broken_answers.KINDS), BROKEN)
    return [Broken(kind, after=chance.choice([True, False])) for kind in kinds]


def _dialect(seed: int) -> Dialect:
    chance = random.Random(f"storm/{seed}/dialect")
    return Dialect(both_sides=chance.choice([True, False]), callback_project=chance.choice(["number", "id"]))


@dataclass(frozen=True)
class Passed:
    """What a run left: the cloud's dump, whether the newest request had to be published again, whether any request
    waited for a place that was down, and what it broke.
    """

    dump: Json
    again: bool
    waited: bool
    broken: str


class Judged(NamedTuple):
    """What a run does that it should not, or ""; the rest as in `Passed`."""

    violation: str
    again: bool = False
    waited: bool = False


def dump_after(name: str) -> Json:
    """The dump after a request in a cloud with other people's things, when nothing goes wrong."""
    before = ((0.0, "store"),) if name == "teardown" else ()
    return asyncio.run(_pass(Chaos(1, 0.0, (*before, (2 * SPREAD, name))))).dump


def endure(chaos: Chaos) -> Passed:
    """A run under it, to its end."""
    return asyncio.run(_pass(chaos))


def judged(chaos: Chaos, undisturbed: dict[str, Json]) -> Judged:
    """A run under it. `undisturbed` has the dump that each kind of claim leaves when nothing goes wrong."""
    try:
        passed = endure(chaos)
    except (Stalled, NeverEnded) as error:
        return Judged(f"{chaos}: {error}")
    if passed.broken:
        return Judged(f"{chaos}: {passed.broken}", passed.again, passed.waited)
    expected, found = undisturbed[chaos.newest], passed.dump
    if chaos.newest == "teardown":
        expected, found = _without_importer(expected), _without_importer(found)
    where = unlike(expected, found, taken_over=chaos.overlaps or passed.again)
    violation = f"{chaos}: ends otherwise than undisturbed at {where}" if where else ""
    return Judged(violation, passed.again, passed.waited)


async def _pass(chaos: Chaos) -> Passed:
    unkind = Delivery(copies=2, late=20.0, shuffle=3.0) if chaos.rate else Delivery()
    async with LocalRun(seed=chaos.seed, delivery=unkind, dialect=chaos.dialect) as local:
        await foreign.make(local)
        before = foreign.picture(local)
        for fault in chaos.faults() if chaos.rate else ():
            local.cloud.faults.plan(fault)
        planned = _plan(local, chaos.outages)
        messages: list[tuple[str, str]] = []
        for when, name in chaos.requests:
            local.cloud.world.clock.after(when, partial(_request, local, name, messages))
        await _ended(local, messages, len(chaos.requests))
        newest = next(message for name, message in reversed(messages) if name in CLAIMS)
        again = not _is_done(local, newest)
        if again:
            local.cloud.faults.cease()
            local.cloud.world[OUTAGES].end()
            for timer in planned:
                timer.cancel()
            newest = _publish(local, chaos.newest)
            await _ended(local, [*messages, ("", newest)], len(chaos.requests) + 1)
        await settle(local, [])
        after = foreign.picture(local)
        broken = [f"{name} is not as it was" for name in before if before[name] != after[name]]
        if not _is_done(local, newest):
            broken.append(f"the newest request ends {_results(local, newest)}")
        waited = any("PlaceUnreachable" in result for result in _all_results(local))
        return Passed(comparable(local.cloud.dump()), again, waited, "; ".join(broken))


def _plan(local: LocalRun, outages: tuple[Outage, ...]) -> list[Timer]:
    clock, down = local.cloud.world.clock, local.cloud.world[OUTAGES]
    begin = [clock.after(each.begins, partial(down.begin, each.place)) for each in outages]
    return begin + [clock.after(each.ends, partial(down.end, each.place)) for each in outages]


def _request(local: LocalRun, name: str, messages: list[tuple[str, str]]) -> None:
    messages.append((name, _publish(local, name)))


def _publish(local: LocalRun, name: str) -> str:
    return local.installation.publish(json.dumps(REQUESTS[name]).encode())


async def _ended(local: LocalRun, messages: list[tuple[str, str]], number: int) -> None:
    """Until this many requests are published, and each execution that they started has ended.

    A trigger may meet a fault at every copy of a message, and then starts nothing, now or later.
    """
    cloud, workflow = local.cloud, local.installation.workflow
    deadline = cloud.world.clock.now + LIMIT
    delivered = cloud.world.clock.now + SPREAD + DELIVERED
    cloud.world.clock.at(delivered, lambda: None)  # time passes even if nothing was started

    def done() -> bool:
        if cloud.world.clock.now > deadline:
            raise NeverEnded(f"it lasts longer than {LIMIT:.0f} s")
        started = [cloud.executions.of_event(workflow, each) for _, each in messages]
        return (
            len(started) == number
            and (all(started) or cloud.world.clock.now >= delivered)
            and all(execution.ended for each in started for execution in each)
            and cloud.schedule.idle
        )

    await cloud.run_until(done)


def _results(local: LocalRun, message: str) -> list[str]:
    found = local.cloud.executions.of_event(local.installation.workflow, message)
    return [str(json.loads(each.run.result or "{}").get("outcome")) for each in found]


def _all_results(local: LocalRun) -> list[str]:
    return [each.run.result or "" for each in local.cloud.executions.of(local.installation.workflow)]


def _is_done(local: LocalRun, message: str) -> bool:
    """One of the executions of a message that comes twice makes way for the other."""
    return "done" in _results(local, message)


def _without_importer(dump: Json) -> Json:
    """Without the importer's grant: others use the feature, so it stays if a deploy lived long enough to make it."""
    projects = {
        name: {**each, "policy": {**each["policy"], "bindings": _without_role(each["policy"]["bindings"])}}
        for name, each in dump["projects"].items()
    }
    effective = {
        name: {**each, "held": _without_role(each["held"])}
        for name, each in dump["resources"]["iam.effective"].items()
    }
    return {**dump, "projects": projects, "resources": {**dump["resources"], "iam.effective": effective}}


def _without_role(bindings: list[Json]) -> list[Json]:
    return [each for each in bindings if each["role"] != importer.ROLE]


# What of the anchor tells when requests were published: the lease's end, the newest claim, the first claim.
MOMENTS = re.compile(r'(fleetgate-expires": "|fleetgate-generation": "|first claimed by )[^"]*')


def comparable(dump: Json) -> Json:
    """Without tombstones, and without what only tells which requests came before the newest."""
    text = MOMENTS.sub(r"\1then", json.dumps(standing(dump)))
    return _without_keys(json.loads(text), lambda key: key in (labels.BEGAN, labels.QUIET))


def unlike(expected: Json, found: Json, *, taken_over: bool) -> str:
    """Where two such dumps differ, or "".

    An anchor names the regions of the spec, all of them. Only a claim that has `taken_over` one without labels from
    another claim cannot know where that one has been, and then names none.
    """
    if taken_over and labels.REGION not in json.dumps(found):
        expected = _without_regions(expected)
    return difference(expected, found)


def _without_regions(dump: Json) -> Json:
    return _without_keys(dump, lambda key: key.startswith(labels.REGION))


def _without_keys(dump: Json, is_left_out: Callable[[str], bool]) -> Json:
    def kept(part: Json) -> Json:
        return {key: value for key, value in part.items() if not is_left_out(key)}

    loaded: Json = json.loads(json.dumps(dump), object_hook=kept)
    return loaded
