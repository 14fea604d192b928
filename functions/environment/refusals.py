"""The answers of a claim that does not acquire the anchor: superseded, or blocked with a fix."""

from __future__ import annotations

from functions.environment.observed_request import ObservedRequest
from shared.step.outcome import Blocked, Decision, Superseded


def superseded(observed: ObservedRequest, message: str) -> Decision:
    """Another request or execution goes on instead of this one."""
    return Decision(Superseded(message=message, outputs=observed.outputs()))


def blocked(observed: ObservedRequest, code: str, cause: str, fix: str) -> Decision:
    """A person must act first."""
    return Decision(Blocked(code=code, cause=cause, fix=fix, outputs=observed.outputs()))


def anchor_name_taken(observed: ObservedRequest) -> Decision | None:
    """A refusal, if a foreign address has the anchor's name."""
    anchor = observed.anchor
    if anchor is None or anchor.is_ours:
        return None
    cause = f"{anchor.path} has the name of the anchor of {observed.name}, but does not belong to Fleetgate."
    return blocked(observed, "ANCHOR_NAME_TAKEN", cause, "Delete it, or give the environment another name.")


def unknown_environment(observed: ObservedRequest) -> Decision:
    """A refusal: no environment has this name."""
    names = ", ".join(each.name for each in observed.environments if each.is_claimed)
    cause = f"There is no environment {observed.name}; " + (
        f"there is {names}." if names else "there is none."
    )
    return blocked(observed, "UNKNOWN_ENVIRONMENT", cause, "Name an existing one, or deploy this one.")


def being_removed(observed: ObservedRequest) -> Decision:
    """A refusal: a teardown of the environment is under way."""
    cause = f"Environment {observed.name} is being torn down."
    return blocked(observed, "BEING_REMOVED", cause, "Deploy it again.")


def name_not_kept(observed: ObservedRequest) -> Decision:
    """A refusal: the anchor has a name that can only be compared. An earlier release kept no longer ones."""
    cause = f"The anchor of {observed.name} does not have the whole name of its Gateway, or of what an answer names."
    return blocked(observed, "NAME_NOT_KEPT", cause, "Publish its deploy again, which writes them.")
