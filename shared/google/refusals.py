"""An API's answer that is none: which error of `shared.errors` it is.

This is the one place that looks at status codes and at Google's words. Three envelopes are read: compute's
(`errors[].reason`, no status), the newer APIs' (`status`, `details`) and Kubernetes' (`kind: Status`) [observed].
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shared import errors
from shared.errors import ApiError
from shared.google.answers import Broken, parsed

MESSAGE_LIMIT = 600  # characters of a foreign message that are kept: floods do not reach the answer
REASON_LIMIT = 100  # and of its one word for it

# Service, verb, part of the path → the permission that a refusal of it is for.
_UNNAMED = (
    ("cloudresourcemanager", "POST", ":getIamPolicy", "resourcemanager.projects.getIamPolicy"),
    ("cloudresourcemanager", "POST", ":setIamPolicy", "resourcemanager.projects.setIamPolicy"),
    ("cloudresourcemanager", "GET", "/projects/", "resourcemanager.projects.get"),
    ("logging", "POST", "/entries:list", "logging.logEntries.list"),
    ("pubsub", "POST", ":publish", "pubsub.topics.publish"),
    ("serviceusage", "GET", "/services", "serviceusage.services.get"),
    ("serviceusage", "POST", ":disable", "serviceusage.services.disable"),
    ("workflowexecutions", "GET", "/executions/", "workflows.executions.get"),
)
_A_PERMISSION = re.compile(r"[a-zA-Z0-9]{1,40}(\.[a-zA-Z0-9]{1,40}){1,3}")
_LISTED = re.compile(r"requires one of \[['\"]([a-zA-Z.]{1,120})['\"]")  # a cluster's words [observed]
_ACT_AS = re.compile(r"does not have access to service account", re.IGNORECASE)  # GKE's, with 400 [observed]
# What GKE was refused for us, with 400 [reported].
_NOT_LET = re.compile(r"permission_denied: permission", re.IGNORECASE)
_PERMISSION = re.compile(r"['\"]([a-z]+(?:\.[a-zA-Z]+)+)['\"]")
_API = re.compile(r"\b([a-z]+\.googleapis\.com)\b")
_BUSY = re.compile(r"incompatible operation|operation .* in progress|resource.* is not ready", re.IGNORECASE)
# What never passes by itself, though its status would say so or would say something else, by its words:
# - "Insufficient regional quota to satisfy request: resource", 403 with PERMISSION_DENIED, of GKE
#   (google/caliban#66, googlecodelabs/feedback#950, kubeflow/examples#597) [observed];
# - "Constraint constraints/compute.vmExternalIpAccess violated", 412 with conditionNotMet, of Compute Engine
#   (gardener/gardener-extension-provider-gcp#415) [observed];
# - "Kubernetes Engine Service Agent is missing required permissions on this project", 403
#   (terraform-google-modules/terraform-google-kubernetes-engine#616) [observed];
# - a network or a subnetwork without room, as in the statusMessage of operations (cilium/cilium#20338,
#   elastic/cloud-on-k8s#2615, hashicorp/terraform-cdk#1964) [observed]; as the answer of a call it is [inferred].
_FINAL: tuple[tuple[re.Pattern[str], type[ApiError]], ...] = (
    (re.compile(r"insufficient \w+ quota to satisfy", re.IGNORECASE), errors.QuotaExceeded),
    (re.compile(r"constraint \S*constraints/\S+ violated", re.IGNORECASE), errors.PolicyViolated),
    (re.compile(r"service agent is missing required permissions", re.IGNORECASE), errors.AgentDenied),
    (
        re.compile(
            r"available private IP space|IP_SPACE_EXHAUSTED|IP space of .* is exhausted"
            r"|Requested CIDR \S+ for \w+ is not available|number of secondary ranges per subnetwork",
            re.IGNORECASE,
        ),
        errors.RangesExhausted,
    ),
)
_HELD = re.compile(r"has associated resources", re.IGNORECASE)  # a fleet feature's [observed]
# What Kubernetes answers, 403, whoever asks, to what would be made in a namespace on its way out [documented: its
# admission plugin NamespaceLifecycle].
_TERMINATING = re.compile(r"in namespace \S+ because it is being terminated")
_BUSY_REASONS = {"resourceNotReady", "RESOURCE_NOT_READY"}
_EXISTS = {"alreadyExists", "ALREADY_EXISTS", "AlreadyExists"}
_BY_REASON: tuple[tuple[set[str], type[ApiError]], ...] = (
    ({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"}, errors.Transient),
    ({"quotaExceeded", "QUOTA_EXCEEDED"}, errors.QuotaExceeded),
    ({"accessNotConfigured", "SERVICE_DISABLED"}, errors.ApiDisabled),
    ({"resourceInUseByAnotherResource", "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE"}, errors.InUse),
)
_BY_STATUS: dict[int, type[ApiError]] = {
    401: errors.Unauthorized,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    412: errors.Conflict,
    408: errors.Transient,  # the request took too long to arrive [documented: storage, retry strategy]
    413: errors.QuotaExceeded,  # [documented: VPC quotas, "Errors when exceeding your quota"]
    499: errors.Transient,  # the service gave the call up (googleapis/python-genai#2506) [observed]
}
_NO_SUCH_KIND = (
    b"404 page not found"  # a Kubernetes API server's, of a group that it has not (net/http) [documented]
)


def from_answer(service: str, method: str, resource: str, status: int, data: bytes) -> ApiError:
    """The refusal that an answer with this body is.

    Raises:
        Broken: the API did not write it, whatever its status says: a page with 404 does not say that something is gone.
    """
    if status == 404 and data.strip() == _NO_SUCH_KIND:
        return from_response(service, method, resource, status, {"error": {"message": data.strip().decode()}})
    if 300 <= status < 400:
        raise Broken(f"is a redirect ({status}), which is not followed")
    try:
        body = parsed(data)
    except Broken as broken:
        raise Broken(f"{broken}, with status {status}") from broken
    if not _is_envelope(body):
        raise Broken(f"is no refusal of the API, but has status {status}")
    return from_response(service, method, resource, status, body)


def _is_envelope(body: Any) -> bool:
    """Whether a body is a refusal of Google's, or a Kubernetes `Status`."""
    return isinstance(body, Mapping) and (
        isinstance(body.get("error"), Mapping) or body.get("kind") == "Status"
    )


def from_response(service: str, method: str, resource: str, status: int, body: Any) -> ApiError:
    """The refusal that an API's answer is. `body` is its JSON."""
    error = _error_of(body)
    details = _details(error)
    reason = _reason(error, details)
    message = str(error.get("message", ""))[:MESSAGE_LIMIT]
    kind = _kind(status, reason, message)
    found = kind(service, method, resource, status, reason, message, details)
    if isinstance(found, errors.PermissionDenied):
        found.permission = _permission(found)
    if isinstance(found, errors.ApiDisabled):
        found.api = _api(found)
    return found


def _permission(error: ApiError) -> str:
    """The permission that is missing, "" if the API does not say. What is none is not told: it becomes part of a
    command that somebody is to run.
    """
    named = str(error.details.get("ErrorInfo", {}).get("permission", ""))
    if _A_PERMISSION.fullmatch(named):
        return named
    found = _LISTED.search(error.message) or _PERMISSION.search(error.message)
    return found.group(1) if found else _implied(error)


def _implied(error: ApiError) -> str:
    """What is missing where the API does not name it [documented: the permissions of each method]."""
    if _ACT_AS.search(error.message):
        return "iam.serviceAccounts.actAs"
    for service, method, part, permission in _UNNAMED:
        if (service, method) == (error.service, error.method) and part in error.resource:
            return permission
    return ""


def _api(error: ApiError) -> str:
    """The API to enable."""
    named = _API.fullmatch(str(error.details.get("ErrorInfo", {}).get("service", "")))
    found = named or _API.search(error.message)
    return found.group(1) if found else f"{error.service}.googleapis.com"


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


def final_kind(message: str) -> type[ApiError] | None:
    """Which refusal these words are that no waiting mends; None if they say nothing of the kind."""
    return next((kind for words, kind in _FINAL if words.search(message)), None)


def _kind(status: int, reason: str, message: str) -> type[ApiError]:
    final = final_kind(message) if 400 <= status < 500 else None
    if final is not None:
        return final
    if reason in _BUSY_REASONS or (status in (400, 409) and _BUSY.search(message)):
        return errors.Busy
    if status == 403 and _TERMINATING.search(message):
        return errors.Busy
    if status == 400 and _HELD.search(message):
        return errors.InUse
    if status == 400 and (_ACT_AS.search(message) or _NOT_LET.search(message)):
        return errors.PermissionDenied
    for reasons, kind in _BY_REASON:
        if reason in reasons:
            return kind
    if status == 409:
        return errors.AlreadyExists if reason in _EXISTS else errors.Conflict
    if status == 429 or (status >= 500 and status != 501):  # 501: there is no such method, nor will there be
        return errors.Transient
    return _BY_STATUS.get(status, errors.Refused)
