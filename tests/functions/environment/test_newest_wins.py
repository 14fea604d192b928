"""The rule itself: the newest request wins, for any order, number and lateness of copies, and a fleet has one owner."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from localcloud.time.clock import rfc3339
from shared import labels
from tests.support.anchors import EXECUTIONS, OTHER, add_anchor, add_unlabelled, standing
from tests.support.google_server import EXECUTION, NOW, GoogleServer
from tests.support.messages import DEPLOY, Ask

DAY, SWEEP = 86400.0, 900.0
FOR_EVER = {key: value for key, value in DEPLOY["environment"].items() if key != "ttl"}
KINDS: dict[str, dict[str, Any]] = {
    "deploy": {"action": "deploy", "environment": FOR_EVER},
    "refused": {"action": "deploy", "environment": FOR_EVER},  # by check
    "teardown": {"action": "teardown", "name": "store"},
}
DELAYS = ((0.0, 5.0), (0.0, 3600.0), (3600.0, DAY))  # of a copy, from one second to another


@dataclass(frozen=True)
class Published:
    """A request, when it was published, and when each copy of it comes."""

    number: int
    kind: str
    at: float
    copies: tuple[float, ...]

    @property
    def generation(self) -> str:
        return labels.generation(rfc3339(self.at, 3), str(self.number))

    @property
    def is_served(self) -> bool:
        """Whether a copy comes within the hour."""
        return min(self.copies) - self.at <= 3600.0


def drawn(seed: int) -> list[Published]:
    """A few requests within two hours, with up to three copies each."""
    chance = random.Random(seed)
    found = []
    for number in range(chance.randint(2, 4)):
        at = NOW + round(chance.uniform(0, 7200), 3)
        copies = [at + chance.uniform(*chance.choice(DELAYS)) for _ in range(chance.randint(1, 3))]
        found.append(Published(number, chance.choice(sorted(KINDS)), at, tuple(copies)))
    return found


class Story:
    """Requests as they come, their executions, each of which takes a while, and a sweep every quarter of an hour."""

    def __init__(self, google: GoogleServer, claim: Ask, settle: Ask, seed: int) -> None:
        self.google, self.claim, self.settle = google, claim, settle
        self.chance = random.Random(f"{seed}/story")
        self.went_on: list[str] = []  # the generations of the claims that were won, in order
        self._events: list[tuple[float, int, Callable[[], None]]] = []

    def tell(self, every: list[Published]) -> None:
        """From the first request to a day and a half after the last."""
        for each in every:
            for copy in each.copies:
                self._at(copy, lambda each=each: self._comes(each))  # type: ignore[misc]
        last = max(each.at for each in every) + 1.5 * DAY
        while self._events:
            now, _, act = heapq.heappop(self._events)
            while self.google.now < now and self.google.addresses:
                self.google.now += min(SWEEP, now - self.google.now)
                self.claim({"action": "sweep"}, time=rfc3339(self.google.now, 3))
            self.google.now = now
            act()
        self.google.now = last
        self.claim({"action": "sweep"}, time=rfc3339(last, 3))

    def _at(self, when: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when, len(self.went_on) * 1000 + len(self._events), act))

    def _comes(self, each: Published) -> None:
        execution = str(UUID(int=self.chance.getrandbits(128)))
        request = KINDS[each.kind]
        for _ in range(4):
            told = self.claim(request, execution, rfc3339(each.at, 3), str(each.number))
            if told["outcome"] != "waiting":
                break
        if told["outcome"] == "done":
            self.went_on.append(each.generation)
            self.google.answers[f"{EXECUTIONS}/{execution}"] = {"state": "ACTIVE"}
            self._at(self.google.now + self.chance.uniform(1, 1500), lambda: self._ends(each, execution))

    def _ends(self, each: Published, execution: str) -> None:
        self.google.answers[f"{EXECUTIONS}/{execution}"] = {"state": "SUCCEEDED"}
        (held,) = list(self.google.addresses.values())
        if held["labels"][labels.EXECUTION] != execution:
            return  # it finds at its next step that it is superseded
        phase, outcome = ("check", "blocked") if each.kind == "refused" else ("audit", "done")
        action = str(KINDS[each.kind]["action"])
        self.settle(phase, outcome, each.generation, action=action, execution=execution)


@pytest.mark.parametrize("seed", range(25))
def test_the_newest_request_wins(google: GoogleServer, claim: Ask, settle: Ask, seed: int) -> None:
    """Of those that come within the hour; whoever is older, or comes once more, changes nothing."""
    every = drawn(seed)
    story = Story(google, claim, settle, seed)
    story.tell(every)

    assert story.went_on == sorted(set(story.went_on), key=labels.age_order)
    served = [each for each in every if each.is_served]
    stands = [each["labels"][labels.GENERATION] for each in standing(google)]
    if not served:
        assert (stands, story.went_on) == ([], [])
        return
    newest = max(served, key=lambda each: labels.age_order(each.generation))
    assert story.went_on[-1] == newest.generation
    assert stands in ([[newest.generation]] if newest.kind == "deploy" else [[], [newest.generation]])
    assert newest.kind != "teardown" or stands == []


BEFORE: dict[str, Callable[[GoogleServer, str], Any]] = {
    "nothing": lambda google, name: None,
    "a tombstone": lambda google, name: add_anchor(google, name, action="tombstone"),
    "a teardown": lambda google, name: add_unlabelled(google, f"1767560000000-1/{OTHER}", name),
    "a claim that died": lambda google, name: add_anchor(google, name, action="claim", began=OTHER),
}


@pytest.mark.parametrize("call", range(9))
@pytest.mark.parametrize("theirs", BEFORE)
@pytest.mark.parametrize("mine", BEFORE)
def test_of_two_claims_of_a_fleet_at_most_one_goes_on(
    google: GoogleServer, claim: Ask, mine: str, theirs: str, call: int
) -> None:
    """Whatever was there before of either, and wherever the other one comes in between."""
    BEFORE[mine](google, "store"), BEFORE[theirs](google, "shop")
    calls, told = [0], {"shop": ""}

    def comes(method: str, path: str) -> None:
        if "/addresses" in path:
            calls[0] += 1
        if calls[0] == call + 1:
            google.before = lambda *_: None
            told["shop"] = outcome(claim, "shop", OTHER)

    google.before = comes
    told["store"] = outcome(claim, "store", EXECUTION)
    google.before = lambda *_: None

    assert sorted(told.values()) != ["done", "done"]


def outcome(claim: Ask, name: str, execution: str) -> str:
    """What a claim comes to, asked as often as it waits."""
    request = {"action": "deploy", "environment": {**FOR_EVER, "name": name}}
    for _ in range(6):
        told = claim(request, execution)
        if told["outcome"] != "waiting":
            break
    return str(told["outcome"])
