"""Firing: by the schedule, in its time zone, as the job's account; again if that fails; never when it should not."""

from __future__ import annotations

import base64

import pytest

from localcloud.cloudscheduler.schedules import backoff, next_time
from localcloud.iam import grants
from localcloud.iam.access import ACCESS
from localcloud.request_path import REQUEST_PATH
from localcloud.serviceusage.identities import provision
from localcloud.serviceusage.known import find
from localcloud.time.clock import EPOCH, rfc3339
from localcloud.wire.messages import Json
from tests.localcloud.cloudscheduler.conftest import ACCOUNT, TARGET, TOPIC, Scheduler
from tests.support.projects import CLOUD_PROJECT as PROJECT

QUARTER = 900.0


def test_a_job_publishes_at_every_quarter_of_an_hour(scheduler: Scheduler) -> None:
    """As its account, whose call goes the way of every other."""
    scheduler.job()

    scheduler.wait(QUARTER - 1)
    assert 0 == scheduler.published()
    scheduler.wait(1)
    assert 1 == scheduler.published()
    scheduler.wait(2 * QUARTER)
    assert 2 == scheduler.published()
    job = scheduler.ok("GET", "jobs/sweep")
    assert {} == job["status"] and rfc3339(EPOCH + 3 * QUARTER) == job["lastAttemptTime"]
    assert rfc3339(EPOCH + 4 * QUARTER) == job["scheduleTime"]
    calls = [each for each in scheduler.world[REQUEST_PATH].log.calls if each.method.endswith(".publish")]
    assert [ACCOUNT] * 3 == [each.caller.identity for each in calls]


def test_a_schedule_is_read_in_its_time_zone(scheduler: Scheduler) -> None:
    """It is nine in London, and four in New York."""
    scheduler.job(schedule="30 4 * * *", timeZone="America/New_York")

    scheduler.wait(1800)
    assert 1 == scheduler.published()


def test_a_day_of_daylight_saving_has_no_hour_twice() -> None:
    """At two in the morning of 8 March 2026 it is three in New York."""
    before = next_time("30 1 * * *", "America/New_York", 1772920000.0)
    after = next_time("30 1 * * *", "America/New_York", before)

    assert 23 * 3600 == after - before


@pytest.mark.parametrize("verb", ["pause", "delete"])
def test_a_job_that_is_paused_or_gone_does_not_fire(scheduler: Scheduler, verb: str) -> None:
    """Nor does it leave anything that is due."""
    scheduler.job()

    if verb == "pause":
        scheduler.ok("POST", "jobs/sweep:pause", {})
    else:
        scheduler.ok("DELETE", "jobs/sweep")
    assert scheduler.world.clock.next_due() is None
    scheduler.wait(4 * QUARTER)
    assert 0 == scheduler.published()


def test_a_job_that_is_resumed_fires_once_at_each_time(scheduler: Scheduler) -> None:
    """What was missed is missed."""
    scheduler.job()
    for verb in ("resume", "pause", "resume", "resume"):
        scheduler.ok("POST", f"jobs/sweep:{verb}", {})

    scheduler.wait(2 * QUARTER)
    assert 2 == scheduler.published()


def test_a_job_runs_when_it_is_told_to(scheduler: Scheduler) -> None:
    """Also one that is paused."""
    scheduler.job()
    scheduler.ok("POST", "jobs/sweep:pause", {})

    scheduler.ok("POST", "jobs/sweep:run", {})
    assert 1 == scheduler.published()


def test_a_call_that_fails_is_made_again(scheduler: Scheduler) -> None:
    """After 5 seconds, then 10, then 20; then the job waits for its next time."""
    uri = TARGET["uri"].replace("news", "none")  # type: ignore[attr-defined]
    scheduler.job(httpTarget={**TARGET, "uri": uri}, retryConfig={"retryCount": 3})

    scheduler.wait(2 * QUARTER - 1)
    tried = [each for each in scheduler.world[REQUEST_PATH].log.calls if each.method.endswith(".publish")]
    assert [QUARTER, QUARTER + 5, QUARTER + 15, QUARTER + 35] == [each.when - EPOCH for each in tried]
    job = scheduler.ok("GET", "jobs/sweep")
    assert 5 == job["status"]["code"] and rfc3339(EPOCH + 2 * QUARTER) == job["scheduleTime"]


def test_a_call_that_succeeds_at_last_is_not_made_again(scheduler: Scheduler) -> None:
    """The next is at the next time."""
    uri = TARGET["uri"].replace("news", "late")  # type: ignore[attr-defined]
    scheduler.job(httpTarget={**TARGET, "uri": uri}, retryConfig={"retryCount": 3})

    scheduler.wait(QUARTER + 6)
    scheduler.root = f"pubsub/v1/projects/{PROJECT}/"
    scheduler.ok("PUT", "topics/late", {})
    scheduler.wait(QUARTER - 7)
    tried = [
        each.status for each in scheduler.world[REQUEST_PATH].log.calls if each.method.endswith(".publish")
    ]
    assert [404, 404, 200] == tried


def test_an_execution_waits_for_the_end_of_the_one_before(scheduler: Scheduler) -> None:
    """What fell due meanwhile is done once, when that has ended."""
    uri = TARGET["uri"].replace("news", "none")  # type: ignore[attr-defined]
    retry = {"retryCount": 1, "minBackoffDuration": "2000s"}
    scheduler.job(httpTarget={**TARGET, "uri": uri}, retryConfig=retry)

    scheduler.wait(QUARTER + 2001)
    tried = [
        each.when - EPOCH
        for each in scheduler.world[REQUEST_PATH].log.calls
        if each.method.endswith(".publish")
    ]
    assert [QUARTER, QUARTER + 2000, QUARTER + 2000] == tried


def test_time_between_attempts_doubles_and_then_grows_evenly() -> None:
    """Google's own example: 10, 20, 40, 80, 160, 240, 300 seconds."""
    config: Json = {"minBackoffDuration": "10s", "maxBackoffDuration": "300s", "maxDoublings": 3}

    assert [10, 20, 40, 80, 160, 240, 300, 300] == [backoff(retries, config) for retries in range(8)]


def test_an_account_without_a_right_publishes_nothing(scheduler: Scheduler) -> None:
    """The job says so, and the next time it may."""
    scheduler.job()
    scheduler.world[ACCESS].enforced = True

    scheduler.wait(QUARTER)
    scheduler.world[ACCESS].enforced = False
    assert 0 == scheduler.published()
    assert 7 == scheduler.ok("GET", "jobs/sweep")["status"]["code"]
    scheduler.world[ACCESS].enforced = True
    grants.grant(scheduler.world, TOPIC, "roles/pubsub.publisher", f"serviceAccount:{ACCOUNT}")
    scheduler.wait(QUARTER)
    scheduler.world[ACCESS].enforced = False
    assert 1 == scheduler.published()


def test_a_service_agent_that_lost_its_role_makes_no_tokens(scheduler: Scheduler) -> None:
    """The target is not called."""
    project = scheduler.world.projects.get(PROJECT)
    provision(scheduler.world, project, find("cloudscheduler.googleapis.com"))
    scheduler.job()
    grants.write(scheduler.world, f"projects/{PROJECT}", [])

    scheduler.wait(QUARTER)
    assert 0 == scheduler.published()
    assert 7 == scheduler.ok("GET", "jobs/sweep")["status"]["code"]


@pytest.mark.parametrize("doublings", [0, 5, 2000, 2**31 - 1])
def test_whatever_is_asked_for_a_wait_has_an_end(doublings: int) -> None:
    """And attempts have time between them."""
    config: Json = {"minBackoffDuration": "0s", "maxBackoffDuration": "3600s", "maxDoublings": doublings}
    assert 1.0 == backoff(3, config)
    assert 3600.0 == backoff(5000, config | {"minBackoffDuration": "5s"})


def test_a_body_needs_no_padding(scheduler: Scheduler) -> None:
    """The API takes it so; a job that could not be read would never fire again."""
    data = base64.b64encode(b'{"messages": [{"data": "aGk="}]}').decode()
    assert data.endswith("=")
    scheduler.job(httpTarget={**TARGET, "body": data.rstrip("=")})

    scheduler.wait(2 * QUARTER)
    assert 2 == scheduler.published()


def test_a_job_that_runs_itself_runs_once(scheduler: Scheduler) -> None:
    """It ends; the job goes on by its schedule."""
    uri = "https://cloudscheduler.googleapis.com/v1/" + scheduler.job()["name"] + ":run"
    scheduler.ok("PATCH", "jobs/sweep", {"httpTarget": {**TARGET, "uri": uri, "body": "e30="}})

    scheduler.wait(QUARTER)
    runs = [each for each in scheduler.world[REQUEST_PATH].log.calls if each.method.endswith(".run")]
    assert 1 == len(runs) and {} == scheduler.ok("GET", "jobs/sweep")["status"]
