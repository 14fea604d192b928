"""A step consists of two functions: `observe` and `decide`.

`observe` reads Google Cloud. `decide` is pure: it returns the changes that can begin now, and the outcome to answer.
The runner then performs the changes (`shared.step.change`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Protocol, TypeVar

from shared.google.lists import EVERYWHERE, Places
from shared.google.session import Session
from shared.settings import Settings
from shared.step.message import Message, Place
from shared.step.outcome import Decision

if TYPE_CHECKING:
    from shared.spec import Environment

Observed = TypeVar("Observed")
Mode = Literal["begin", "claim", "check", "accept", "apply", "destroy", "look", "diagnose", "settle"]


@dataclass(frozen=True)
class Context:
    """The input of `observe`.

    `environment` is None in begin, claim, settle and destroy. For the request verify, which has only a name, it is None
    in apply and diagnose too.

    `tried` maps a resource to the result of its change in this call: "" if it has begun, or why it was declined.
    `begun` maps it to the operation that the change began, if that tells.
    """

    settings: Settings
    message: Message
    session: Session
    environment: Environment | None
    tried: dict[str, str] = field(default_factory=dict, compare=False)
    begun: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        """The environment's name."""
        return self.message.claim.name

    @property
    def wanted(self) -> Environment:
        """The environment, for a step that is only asked with a spec."""
        if self.environment is None:
            raise ValueError(
                f"{self.message.step} was called in mode {self.message.mode} without an environment"
            )
        return self.environment

    @property
    def place(self) -> Place:
        """Where the environment is, for a request that has only its name."""
        if self.message.place is None:
            raise ValueError(
                f"{self.message.step} was called in mode {self.message.mode} without the environment's place"
            )
        return self.message.place

    @property
    def places(self) -> Places:
        """Every place in which the environment may have something, by its anchor; all there are if that cannot say."""
        regions = self.message.place.regions if self.message.place else None
        return EVERYWHERE if regions is None else Places.of(*regions)


@dataclass(frozen=True)
class Step(Generic[Observed]):
    """A step whose `decide` needs no spec: the request may have only a name, or is not parsed yet.

    `decide` gets what was observed and the server's time, in unix seconds. For a `fenced` step the runner reads the
    anchor before `decide`, but in a check. Only the environment step, which makes the claim, is not fenced.
    """

    name: str
    observe: Callable[[Context], Observed]
    decide: Callable[[Observed, float], Decision]
    modes: frozenset[Mode]
    fenced: bool = True

    def decision(self, context: Context, observed: Observed, now: float) -> Decision:
        """The decision at `now`, unix seconds."""
        return self.decide(observed, now)


@dataclass(frozen=True)
class SpecStep(Generic[Observed]):
    """A step that applies a spec: modes check and apply. Its `decide` gets the spec first."""

    name: str
    observe: Callable[[Context], Observed]
    decide: Callable[[Environment, Observed, float], Decision]
    modes: ClassVar[frozenset[Mode]] = frozenset({"check", "apply"})
    fenced: ClassVar[bool] = True

    def decision(self, context: Context, observed: Observed, now: float) -> Decision:
        """The decision at `now`, unix seconds."""
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
        """Whether the runner reads the anchor before `decide`."""
        ...

    @property
    def observe(self) -> Callable[[Context], Any]:
        """Reads Google Cloud."""
        ...

    def decision(self, context: Context, observed: Any, now: float) -> Decision:
        """The decision at `now`, unix seconds."""
        ...
