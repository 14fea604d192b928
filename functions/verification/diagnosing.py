"""Diagnosis: why an environment has not come about in time. The workflow asks for it once, when it gives up.

It runs as the verification function does, which sees the clusters and the network, and it changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.verification.live_environment import as_it_stands
from shared.diagnosis import Finding, diagnose, gather
from shared.labels import asked_at
from shared.step.legacy import LegacyStep
from shared.step.outcome import Blocked, Decision, Done
from shared.step.step import Context

if TYPE_CHECKING:
    from shared.spec import Environment

DENIED = "PERMISSION_DENIED"


@dataclass(frozen=True)
class Seen:
    """What the rules find in what there is."""

    findings: tuple[Finding, ...]


def observe(context: Context) -> Seen:
    """Gather the case, and ask every rule. A request that brings no spec is about what stands."""
    since = asked_at(context.message.claim.generation)
    wanted = context.environment or as_it_stands(context.session, context.name, context.place)
    return Seen(tuple(diagnose(gather(context.session, wanted, since))) if wanted else ())


def decide(_wanted: Environment | None, seen: Seen, now: float) -> Decision:
    """Tell what was found; having found nothing is an answer too. Not having been let look is none."""
    outputs = {"diagnoses": [each.wire() for each in seen.findings]}
    for each in seen.findings:
        if each.code == DENIED:
            return Decision(Blocked(code=each.code, cause=each.cause, fix=each.fix, outputs=outputs))
    return Decision(Done(outputs=outputs))


def act(context: Context, change: object) -> None:
    """A diagnosis has nothing to change."""
    raise AssertionError("a diagnosis decides on no changes")


DIAGNOSIS = LegacyStep("verification", observe, decide, act, modes=frozenset({"diagnose"}))
