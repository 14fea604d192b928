"""A step: what it looks at, what it decides, what it does. Three functions, and nothing else to know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from shared.google.session import Session
from shared.settings import Settings
from shared.step.message import Message, Place
from shared.step.outcome import Change, Decision

if TYPE_CHECKING:
    from shared.spec import Environment

Observed = TypeVar("Observed")


@dataclass(frozen=True)
class Context:
    """What `observe` and `act` work with. `environment` is None in claim, settle and destroy."""

    settings: Settings
    message: Message
    session: Session
    environment: Environment | None
    notes: dict[str, str] = field(default_factory=dict, compare=False)  # what `act` learned in this call

    @property
    def name(self) -> str:
        """The environment's name."""
        return self.message.claim.name

    @property
    def wanted(self) -> Environment:
        """The environment of a step that is only ever asked to check or apply one."""
        if self.environment is None:
            raise ValueError(
                f"{self.message.step} was called in mode {self.message.mode} without an environment"
            )
        return self.environment

    @property
    def place(self) -> Place:
        """Where the environment stands, for a step that is asked by name alone."""
        if self.message.place is None:
            raise ValueError(
                f"{self.message.step} was called in mode {self.message.mode} without the environment's place"
            )
        return self.message.place


@dataclass(frozen=True)
class Step(Generic[Observed]):
    """A step as the runner sees it.

    `observe` only reads. `decide(wanted, observed, now)` is pure: `wanted` is None where nothing is wanted
    (destroy), `now` is the server's time in unix seconds. `act` begins one change and does not wait for it.
    `fenced` steps read the anchor before they decide; only the environment step, which makes the claim, is
    not.
    """

    name: str
    observe: Callable[[Context], Observed]
    decide: Callable[[Environment | None, Observed, float], Decision]
    act: Callable[[Context, Change], None]
    modes: frozenset[str] = frozenset({"check", "apply"})
    fenced: bool = True
