"""What an API refuses, in words that a person can act on."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetgate.client.errors import BAD_USAGE, FAILED, ClientError, client_errors
from fleetgate.client.following import publish
from fleetgate.client.target import Target, target_of
from tests.support.google_server import GoogleServer

PUBLISH = "POST /pubsub/v1/projects/hub/topics/fleetgate-requests:publish"


def refused(here: Target) -> ClientError:
    """What is told when publishing is refused."""
    with pytest.raises(ClientError) as told, client_errors("hub", here.requests):
        publish(here, {"action": "sweep"})
    return told.value


@pytest.mark.parametrize(
    ("status", "body", "words", "fix", "exit_status"),
    [
        (404, {"status": "NOT_FOUND", "message": "Resource not found"}, "fleetgate-requests does not exist",
         "FLEETGATE_PROJECT", BAD_USAGE),
        (403, {"status": "PERMISSION_DENIED", "message": "Permission 'pubsub.topics.publish' denied"},
         "Permission denied in hub", "ask its owner for pubsub.topics.publish", FAILED),
        (403, {"status": "PERMISSION_DENIED", "message": "off", "details": [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED",
             "metadata": {"service": "pubsub.googleapis.com"}}]},
         "pubsub.googleapis.com is not enabled in hub", "gcloud services enable pubsub.googleapis.com", FAILED),
        (401, {"status": "UNAUTHENTICATED", "message": "no"}, "token was refused", "gcloud auth", FAILED),
        (503, {"status": "UNAVAILABLE", "message": "later"}, "pubsub does not answer", "Try again", FAILED),
        (400, {"status": "INVALID_ARGUMENT", "message": "odd"}, "odd", "FLEETGATE_REGION", FAILED),
    ],
)  # fmt: skip
def test_a_refusal_says_what_to_do(
    google: GoogleServer,
    here: Target,
    status: int,
    body: dict[str, str],
    words: str,
    fix: str,
    exit_status: int,
) -> None:
    """A place where Fleetgate is not is bad usage; what cannot be helped from here is a failure."""
    google.answers[PUBLISH] = (status, {"error": {"code": status, **body}})

    told = refused(here)

    assert words in told.cause and fix in told.fix
    assert exit_status == told.exit_status


def test_a_token_file_that_is_gone_is_said_to_be(google: GoogleServer, tmp_path: Path) -> None:
    """The local cloud that it belonged to has ended, for instance."""
    missing = str(tmp_path / "gone")
    there = target_of("hub", "", {**google.environment(), "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": missing})

    told = refused(there)

    assert "no access token" in told.cause and missing in told.cause and "local cloud" in told.fix
    assert [] == google.requests


def test_who_may_not_publish_is_told_what_is_missing(google: GoogleServer, here: Target) -> None:
    """Also if the refusal has no word for it."""
    google.answers[PUBLISH] = (403, {"error": {"status": "PERMISSION_DENIED", "message": "no"}})

    assert "pubsub.topics.publish" in refused(here).fix
