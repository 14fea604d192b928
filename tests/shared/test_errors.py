"""An API's refusal enters the tree as what it means, and leaves the step as what the workflow must do."""

from __future__ import annotations

from typing import Any

import pytest

from shared import errors
from shared.google.refusals import MESSAGE_LIMIT, from_response
from shared.spec import InvalidRequest, parse_request
from shared.step.error_outcomes import outcome_of
from shared.step.outcome import Blocked, Failed, Superseded, Waiting
from tests.support.google_server import GoogleServer


def compute(reason: str, message: str = "") -> Any:
    return {"error": {"code": 400, "message": message, "errors": [{"reason": reason}]}}


def newer(status: str, message: str = "", **metadata: str) -> Any:
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": metadata.pop("reason", "")}
    details = [info | {"metadata": metadata}] if metadata else []
    return {"error": {"code": 0, "message": message, "status": status, "details": details}}


def kubernetes(reason: str) -> Any:
    return {"kind": "Status", "status": "Failure", "reason": reason, "message": "m", "code": 0}


BUSY = "Cluster is running incompatible operation operation-1"
OFF = "Access Not Configured. Compute Engine API has not been used in project 1 before or it is disabled."


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
        (500, "oops", errors.Transient),
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


@pytest.mark.parametrize(
    ("status", "body", "kind", "word"),
    [
        (503, None, Waiting, "Transient"),
        (412, compute("conditionNotMet"), Waiting, "Changed"),
        (400, newer("FAILED_PRECONDITION", BUSY), Waiting, "OperationInProgress"),
        (400, compute("resourceInUseByAnotherResource"), Waiting, "StillInUse"),
        (403, compute("forbidden", "Required 'a.b.c' permission"), Blocked, "PERMISSION_DENIED"),
        (403, compute("accessNotConfigured", OFF), Blocked, "API_DISABLED"),
        (403, compute("quotaExceeded"), Blocked, "QUOTA_EXCEEDED"),
        (404, compute("notFound"), Blocked, "NOT_FOUND"),
        (400, compute("invalid"), Blocked, "REQUEST_REFUSED"),
    ],
)
def test_each_error_has_one_outcome(
    google: GoogleServer, status: int, body: Any, kind: type[Any], word: str
) -> None:
    """Waiting with a reason, or blocked with a code."""
    outcome = outcome_of(from_response("compute", "POST", "projects/p/x", status, body), google.settings(), 1)

    assert isinstance(outcome, kind)
    assert word == outcome.wire()["reason" if kind is Waiting else "code"]


def test_what_mends_it_names_permission_api_and_project(google: GoogleServer) -> None:
    """A fix is a thing to do."""
    denied = from_response(
        "compute", "POST", "v1/projects/p/x", 403, compute("forbidden", "Required 'a.b.c'")
    )
    off = from_response("gkehub", "GET", "v1/projects/p/x", 403, compute("accessNotConfigured", "off"))

    assert "a.b.c" in outcome_of(denied, google.settings(), 1).wire()["fix"]
    assert outcome_of(off, google.settings(), 1).wire()["fix"] == (
        "gcloud services enable gkehub.googleapis.com --project=p"
    )


def test_faults_of_a_request_are_carried_whole(google: GoogleServer) -> None:
    """Every one of them, with its path."""
    with pytest.raises(InvalidRequest) as refused:
        parse_request(b'{"action": "deploy", "environment": {"nam": 1}}', project="p")
    outcome = outcome_of(refused.value, google.settings(), 1)

    assert isinstance(outcome, Blocked)
    assert outcome.code == "INVALID_REQUEST"
    assert {fault["path"] for fault in outcome.faults} >= {"environment.nam"}


def test_what_nobody_foresaw_fails(google: GoogleServer) -> None:
    """And says what it was; a lost claim ends quietly."""
    unforeseen = outcome_of(ZeroDivisionError("division by zero"), google.settings(), 1)

    assert isinstance(unforeseen, Failed)
    assert (unforeseen.code, unforeseen.cause) == ("INTERNAL", "ZeroDivisionError: division by zero")
    assert isinstance(outcome_of(errors.Superseded("gone"), google.settings(), 1), Superseded)


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 4.0), (32, 4.0), (40, 5.0), (400, 50.0), (800, 60.0)])
def test_a_lasting_trouble_is_asked_about_ever_more_rarely(
    google: GoogleServer, attempt: int, seconds: float
) -> None:
    """An hour without an API costs some two hundred invocations, not nine hundred."""
    outcome = outcome_of(from_response("compute", "GET", "x", 503, None), google.settings(), attempt)

    assert outcome.wire()["retryAfter"] == seconds
