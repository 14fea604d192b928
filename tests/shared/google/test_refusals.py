"""An API's refusal enters the tree of errors as what it means, whichever envelope it comes in."""

from __future__ import annotations

from typing import Any

import pytest

from shared import errors
from shared.google.refusals import MESSAGE_LIMIT, from_response
from tests.support.refusals import (
    AGENT,
    BUSY,
    NO_SPACE,
    OFF,
    POLICY,
    QUOTA,
    TERMINATING,
    compute,
    kubernetes,
    newer,
)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, compute("notFound"), errors.NotFound),
        (404, newer("NOT_FOUND"), errors.NotFound),
        (404, kubernetes("NotFound"), errors.NotFound),
        (409, compute("alreadyExists"), errors.AlreadyExists),
        (409, newer("ALREADY_EXISTS"), errors.AlreadyExists),
        (409, kubernetes("AlreadyExists"), errors.AlreadyExists),
        (409, kubernetes("Conflict"), errors.Conflict),
        (409, newer("ABORTED"), errors.Conflict),
        (412, compute("conditionNotMet"), errors.Conflict),
        (400, newer("FAILED_PRECONDITION", BUSY), errors.Busy),
        (400, compute("resourceNotReady"), errors.Busy),
        (400, compute("resourceInUseByAnotherResource"), errors.InUse),
        (400, compute("invalid"), errors.Refused),
        (400, newer("INVALID_ARGUMENT"), errors.Refused),
        (401, newer("UNAUTHENTICATED"), errors.Unauthorized),
        (403, compute("forbidden"), errors.PermissionDenied),
        (403, newer("PERMISSION_DENIED"), errors.PermissionDenied),
        (403, compute("accessNotConfigured", OFF), errors.ApiDisabled),
        (403, newer("PERMISSION_DENIED", reason="SERVICE_DISABLED", service="x.googleapis.com"), errors.ApiDisabled),
        (403, compute("rateLimitExceeded"), errors.Transient),
        (403, compute("quotaExceeded"), errors.QuotaExceeded),
        (429, newer("RESOURCE_EXHAUSTED"), errors.Transient),
        (429, newer("RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Requests per minute'"), errors.Transient),
        (429, newer("RESOURCE_EXHAUSTED", NO_SPACE), errors.RangesExhausted),
        (403, newer("PERMISSION_DENIED", QUOTA), errors.QuotaExceeded),
        (413, compute("uploadTooLarge"), errors.QuotaExceeded),
        (412, compute("conditionNotMet", POLICY), errors.PolicyViolated),
        (400, newer("FAILED_PRECONDITION", POLICY), errors.PolicyViolated),
        (403, newer("PERMISSION_DENIED", AGENT), errors.AgentDenied),
        (403, kubernetes("Forbidden", TERMINATING), errors.Busy),
        (500, "oops", errors.Transient),
        (503, newer("UNAVAILABLE", QUOTA), errors.Transient),
        (503, None, errors.Transient),
        (501, newer("UNIMPLEMENTED"), errors.Refused),
    ],
)  # fmt: skip
def test_every_envelope_is_read(status: int, body: Any, kind: type[errors.ApiError]) -> None:
    """Compute's, the newer APIs', Kubernetes', and none."""
    assert type(from_response("compute", "GET", "projects/p/x", status, body)) is kind


@pytest.mark.parametrize(
    "body",
    [
        compute("forbidden", "Required 'compute.subnetworks.create' permission for 'projects/p'"),
        newer("PERMISSION_DENIED", "Permission 'compute.subnetworks.create' denied on resource '//x'."),
        newer("PERMISSION_DENIED", "no", reason="IAM_PERMISSION_DENIED", permission="compute.subnetworks.create"),
    ],
)  # fmt: skip
def test_the_missing_permission_is_named(body: Any) -> None:
    """From the details, or from the words."""
    error = from_response("compute", "POST", "projects/p/x", 403, body)

    assert isinstance(error, errors.PermissionDenied)
    assert error.permission == "compute.subnetworks.create"


def test_a_flood_does_not_get_in() -> None:
    """A message is cut where it comes in."""
    assert len(from_response("compute", "GET", "x", 500, "x" * 10_000).message) == MESSAGE_LIMIT
