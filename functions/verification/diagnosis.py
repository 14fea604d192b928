"""Diagnosis: why an environment is not ready.

It runs in the verification function, which can reach the clusters and the network. It changes nothing.

The workflow asks for it when a step has waited for one reason for long (mode look), and once more when it gives up
(mode diagnose).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from functions.verification.deployed import deployed_spec
from functions.verification.drift import Drift, Drifted, blocked, drift_of
from functions.verification.live_environment import reconstruct
from functions.verification.standing import read_standing
from functions.verification.step import FAULT_MESSAGES
from functions.verification.subject import NothingToProve
from shared.diagnosis import Finding, diagnose, gather
from shared.labels import asked_at
from shared.step.bounds import BOUNDS
from shared.step.outcome import Blocked, Decision, Done
from shared.step.step import Context, Step

if TYPE_CHECKING:
    from shared.spec import Environment

DENIED = "PERMISSION_DENIED"
# Reasons for which verification waits: every step before it has made what the spec says.
OF_TRAFFIC = {*FAULT_MESSAGES, "NothingToProve"}


@dataclass(frozen=True)
class Diagnosis:
    """What the rules found, the reason of waiting that was asked about, and what is no longer as it was made."""

    findings: tuple[Finding, ...]
    about: str = ""
    drift: tuple[Drift, ...] = ()


def observe(context: Context) -> Diagnosis:
    """Gather the case, and apply every rule. Without a spec, the case is the live environment."""
    since = asked_at(context.message.claim.generation)
    wanted = context.environment
    if wanted is None and context.message.place is not None:
        wanted = _by_name(context)
    findings = tuple(diagnose(gather(context.session, wanted, since))) if wanted else ()
    return Diagnosis(findings, context.message.about)


def observe_look(context: Context) -> Diagnosis:
    """The same; and if the traffic is waited for, what somebody has deleted or changed since the deploy made it."""
    found = observe(context)
    if context.environment is None or found.about not in OF_TRAFFIC:
        return found
    standing = read_standing(context.session, context.environment)
    return replace(found, drift=tuple(drift_of(context.environment, standing)))


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
    if explaining:
        return _blocked(explaining[0], Diagnosis(tuple(explaining)))
    return Decision(blocked(observed.drift) if observed.drift else Done())


DIAGNOSIS = Step("verification", observe, decide, frozenset({"diagnose"}))
LOOK = Step("verification", observe_look, decide_look, frozenset({"look"}))


def _blocked(each: Finding, observed: Diagnosis) -> Decision:
    outputs = _outputs(observed.findings)
    return Decision(Blocked(code=each.code, cause=each.cause, fix=each.fix, outputs=outputs))


def _outputs(findings: tuple[Finding, ...]) -> dict[str, object]:
    return {"diagnoses": [each.wire() for each in findings]}
