"""Retry policies: which errors, how often, after how long [documented: retrying]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from localcloud.workflows.calls import call_with
from localcloud.workflows.document import Retry
from localcloud.workflows.errors import fail
from localcloud.workflows.evaluation import evaluate, truth
from localcloud.workflows.library.policies import DEFAULT_BACKOFF, DEFAULT_RETRIES
from localcloud.workflows.threads import Calling, Frame
from localcloud.workflows.values import FunctionRef, is_number, type_name


@dataclass(frozen=True)
class Policy:
    """A policy in numbers; delays in seconds.

    Parts may be left out [observed: ts2workflows, test/tryStatements.spec.ts]. They have the library's default then
    [inferred].
    """

    predicate: FunctionRef | None
    max_retries: int
    initial_delay: float
    max_delay: float
    multiplier: float

    @classmethod
    def of(cls, raw: Any) -> Policy:
        """A policy as a map of the language.

        Raises:
            WorkflowError: TypeError, it is none.
        """
        if not isinstance(raw, dict):
            raise fail("TypeError", f"retry policy must be a map; got: {type_name(raw)}")
        predicate = raw.get("predicate")
        if predicate is not None and not isinstance(predicate, FunctionRef):
            raise fail("TypeError", f"retry predicate must be a function; got: {type_name(predicate)}")
        given = raw.get("backoff")
        backoff = {**DEFAULT_BACKOFF, **(given if isinstance(given, dict) else {})}
        retries = raw.get("max_retries", DEFAULT_RETRIES)
        for number in (retries, *backoff.values()):
            if not is_number(number):
                raise fail("TypeError", f"retry policy needs numbers; got: {type_name(number)}")
        delays = (float(backoff[key]) for key in ("initial_delay", "max_delay", "multiplier"))
        return cls(predicate, int(retries), *delays)

    def delay(self, attempts: int) -> float:
        """Seconds before the retry that follows `attempts` earlier ones."""
        return min(self.initial_delay * self.multiplier**attempts, self.max_delay)


def policy_of(frame: Frame, retry: Retry) -> Policy:
    """The policy of a `retry` block, evaluated.

    Raises:
        WorkflowError: TypeError, it is none.
    """
    if retry.policy is not None:
        return Policy.of(evaluate(retry.policy, frame))
    parts = {"predicate": retry.predicate, "max_retries": retry.max_retries, "backoff": retry.backoff}
    return Policy.of({key: evaluate(node, frame) for key, node in parts.items() if node is not None})


def retry_delay(frame: Frame, retry: Retry | None, attempts: int, error: Any) -> Calling:
    """Seconds to wait before the body is run again, or None when it is not.

    `max_retries` does not count the first attempt; the predicate sees the error and may log [documented].
    """
    if retry is None:
        return None
    policy = policy_of(frame, retry)
    if attempts >= policy.max_retries:
        return None
    if policy.predicate is not None:
        holds = yield from call_with(frame, policy.predicate.name, [error])
        if not truth(holds, "predicate"):
            return None
    return policy.delay(attempts)
