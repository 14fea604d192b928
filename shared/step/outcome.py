"""The outcomes that a step can answer, and the decision that `decide` returns.

There are six outcomes; the workflow branches on nothing else. `done` is observed, never assumed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from shared.google.pubsub import Publication
from shared.json_types import Json
from shared.step.bounds import BOUNDS
from shared.step.change import Change

Outputs = Json  # passed on by the workflow, and part of the execution's result


@dataclass(frozen=True)
class Warned:
    """What a step warns of: nothing is wrong yet, or not with the environment. A stable code, the cause, one fix."""

    code: str
    cause: str
    fix: str

    def wire(self) -> Json:
        """As the answer carries it."""
        return {"code": self.code, "cause": self.cause, "fix": self.fix}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The base class of the six. The workflow passes `outputs` on, and they end in the execution's result.

    So do `warnings`, but of each step only those of its last answer: what a step no longer warns of is over.
    """

    name: ClassVar[str]
    outputs: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    warnings: Sequence[Warned] = ()

    def wire(self) -> Json:
        """As the answer carries it."""
        fields: Json = {"outcome": self.name, **self._detail()}
        if self.outputs:
            fields["outputs"] = dict(self.outputs)
        if self.warnings:
            fields["warnings"] = [each.wire() for each in self.warnings]
        return fields

    def _detail(self) -> Json:
        return {}


@dataclass(frozen=True, kw_only=True)
class Done(Outcome):
    """Everything is as wanted."""

    name: ClassVar[str] = "done"


@dataclass(frozen=True, kw_only=True)
class Waiting(Outcome):
    """Nothing is wrong, but it is not finished. `retry_after` estimates the remaining seconds; `waited` are those that
    the step has waited already, within its call.

    `reason` is one of `BOUNDS`, which says when its cause is looked for.
    """

    name: ClassVar[str] = "waiting"
    reason: str
    message: str
    retry_after: float
    waited: float = 0.0

    def _detail(self) -> Json:
        fields: Json = {
            "reason": self.reason,
            "message": self.message,
            "retryAfter": round(self.retry_after, 1),
        }
        if self.waited:
            fields["waited"] = round(self.waited, 1)
        bound = BOUNDS.get(self.reason)
        return fields | ({"lookAfter": bound.seconds} if bound and bound.causes else {})


@dataclass(frozen=True, kw_only=True)
class Stopped(Outcome):
    """The base of `blocked`, `failed` and `stale`: a stable code, the cause, and one fix.

    `faults` are `{path, fault, fix}`, if a document has several.
    """

    code: str
    cause: str
    fix: str
    faults: Sequence[Json] = ()

    def _detail(self) -> Json:
        fields: Json = {"code": self.code, "cause": self.cause, "fix": self.fix}
        return fields | ({"faults": list(self.faults)} if self.faults else {})


@dataclass(frozen=True, kw_only=True)
class Blocked(Stopped):
    """A person must act; the environment stays as it is."""

    name: ClassVar[str] = "blocked"


@dataclass(frozen=True, kw_only=True)
class Failed(Stopped):
    """It cannot succeed."""

    name: ClassVar[str] = "failed"


@dataclass(frozen=True, kw_only=True)
class Stale(Stopped):
    """The request came too late to be meant any more, and nobody has acted on it."""

    name: ClassVar[str] = "stale"


@dataclass(frozen=True, kw_only=True)
class Superseded(Outcome):
    """A newer request owns the environment, or another execution of this one."""

    name: ClassVar[str] = "superseded"
    message: str

    def _detail(self) -> Json:
        return {"message": self.message}


@dataclass(frozen=True)
class Decision:
    """What `decide` returns: the changes that can begin now, and the outcome to answer after them.

    With `outcome` None the step observes again at once, in the same call. `later` are changes that cannot begin yet;
    only a plan shows them. `publications` are published after the changes. The outcome of a decision with `telling`
    tells, under that name of its outputs, the operation that its one change began.

    With `near`, what is waited for is expected any moment. The runner then waits `retry_after` within the call, and
    calls it instead of `observe`: a narrow look, at what is waited for alone. It gets the context, and returns what
    `decide` takes (`shared.step.nearby`).
    """

    outcome: Outcome | None
    changes: Sequence[Change] = ()
    later: Sequence[Change] = ()
    publications: Sequence[Publication] = ()
    telling: str = ""
    near: Callable[[Any], Any] | None = None

    def __post_init__(self) -> None:
        if self.outcome is None and not self.changes:
            raise ValueError("a decision that changes nothing needs an outcome")
        if self.changes and isinstance(self.outcome, Stopped | Superseded):
            raise ValueError(f"a step that answers {self.outcome.name} changes nothing")
