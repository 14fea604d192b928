"""What a claim answers when it does not acquire the anchor: superseded, or blocked with the way to mend it."""

from __future__ import annotations

from functions.environment.observed_request import ObservedRequest
from shared.step.outcome import Blocked, Decision, Superseded


def superseded(observed: ObservedRequest, message: str) -> Decision:
    """Something newer counts."""
    return Decision(Superseded(message=message, outputs=observed.outputs()))


def blocked(observed: ObservedRequest, code: str, cause: str, fix: str) -> Decision:
    """A person must act first."""
    return Decision(Blocked(code=code, cause=cause, fix=fix, outputs=observed.outputs()))


def anchor_name_taken(observed: ObservedRequest) -> Decision | None:
    """A refusal, if an address that is not ours has the anchor's name."""
    anchor = observed.anchor
    if anchor is None or anchor.is_ours:
        return None
    cause = f"{anchor.path} is not Fleetgate's, and has the name of the anchor of {observed.name}."
    return blocked(observed, "ANCHOR_NAME_TAKEN", cause, "Delete it, or name the environment otherwise.")


def unknown_environment(observed: ObservedRequest) -> Decision:
    """A refusal: there is no environment of this name."""
    names = ", ".join(each.name for each in observed.environments)
    cause = f"There is no environment {observed.name}; " + (
        f"there is {names}." if names else "there is none."
    )
    return blocked(observed, "UNKNOWN_ENVIRONMENT", cause, "Name one that there is, or deploy this one.")


def being_removed(observed: ObservedRequest) -> Decision:
    """A refusal: a teardown of the environment is under way."""
    cause = f"Environment {observed.name} is being torn down."
    return blocked(observed, "BEING_REMOVED", cause, "Deploy it again.")
