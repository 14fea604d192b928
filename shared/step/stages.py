"""The stages of a removal: what goes first, and what must be gone before the next may go.

A removal looks at one stage after the other and stops at the first in which anything is left. The later ones are
not looked at then: they cost calls, and what is in them may not go yet.

    STAGES = (Stage("exports", exports, withdraw), Stage("Services", services, delete_services))

    def observe(context: Context) -> Reached | None:
        return first(STAGES, Scope(context.session, …))

    def decide(reached: Reached | None, now: float) -> Decision:
        return reached.decide(now) if reached else Decision(Done())

Stages that share what they read take it from their scope, which reads it once (`functools.cached_property`). A
scope also says which things go: teardown and pruning share their stages, and differ by that predicate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from shared.step.outcome import Decision

Scope = TypeVar("Scope")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Stage(Generic[Scope, Found]):
    """One stage. `find` reads what is left of it in a scope, None if nothing is. `decide` is pure.

    `decide` gets what was found and the server's time, in unix seconds. It never answers done: what is left has to
    go, or is waited for.
    """

    name: str
    find: Callable[[Scope], Found | None]
    decide: Callable[[Found, float], Decision]


@dataclass(frozen=True)
class Reached:
    """The first stage in which anything is left, and what that is."""

    stage: Stage[Any, Any]  # the stages of one removal find things of different types
    found: object

    def decide(self, now: float) -> Decision:
        """What to do about it at `now`, unix seconds."""
        return self.stage.decide(self.found, now)


def first(stages: Iterable[Stage[Scope, Any]], scope: Scope) -> Reached | None:
    """The first of `stages` in which anything is left, None if nothing is in any."""
    for stage in stages:
        found = stage.find(scope)
        if found is not None:
            return Reached(stage, found)
    return None
