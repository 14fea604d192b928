"""What can go wrong, as one tree. An API's refusal enters it once, at the session, and nowhere else.

FleetgateError
├── BadMessage             not a message of ours: acknowledged, logged, never answered
├── CallbackRefused        the callback is not of this project's workflow: no token is sent to it
├── Superseded             the environment is another claim's: nothing is changed any more
├── DeadlinePassed         the message is too old: nothing is changed any more
├── Pending                a write was accepted and is not done yet: look again
├── Declined               something that is only done if it may be was refused, and that is noted
└── ApiError               what a Google or Kubernetes API refused
    ├── Transient          429, 5xx, a broken connection: asked again by the workflow
    ├── Unauthorized       401
    ├── PermissionDenied   403, with the permission that is missing, where the message names it
    ├── ApiDisabled        403, with the API to enable
    ├── QuotaExceeded      403 or 429 for a quota, not for a rate
    ├── NotFound           404
    ├── AlreadyExists      409 on a create: look again, it may be ours
    ├── Conflict           409 or 412: what we read has changed since: look again
    ├── Busy               another operation runs on the resource: look again later
    ├── InUse              a delete that something else still stands in the way of
    └── Refused            every other 4xx: the request itself is wrong
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MESSAGE_LIMIT = 600  # characters of a foreign message that are kept: floods do not reach the answer
REASON_LIMIT = 100  # and of its one word for it


class FleetgateError(Exception):
    """The root."""


class BadMessage(FleetgateError):
    """The event holds no message of the step protocol."""


class CallbackRefused(FleetgateError):
    """The callback URL is not one of this project's workflow."""


class Superseded(FleetgateError):
    """The anchor bears another claim, or is gone."""


class DeadlinePassed(FleetgateError):
    """The server's time is past the message's deadline."""


class Pending(FleetgateError):
    """A write has been accepted and its operation still runs."""


class Declined(FleetgateError):
    """An optional change was refused; whoever made it has noted why, and the step goes on without."""


@dataclass(eq=False)
class ApiError(FleetgateError):
    """A refusal. `reason` is the API's own word, `details` its structured details by short type name."""

    service: str
    method: str
    resource: str
    status: int
    reason: str
    message: str
    details: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.service}: {self.method} {self.resource}: {self.status} {self.reason}: {self.message}"


class Transient(ApiError):
    """It may work a moment later."""


class Unauthorized(ApiError):
    """The token was refused."""


class PermissionDenied(ApiError):
    """The function's identity lacks a permission."""

    @property
    def permission(self) -> str:
        """The permission that is missing, e.g. `compute.subnetworks.create`; "" if the API does not say."""
        named = str(self.details.get("ErrorInfo", {}).get("permission", ""))
        if _A_PERMISSION.fullmatch(named):
            return named
        found = _LISTED.search(self.message) or _PERMISSION.search(self.message)
        return found.group(1) if found else self._implied()

    def _implied(self) -> str:
        """What is missing where the API does not name it [documented: the permissions of each method]."""
        if _ACT_AS.search(self.message):
            return "iam.serviceAccounts.actAs"
        return next(
            (
                permission
                for service, method, part, permission in _UNNAMED
                if (service, method) == (self.service, self.method) and part in self.resource
            ),
            "",
        )


class ApiDisabled(ApiError):
    """The API is not enabled in the project."""

    @property
    def api(self) -> str:
        """The API to enable, e.g. `gkehub.googleapis.com`."""
        named = _API.fullmatch(str(self.details.get("ErrorInfo", {}).get("service", "")))
        found = named or _API.search(self.message)
        return found.group(1) if found else f"{self.service}.googleapis.com"


class QuotaExceeded(ApiError):
    """A quota of the project is used up."""


class NotFound(ApiError):
    """There is no such resource."""


class AlreadyExists(ApiError):
    """The name is taken."""


class Conflict(ApiError):
    """The resource has changed since it was read."""


class Busy(ApiError):
    """Another operation runs on the resource."""


class InUse(ApiError):
    """Something else still uses the resource."""


class Refused(ApiError):
    """The request cannot be granted as it is."""


# Service, verb, part of the path → the permission that a refusal of it is for.
_UNNAMED = (
    ("cloudresourcemanager", "POST", ":getIamPolicy", "resourcemanager.projects.getIamPolicy"),
    ("cloudresourcemanager", "POST", ":setIamPolicy", "resourcemanager.projects.setIamPolicy"),
    ("cloudresourcemanager", "GET", "/projects/", "resourcemanager.projects.get"),
    ("pubsub", "POST", ":publish", "pubsub.topics.publish"),
    ("serviceusage", "GET", "/services", "serviceusage.services.get"),
    ("serviceusage", "POST", ":disable", "serviceusage.services.disable"),
    ("workflowexecutions", "GET", "/executions/", "workflows.executions.get"),
)
# What is none is not told: it becomes part of a command that somebody is to run.
_A_PERMISSION = re.compile(r"[a-zA-Z0-9]{1,40}(\.[a-zA-Z0-9]{1,40}){1,3}")
_LISTED = re.compile(r"requires one of \[['\"]([a-zA-Z.]{1,120})['\"]")  # a cluster's words [observed]
_ACT_AS = re.compile(r"does not have access to service account", re.IGNORECASE)  # GKE's, with 400 [observed]
_NOT_LET = re.compile(
    r"permission_denied: permission", re.IGNORECASE
)  # what GKE was refused for us, 400 [reported]
_PERMISSION = re.compile(r"['\"]([a-z]+(?:\.[a-zA-Z]+)+)['\"]")
_API = re.compile(r"\b([a-z]+\.googleapis\.com)\b")
_BUSY = re.compile(r"incompatible operation|operation .* in progress|resource.* is not ready", re.IGNORECASE)
_HELD = re.compile(r"has associated resources", re.IGNORECASE)  # a fleet feature's [observed]
_RATES = {"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"}
_QUOTAS = {"quotaExceeded", "QUOTA_EXCEEDED"}
_DISABLED = {"accessNotConfigured", "SERVICE_DISABLED"}
_IN_USE = {"resourceInUseByAnotherResource", "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE"}
_BUSY_REASONS = {"resourceNotReady", "RESOURCE_NOT_READY"}
_EXISTS = {"alreadyExists", "ALREADY_EXISTS", "AlreadyExists"}


def from_response(service: str, method: str, resource: str, status: int, body: Any) -> ApiError:
    """The refusal that an API's answer is. `body` is its JSON, or its text, or None.

    Three envelopes are read: compute's (`errors[].reason`, no status), the newer APIs' (`status`, `details`)
    and Kubernetes' (`kind: Status`) [observed].
    """
    error = _error_of(body)
    details = _details(error)
    reason = _reason(error, details)
    message = str(error.get("message", ""))[:MESSAGE_LIMIT]
    kind = _kind(status, reason, message)
    return kind(service, method, resource, status, reason, message, details)


def _error_of(body: Any) -> Mapping[str, Any]:
    if not isinstance(body, Mapping):
        return {"message": str(body or "")}
    error = body.get("error", body)
    return error if isinstance(error, Mapping) else {"message": str(error)}


def _details(error: Mapping[str, Any]) -> dict[str, Any]:
    details = error.get("details")
    found: dict[str, Any] = {}
    for detail in details if isinstance(details, list) else []:
        detail = _mapping(detail)
        kind = str(detail.get("@type", "")).rpartition(".")[2]
        told = _mapping(detail.get("metadata"))
        found[kind] = {**told, **{k: v for k, v in detail.items() if k != "metadata"}}
    return found


def _reason(error: Mapping[str, Any], details: Mapping[str, Any]) -> str:
    informed = details.get("ErrorInfo", {}).get("reason")
    listed = error.get("errors")
    first = _mapping(listed[0] if isinstance(listed, list) and listed else None)
    told = informed or first.get("reason") or error.get("reason") or error.get("status") or ""
    return str(told)[:REASON_LIMIT]


def _mapping(value: Any) -> Mapping[str, Any]:
    """Not everything that answers is Google: what has another form than theirs says nothing."""
    return value if isinstance(value, Mapping) else {}


def _kind(status: int, reason: str, message: str) -> type[ApiError]:
    if reason in _BUSY_REASONS or (status in (400, 409) and _BUSY.search(message)):
        return Busy
    if status == 400 and _HELD.search(message):
        return InUse
    if status == 400 and (_ACT_AS.search(message) or _NOT_LET.search(message)):
        return PermissionDenied
    for reasons, kind in (
        (_RATES, Transient), (_QUOTAS, QuotaExceeded), (_DISABLED, ApiDisabled), (_IN_USE, InUse),
    ):  # fmt: skip
        if reason in reasons:
            return kind
    if status == 409:
        return AlreadyExists if reason in _EXISTS else Conflict
    if status == 429 or (status >= 500 and status != 501):  # 501: there is no such method, nor will there be
        return Transient
    return {401: Unauthorized, 403: PermissionDenied, 404: NotFound, 412: Conflict}.get(status, Refused)
