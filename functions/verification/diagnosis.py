"""Diagnosis: why an environment is not ready.

It runs in the verification function, which can reach the clusters and the network. It changes nothing.

The workflow asks for it when a step has waited for one reason for long (mode look), and once more when it gives up
(mode diagnose).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.verification.deployed import deployed_spec
from functions.verification.drift import Drifted
from functions.verification.live_environment import reconstruct
from functions.verification.subject import NothingToProve
from shared.diagnosis import Finding, diagnose, gather
from shared.labels import asked_at
from shared.step.bounds import BOUNDS
from shared.step.outcome import Blocked, Decision, Done
from shared.step.step import Context, Step

if TYPE_CHECKING:
    from shared.spec import Environment

DENIED = "PERMISSION_DENIED"


@dataclass(frozen=True)
class Diagnosis:
    """What the rules found, and the reason of waiting that was asked about."""

    findings: tuple[Finding, ...]
    about: str = ""


def observe(context: Context) -> Diagnosis:
    """Gather the case, and apply every rule. Without a spec, the case is the live environment."""
    since = asked_at(context.message.claim.generation)
    wanted = context.environment
    if wanted is None and context.message.place is not None:
        wanted = _by_name(context)
    findings = tuple(diagnose(gather(context.session, wanted, since))) if wanted else ()
    return Diagnosis(findings, context.message.about)


def _by_name(context: Context) -> Environment | None:
    """The spec last deployed; if the Gateway does not bear it, as much as can be told from what is live."""
    try:
        found = deployed_spec(context)
    except (NothingToProve, Drifted):
        found = None
    return found or reconstruct(context.session, context.name, context.place)


def decide(observed: Diagnosis, now: float) -> Decision:
    """Answer the findings, even if there are none; blocked if a permission to read is missing."""
    denials = [each for each in observed.findings if each.code == DENIED]
    return _blocked(denials[0], observed) if denials else Decision(Done(outputs=_outputs(observed.findings)))


def decide_look(observed: Diagnosis, now: float) -> Decision:
    """Blocked if a finding explains what is waited for; nothing else of what was found counts yet."""
    bound = BOUNDS.get(observed.about)
    explaining = [each for each in observed.findings if bound and each.code in bound.causes]
    return _blocked(explaining[0], Diagnosis(tuple(explaining))) if explaining else Decision(Done())


DIAGNOSIS = Step("verification", observe, decide, frozenset({"diagnose"}))
LOOK = Step("verification", observe, decide_look, frozenset({"look"}))


def _blocked(each: Finding, observed: Diagnosis) -> Decision:
    outputs = _outputs(observed.findings)
    return Decision(Blocked(code=each.code, cause=each.cause, fix=each.fix, outputs=outputs))


def _outputs(findings: tuple[Finding, ...]) -> dict[str, object]:
    return {"diagnoses": [each.wire() for each in findings]}
