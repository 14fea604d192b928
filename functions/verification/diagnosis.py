"""Diagnosis: why an environment was not ready in time. The workflow asks for it once, when it gives up.

It runs in the verification function, which can reach the clusters and the network. It changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from functions.verification.live_environment import reconstruct
from shared.diagnosis import Finding, diagnose, gather
from shared.labels import asked_at
from shared.step.outcome import Blocked, Decision, Done
from shared.step.step import Context, Step

DENIED = "PERMISSION_DENIED"


@dataclass(frozen=True)
class Diagnosis:
    """What the rules found."""

    findings: tuple[Finding, ...]


def observe(context: Context) -> Diagnosis:
    """Gather the case, and apply every rule. Without a spec, the case is the live environment."""
    since = asked_at(context.message.claim.generation)
    wanted = context.environment or reconstruct(context.session, context.name, context.place)
    return Diagnosis(tuple(diagnose(gather(context.session, wanted, since))) if wanted else ())


def decide(observed: Diagnosis, now: float) -> Decision:
    """Answer the findings, even if there are none; blocked if a permission to read is missing."""
    outputs = {"diagnoses": [each.wire() for each in observed.findings]}
    for each in observed.findings:
        if each.code == DENIED:
            return Decision(Blocked(code=each.code, cause=each.cause, fix=each.fix, outputs=outputs))
    return Decision(Done(outputs=outputs))


DIAGNOSIS = Step("verification", observe, decide, frozenset({"diagnose"}))
