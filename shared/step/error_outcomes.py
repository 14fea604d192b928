"""What each error means for the workflow: ask again, or ask a person. The same for every step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared import errors
from shared.settings import Settings
from shared.step.outcome import Blocked, Failed, Outcome, Superseded, Waiting

if TYPE_CHECKING:
    from shared.spec import Invalid

SOMEBODY = "the function's service account"
LONGEST = 60.0  # seconds between two attempts that fail the same way: a fix is noticed within a minute
IN_USE = (
    600.0  # seconds of a step after which what is still in use is somebody's; Google is late by five minutes
)
ATTEMPTS_PER_SECOND = 8  # a pause is one second longer after every 8 attempts: 60 s after 480

# Error → (reason, seconds until the next attempt).
# The seconds are chosen, not measured: short for what resolves at once, longer where another operation must end. After
# MessageExpired the next message is due at once. The first kind that fits counts.
_WAITS: dict[type[Exception], tuple[str, float]] = {
    errors.PlaceUnreachable: ("PlaceUnreachable", 15.0),
    errors.Transient: ("Transient", 4.0),
    errors.Unauthorized: ("Transient", 4.0),
    errors.Pending: ("WritePending", 1.2),
    errors.Conflict: ("Changed", 1.0),
    errors.AlreadyExists: ("Changed", 1.0),
    errors.Busy: ("OperationInProgress", 8.0),
    errors.InUse: ("StillInUse", 10.0),
    errors.DeadlinePassed: ("MessageExpired", 0.0),
}


def outcome_of(
    error: Exception, settings: Settings, attempt: int, account: str = SOMEBODY, waited: float = 0.0
) -> Outcome:
    """The outcome of a step that met `error` in this `attempt`; an unexpected error is `failed INTERNAL`.

    `account` is the service account that the step runs as; `waited` are the seconds since it was asked first.
    """
    from shared.spec import Invalid  # slow to import; whoever raises it has imported it already

    if isinstance(error, errors.InUse) and waited > IN_USE:
        return _still_in_use(error, waited)
    for kind, (reason, seconds) in _WAITS.items():
        if isinstance(error, kind):
            return Waiting(reason=reason, message=str(error), retry_after=_pause(seconds, attempt))
    if isinstance(error, errors.Superseded):
        return Superseded(message=str(error))
    if isinstance(error, errors.Gone):
        return _gone(error)
    if isinstance(error, Invalid):
        return invalid(error)
    if isinstance(error, errors.ApiError):
        return (
            _denied(error, account)
            if isinstance(error, errors.PermissionDenied)
            else _blocked(error, settings)
        )
    if isinstance(error, errors.TooLarge):
        return too_large(str(error))
    cause = f"{type(error).__name__}: {error}"
    return Failed(code="INTERNAL", cause=cause, fix="Report it, with the function's log of this execution.")


def too_large(size: str) -> Failed:
    """The outcome of an answer that cannot hold what the next step needs; `size` says how large that is."""
    return Failed(
        code="ANSWER_TOO_LARGE",
        cause=f"What the next step needs to know has {size}.",
        fix="Use fewer clusters, services or routes, or two environments.",
    )


def _gone(error: errors.Gone) -> Blocked:
    return Blocked(
        code="DELETED_MEANWHILE",
        cause=f"This request had made {error.what} in project {error.project}, and it is not there any more."
        " Somebody has deleted it meanwhile.",
        fix="Find out who did, and publish the request again: it makes it anew.",
    )


def _still_in_use(error: errors.InUse, waited: float) -> Blocked:
    """Ours does not use it any more: whoever does is named by Google, if anybody is."""
    return Blocked(
        code="STILL_IN_USE",
        cause=f"{error}. It has been refused for {waited / 60:.0f} minutes, and nothing of this environment uses it.",
        fix="Have whoever uses it move it or remove it; then publish the request again.",
    )


def _pause(seconds: float, attempt: int) -> float:
    """A pause that grows slowly with the number of attempts, up to a minute.

    Slowly, because attempts that went well count too: a late attempt may be the first that is refused.
    """
    return min(max(seconds, attempt / ATTEMPTS_PER_SECOND), LONGEST) if seconds else 0.0


def invalid(error: Invalid) -> Blocked:
    """The outcome of a document with faults."""
    return Blocked(
        code="INVALID_REQUEST",
        cause=str(error),
        fix="Correct what the faults name.",
        faults=[fault.wire() for fault in error.faults],
    )


def _denied(error: errors.PermissionDenied, account: str) -> Blocked:
    """Name the account and the permission first: Google's message never names the account."""
    needed = error.permission or f"what {error.method} {error.resource} needs"
    return Blocked(
        code="PERMISSION_DENIED",
        cause=f"{account} lacks {needed}. {error}",
        fix=f"Grant {needed} to {account}, or apply terraform-bootstrap again.",
    )


def _blocked(error: errors.ApiError, settings: Settings) -> Outcome:
    if isinstance(error, errors.ApiDisabled):
        project = _project_of(error.resource) or settings.project
        return Blocked(
            code="API_DISABLED",
            cause=str(error),
            fix=f"gcloud services enable {error.api} --project={project}",
        )
    if isinstance(error, errors.QuotaExceeded):
        return Blocked(
            code="QUOTA_EXCEEDED",
            cause=str(error),
            fix="Raise the quota that the cause names, or free some of it.",
        )
    if isinstance(error, errors.RangesExhausted):
        return Blocked(
            code="RANGES_EXHAUSTED",
            cause=str(error),
            fix="Give the clusters a smaller podRange, such as /20, or free what the cause names.",
        )
    if isinstance(error, errors.PolicyViolated):
        return Blocked(
            code="POLICY_VIOLATED",
            cause=str(error),
            fix="Ask who keeps the organisation's policies for an exception, or do in the environment what it asks for"
            " (privateNodes: true for compute.vmExternalIpAccess).",
        )
    if isinstance(error, errors.AgentDenied):
        return Blocked(code="GKE_AGENT_WITHOUT_ROLE", cause=str(error), fix=_agent_grant(error, settings))
    if isinstance(error, errors.InTheWay):
        return Blocked(code="SUBNET_IN_THE_WAY", cause=str(error), fix=error.fix)
    if isinstance(error, errors.NotFound):
        return Blocked(
            code="NOT_FOUND", cause=str(error), fix="Create what the cause names, or correct the environment."
        )
    return Blocked(
        code="REQUEST_REFUSED", cause=str(error), fix="Correct in the environment what the cause names."
    )


def _agent_grant(error: errors.ApiError, settings: Settings) -> str:
    """The command that gives GKE's agent its role back."""
    project = _project_of(error.resource) or settings.project
    number = f"$(gcloud projects describe {project} --format='value(projectNumber)')"
    member = f"serviceAccount:service-{number}@container-engine-robot.iam.gserviceaccount.com"
    role = "roles/container.serviceAgent"
    return (
        f'gcloud projects add-iam-policy-binding {project} --role={role} --member="{member}" --condition=None'
    )


def _project_of(resource: str) -> str:
    _, _, rest = resource.partition("projects/")
    return rest.partition("/")[0]
