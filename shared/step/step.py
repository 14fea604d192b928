"""A step: what it observes and what it decides. Two functions, and nothing else to know.

`observe` reads the world. `decide` is pure: from what was observed it tells which changes can begin now, and what
to answer. The changes perform themselves (`shared.step.change`), when the runner lets them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Protocol, TypeVar

from shared.google.session import Session
from shared.settings import Settings
from shared.step.message import Message, Place
from shared.step.outcome import Decision

if TYPE_CHECKING:
    from shared.spec import Environment

Observed = TypeVar("Observed")
Mode = Literal["claim", "check", "apply", "destroy", "diagnose", "settle"]


@dataclass(frozen=True)
class Context:
    """What `observe` works with. `environment` is None in claim, settle and destroy.

    `tried` has, by resource, what came of each change in this call: "" if it was begun, or why it was declined.
    """

    settings: Settings
    message: Message
    session: Session
    environment: Environment | None
    tried: dict[str, str] = field(default_factory=dict, compare=False)

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
    """A step that needs no spec: it is asked by the environment's name, or by a request that was not read yet.

    `decide` gets what was observed and the server's time, in unix seconds. `fenced` steps read the anchor before
    they decide; only the environment step, which makes the claim, is not.
    """

    name: str
    observe: Callable[[Context], Observed]
    decide: Callable[[Observed, float], Decision]
    modes: frozenset[Mode]
    fenced: bool = True

    def decision(self, context: Context, observed: Observed, now: float) -> Decision:
        """What to do at `now`, unix seconds."""
        return self.decide(observed, now)


@dataclass(frozen=True)
class SpecStep(Generic[Observed]):
    """A step that makes the world as a spec wants it: modes check and apply. Its `decide` gets the spec first."""

    name: str
    observe: Callable[[Context], Observed]
    decide: Callable[[Environment, Observed, float], Decision]
    modes: ClassVar[frozenset[Mode]] = frozenset({"check", "apply"})
    fenced: ClassVar[bool] = True

    def decision(self, context: Context, observed: Observed, now: float) -> Decision:
        """What to do at `now`, unix seconds."""
        return self.decide(context.wanted, observed, now)


class AnyStep(Protocol):
    """A step as the runner sees it."""

    @property
    def name(self) -> str:
        """The step that messages ask for."""
        ...

    @property
    def modes(self) -> frozenset[Mode]:
        """The modes that it serves."""
        ...

    @property
    def fenced(self) -> bool:
        """Whether the anchor is read before it decides."""
        ...

    @property
    def observe(self) -> Callable[[Context], Any]:
        """Reads the world."""
        ...

    def decision(self, context: Context, observed: Any, now: float) -> Decision:
        """What to do at `now`, unix seconds."""
        ...
