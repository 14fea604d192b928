"""An error leaves the step as what the workflow must do."""

from __future__ import annotations

from typing import Any

import pytest

from shared import errors
from shared.google.refusals import from_response
from shared.spec import InvalidRequest, parse_request
from shared.step.error_outcomes import outcome_of
from shared.step.outcome import Blocked, Failed, Superseded, Waiting
from tests.support.google_server import GoogleServer
from tests.support.refusals import AGENT, BUSY, NO_SPACE, OFF, POLICY, QUOTA, compute, newer


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
        (403, newer("PERMISSION_DENIED", QUOTA), Blocked, "QUOTA_EXCEEDED"),
        (412, compute("conditionNotMet", POLICY), Blocked, "POLICY_VIOLATED"),
        (403, newer("PERMISSION_DENIED", AGENT), Blocked, "GKE_AGENT_WITHOUT_ROLE"),
        (429, newer("RESOURCE_EXHAUSTED", NO_SPACE), Blocked, "RANGES_EXHAUSTED"),
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


def test_the_agents_role_is_given_back_by_the_fix(google: GoogleServer) -> None:
    """Its address has the project's number, which the command looks up."""
    denied = from_response("container", "POST", "v1/projects/p/x", 403, newer("PERMISSION_DENIED", AGENT))
    fix = outcome_of(denied, google.settings(), 1).wire()["fix"]

    assert fix.startswith("gcloud projects add-iam-policy-binding p --role=roles/container.serviceAgent")
    assert "container-engine-robot" in fix and "gcloud projects describe p" in fix


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


@pytest.mark.parametrize(("waited", "outcome"), [(599.0, "waiting"), (601.0, "blocked")])
def test_what_stays_in_use_is_somebodys(google: GoogleServer, waited: float, outcome: str) -> None:
    """Google knows of the end of a use some minutes later; after that a person must act."""
    used = errors.InUse("compute", "DELETE", "p/x", 400, "resourceInUseByAnotherResource", "used by p/y")
    told = outcome_of(used, google.settings(), 1, waited=waited).wire()

    assert outcome == told["outcome"]
    assert "STILL_IN_USE" == told.get("code", "STILL_IN_USE")
    assert "used by p/y" in str(told)
