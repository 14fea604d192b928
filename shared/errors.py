"""What can go wrong, as one tree. An API's refusal enters it in `shared.google.refusals`, and nowhere else.

FleetgateError
├── BadMessage             not a message of ours: acknowledged, logged, never answered
├── TooLarge               what the next step needs cannot be carried to it
├── CallbackRefused        the callback is not of this project's workflow: no token is sent to it
├── Superseded             the environment is another claim's: nothing is changed any more
├── DeadlinePassed         the message is too old: nothing is changed any more
├── Pending                a write was accepted and is not done yet: look again
├── Gone                   what this request has made is not there any more
├── Declined               an optional change was refused, and the step goes on without it
└── ApiError               what a Google or Kubernetes API refused
    ├── Transient          408, 429, 499, 5xx, a broken connection or answer: asked again by the workflow
    │   └── PlaceUnreachable  a list says nothing of a zone or region that is needed
    ├── Unauthorized       401
    ├── PermissionDenied   403, with the permission that is missing, where the message names it
    ├── ApiDisabled        403, with the API to enable
    ├── QuotaExceeded      403, 413 or 429 for a quota, not for a rate
    ├── RangesExhausted    the network has no room for a range
    ├── PolicyViolated     an organisation's policy forbids it: 412, 400 or 403
    ├── AgentDenied        403: Google's own agent in the project lacks its role
    ├── NotFound           404
    ├── AlreadyExists      409 on a create: look again, it may be ours
    ├── Conflict           409 or 412: what we read has changed since: look again
    ├── Busy               another operation runs on the resource: look again later
    ├── InUse              a delete that something else still stands in the way of
    └── Refused            every other 4xx: the request itself is wrong

Whatever calls an API can raise any ApiError. A docstring names those that mean something there of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# Reasons of a Transient that are ours: no API answered, or not so that it could be read.
TIMED_OUT = "TimedOut"
BROKEN = "BrokenAnswer"
TOO_LARGE = "AnswerTooLarge"
UNTRUSTED = "CertificateNotTrusted"
NO_TOKEN = "NoToken"  # noqa: S105  # a reason


class FleetgateError(Exception):
    """The root."""


class BadMessage(FleetgateError):
    """The event holds no message of the step protocol."""


class TooLarge(FleetgateError):
    """A value that the workflow cannot carry; the text says how large it is, and how large it may be."""


class CallbackRefused(FleetgateError):
    """The callback URL is not one of this project's workflow."""


@dataclass(eq=False)
class Gone(FleetgateError):
    """`what` of the environment was made, and is not there any more."""

    what: str
    project: str


class Superseded(FleetgateError):
    """The anchor bears another claim, or is gone."""


class DeadlinePassed(FleetgateError):
    """The server's time is past the message's deadline."""


class Pending(FleetgateError):
    """A write has been accepted and its operation still runs."""


class Declined(FleetgateError):
    """An optional change was refused. The runner records why in `Context.tried`, and the step goes on without it."""


@dataclass(eq=False)
class ApiError(FleetgateError):
    """A refusal. `reason` is the API's own word, `details` its structured details by short type name.

    `status` is 0 where nothing was refused: no answer came, or one that leaves something out.
    """

    service: str
    method: str
    resource: str
    status: int
    reason: str
    message: str
    details: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        answer = f"{self.status} {self.reason}" if self.status else self.reason
        return f"{self.service}: {self.method} {self.resource}: {answer}: {self.message}"


class Transient(ApiError):
    """It may work a moment later."""


class PlaceUnreachable(Transient):
    """A list leaves out a place in which its reader needs everything; the message names the place."""


class Unauthorized(ApiError):
    """The token was refused."""


@dataclass(eq=False)
class PermissionDenied(ApiError):
    """The function's identity lacks a permission, e.g. `compute.subnetworks.create`; "" if the API does not say."""

    permission: str = ""


@dataclass(eq=False)
class ApiDisabled(ApiError):
    """The API, e.g. `gkehub.googleapis.com`, is not enabled in the project."""

    api: str = ""


class QuotaExceeded(ApiError):
    """A quota of the project is used up."""


class RangesExhausted(ApiError):
    """The network has no room for a range, or its subnetwork for the addresses of nodes."""


class PolicyViolated(ApiError):
    """A constraint of the organisation forbids it."""


class AgentDenied(ApiError):
    """GKE's service agent in the project lacks its role: what we may do is no matter."""


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


@dataclass(eq=False)
class InTheWay(Refused):
    """What is there already stands in the way of what was asked for; `fix` says how to make room, or do without."""

    fix: str = ""
