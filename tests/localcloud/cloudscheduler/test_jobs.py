"""Jobs: what is given is shown with Google's defaults, what Google refuses is refused."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.iam.access import ACCESS, define_role
from localcloud.iam.grants import grant
from localcloud.wire.errors import NOT_IMPLEMENTED
from tests.localcloud.cloudscheduler.conftest import ACCOUNT, JOB, NAME, PLACE, TARGET, Scheduler
from tests.support.projects import CLOUD_PROJECT as PROJECT


def test_a_job_is_kept_until_it_is_deleted(scheduler: Scheduler) -> None:
    """To its fields Google adds what was not said."""
    made = scheduler.job(retryConfig={"retryCount": 3})

    assert made == scheduler.ok("GET", "jobs/sweep")
    assert {"schedule": "*/15 * * * *", "timeZone": "Etc/UTC", "state": "ENABLED"}.items() <= made.items()
    assert "180s" == made["attemptDeadline"]
    assert {
        "retryCount": 3,
        "maxRetryDuration": "0s",
        "minBackoffDuration": "5s",
        "maxBackoffDuration": "3600s",
        "maxDoublings": 5,
    } == made["retryConfig"]
    assert {**TARGET["headers"], "User-Agent": "Google-Cloud-Scheduler"} == made["httpTarget"]["headers"]  # type: ignore[dict-item]
    assert "2026-01-05T09:15:00.000000000Z" == made["scheduleTime"]
    assert {"jobs": [made]} == scheduler.ok("GET", "jobs")
    assert {} == scheduler.ok("DELETE", "jobs/sweep")
    assert (404, "NOT_FOUND") == scheduler.refusal("GET", "jobs/sweep")[:2]


def test_a_body_of_no_type_gets_one(scheduler: Scheduler) -> None:
    """And the whole of Google Cloud is a token's scope that has none."""
    target = {**TARGET, "headers": {}, "oauthToken": {"serviceAccountEmail": ACCOUNT}}
    shown = scheduler.job(httpTarget=target)["httpTarget"]

    assert "application/octet-stream" == shown["headers"]["Content-Type"]
    assert "https://www.googleapis.com/auth/cloud-platform" == shown["oauthToken"]["scope"]


def test_a_change_takes_what_its_mask_names(scheduler: Scheduler) -> None:
    """The job is due by its new schedule."""
    scheduler.job(description="Old.")

    body = {"schedule": "0 12 * * *", "description": "New."}
    changed = scheduler.ok("PATCH", "jobs/sweep", body, updateMask="schedule")
    assert ("0 12 * * *", "Old.") == (changed["schedule"], changed["description"])
    assert "2026-01-05T12:00:00.000000000Z" == changed["scheduleTime"]


def test_a_job_is_paused_and_resumed(scheduler: Scheduler) -> None:
    """To resume one that was not paused is no fault: Terraform always does."""
    scheduler.job()

    states = [
        scheduler.ok("POST", f"jobs/sweep:{verb}", {})["state"]
        for verb in ("resume", "pause", "pause", "resume")
    ]
    assert ["ENABLED", "PAUSED", "PAUSED", "ENABLED"] == states


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"schedule": "*/15 * * * * *"}, 400, "Schedule or time zone is invalid."),
        ({"schedule": "61 * * * *"}, 400, "Schedule or time zone is invalid."),
        ({"schedule": ""}, 400, "Schedule or time zone is invalid."),
        ({"schedule": "0 0 30 2 *"}, 400, "Schedule or time zone is invalid."),
        ({"schedule": "0 0 L * *"}, 400, "Schedule or time zone is invalid."),
        ({"schedule": "0 0 LW * *"}, 400, "Schedule or time zone is invalid."),
        ({"timeZone": "Mars/Olympus"}, 400, "Schedule or time zone is invalid."),
        ({"timeZone": "America"}, 400, "Schedule or time zone is invalid."),
        ({"timeZone": "a" * 5000}, 400, "Schedule or time zone is invalid."),
        ({"retryConfig": {"maxDoublings": -1}}, 400, "maxDoublings must not be negative"),
        ({"retryConfig": {"maxDoublings": 2**31}}, 400, "(INT32)"),
        ({"retryConfig": {"minBackoffDuration": "9" * 400 + "s"}}, 400, "at most 315576000000 seconds"),
        ({"schedule": "every 15 minutes"}, NOT_IMPLEMENTED, "schedules in English"),
        ({"name": f"{PLACE}/jobs/no such"}, 400, "Job name must be formatted"),
        ({"name": f"projects/{PROJECT}/locations/us-west1/jobs/x"}, 400, "must begin with"),
        ({"retryConfig": {"retryCount": 6}}, 400, "between 0 and 5"),
        ({"retryConfig": {"minBackoffDuration": "5"}}, 400, "Illegal duration format"),
        ({"attemptDeadline": "1s"}, 400, "between 15s and 1800s"),
        ({"httpTarget": {**TARGET, "uri": "pubsub"}}, 400, "must begin with http"),
        ({"httpTarget": {**TARGET, "uri": "http://["}}, 400, "must begin with http"),
        ({"httpTarget": {**TARGET, "uri": "https://example.com/"}}, NOT_IMPLEMENTED, "example.com"),
        ({"httpTarget": {**TARGET, "uri": "https://vision.googleapis.com/v1/x"}}, NOT_IMPLEMENTED, "vision"),
        ({"httpTarget": {**TARGET, "httpMethod": "GET"}}, 400, "A body is allowed with"),
        ({"httpTarget": {**TARGET, "oauthToken": None}}, NOT_IMPLEMENTED, "without an oauthToken"),
        (
            {
                "httpTarget": {
                    **TARGET,
                    "oauthToken": {"serviceAccountEmail": "x@other.iam.gserviceaccount.com"},
                }
            },
            400,
            "must be within the project",
        ),
        (
            {"httpTarget": {**TARGET, "oauthToken": {"serviceAccountEmail": ACCOUNT.replace("s", "z", 1)}}},
            404,
            "does not exist",
        ),
        ({"pubsubTarget": {"topicName": "t"}}, NOT_IMPLEMENTED, "pubsubTarget"),
        ({"shedule": ""}, 400, 'Unknown name "shedule"'),
    ],
)
def test_a_job_that_cannot_be_is_refused(scheduler: Scheduler, fields: Any, status: int, words: str) -> None:
    """And nothing is kept of it."""
    refused = scheduler.refusal("POST", "jobs", {**JOB, **fields})

    assert status == refused[0] and words in refused[2]
    assert {} == scheduler.ok("GET", "jobs")


def test_a_name_is_given_once(scheduler: Scheduler) -> None:
    """In Google's words."""
    scheduler.job()

    assert (409, "ALREADY_EXISTS", f"Job {NAME} already exists.") == scheduler.refusal("POST", "jobs", JOB)


def test_who_makes_a_job_acts_as_its_account(scheduler: Scheduler) -> None:
    """In Google's words; then the job is made."""
    scheduler.world[ACCESS].enforced = True
    role, who = f"projects/{PROJECT}/roles/maker", "user:user@example.com"

    words = (
        'The principal (user or service account) lacks IAM permission "cloudscheduler.jobs.create" for the '
    )
    words += f'resource "{PLACE}" (or the resource may not exist).'
    assert words == scheduler.refusal("POST", "jobs", JOB)[2]
    define_role(scheduler.world, role, ["cloudscheduler.jobs.create"])
    grant(scheduler.world, f"projects/{PROJECT}", role, who)
    assert "iam.serviceAccounts.actAs" in scheduler.refusal("POST", "jobs", JOB)[2]
    grant(
        scheduler.world, f"projects/{PROJECT}/serviceAccounts/{ACCOUNT}", "roles/iam.serviceAccountUser", who
    )
    assert "ENABLED" == scheduler.job()["state"]
