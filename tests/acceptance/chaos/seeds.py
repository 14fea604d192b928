"""A storm, as a seed draws it, and the story that it tells."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from localcloud.pubsub.broker import Delivery
from localcloud.workflows.dialect import Dialect
from tests.acceptance.chaos import requests
from tests.acceptance.chaos.requests import CLAIMS, Published
from tests.acceptance.chaos.troubles import KINDS, Trouble

UNKIND = Delivery(copies=2, late=20.0, shuffle=3.0)  # every message twice, and out of order


@dataclass(frozen=True)
class Chaos:
    """What a seed makes of a run: which requests come when, what goes wrong, how messages are delivered, and how
    Workflows behaves where Google's pages leave it open.
    """

    seed: int
    requests: tuple[Published, ...]
    troubles: tuple[Trouble, ...] = ()
    delivery: Delivery = UNKIND
    dialect: Dialect = field(default_factory=Dialect)

    @classmethod
    def of(cls, seed: int) -> Chaos:
        """The same draw for a seed as ever, as long as the kinds are the same."""

        def chance(what: str) -> random.Random:
            return random.Random(f"storm/{seed}/{what}")

        troubles = tuple(each for kind in KINDS for each in kind.draw(chance(kind.__name__)))
        published = requests.draw(chance("requests"), chance("soon"))
        return cls(seed, published, troubles, dialect=_dialect(chance("dialect")))

    @property
    def newest(self) -> str:
        """The request whose state holds in the end: the last of those that claim the environment."""
        return next(name for _, name in reversed(self.requests) if name in CLAIMS)

    def smaller(self) -> Iterator[Chaos]:
        """The same storm without one of its troubles or requests; the first request stays, for something must."""
        for left in self.troubles:
            yield replace(self, troubles=tuple(each for each in self.troubles if each is not left))
        for number in range(1, len(self.requests)):
            yield replace(self, requests=(*self.requests[:number], *self.requests[number + 1 :]))
        if self.delivery != Delivery():
            yield replace(self, delivery=Delivery())

    def __str__(self) -> str:
        told = [f"  publish {name} at {when:.1f} s" for when, name in self.requests]
        twice = ["  every message comes twice, and out of order"] if self.delivery.copies > 1 else []
        went_wrong = [f"  {each}" for each in self.troubles]
        return "\n".join([f"storm {self.seed} ({self.dialect})", *told, *twice, *went_wrong])


def _dialect(chance: random.Random) -> Dialect:
    return Dialect(both_sides=chance.choice([True, False]), callback_project=chance.choice(["number", "id"]))
