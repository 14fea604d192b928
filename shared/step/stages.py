"""The stages of a removal: what is deleted first, and what must be gone before the next stage.

A removal reads one stage after the other, and stops at the first in which anything is left. Later stages are not read
then: they cost calls, and their objects must not be deleted yet.

    STAGES = (Stage("exports", exports, withdraw), Stage("Services", services, delete_services))

    def observe(context: Context) -> Reached | None:
        return first(STAGES, Scope(context.session, …))

    def decide(reached: Reached | None, now: float) -> Decision:
        return reached.decide(now) if reached else Decision(Done())

Stages that share data get it from their scope, which reads it once (`functools.cached_property`). The scope also says
what to delete: teardown and pruning share their stages and differ by that predicate.
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
    """One stage. `find` reads what is left of it in a scope, or None. `decide` is pure.

    `decide` gets what was found and the server's time, in unix seconds. It never answers done: it deletes what is left,
    or waits for it.
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
        """The stage's decision at `now`, unix seconds."""
        return self.stage.decide(self.found, now)


def first(stages: Iterable[Stage[Scope, Any]], scope: Scope) -> Reached | None:
    """The first of `stages` in which anything is left, or None."""
    for stage in stages:
        found = stage.find(scope)
        if found is not None:
            return Reached(stage, found)
    return None
