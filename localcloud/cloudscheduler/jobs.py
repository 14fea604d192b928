"""Jobs (cloudscheduler v1 projects.locations.jobs) whose target is a Google API of this cloud, with an access token."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from localcloud.cloudscheduler.firing import AGENT, FIRING
from localcloud.cloudscheduler.schedules import check_schedule, seconds
from localcloud.cloudscheduler.service import ATTEMPTS, JOBS, STEM, service
from localcloud.google_apis import GOOGLE_APIS, local_path
from localcloud.iam.accounts import exists
from localcloud.resources import in_location, location_path, require
from localcloud.service import Call, page
from localcloud.time.clock import rfc3339
from localcloud.wire.errors import Refused, invalid, not_implemented
from localcloud.wire.masks import masked
from localcloud.wire.messages import Json
from localcloud.world import World

NAME = re.compile(r"[A-Za-z0-9_-]{1,500}")  # [documented: Job.name]
OUTPUT = ("name", "state", "userUpdateTime", "scheduleTime", "lastAttemptTime", "status")
MAPS = ("headers",)
MOST = 500  # in one page [documented: ListJobsRequest]
MOST_TEXT = 500  # characters of a description [documented]
WITH_BODY = ("POST", "PUT", "PATCH")  # [documented: HttpTarget.body]
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
# [documented: RetryConfig, Job.attemptDeadline]
RETRY: Json = {
    "maxRetryDuration": "0s",
    "minBackoffDuration": "5s",
    "maxBackoffDuration": "3600s",
    "maxDoublings": 5,
}
DEADLINE, SHORTEST, LONGEST = "180s", 15.0, 1800.0


def create_job(world: World, name: str, given: Json) -> Json:
    """A job of this full name, enabled.

    Raises:
        Refused: INVALID_ARGUMENT, ALREADY_EXISTS, UNIMPLEMENTED.
    """
    if not NAME.fullmatch(name.rsplit("/", 1)[-1]):
        raise invalid(
            'Job name must be formatted: "projects/<PROJECT_ID>/locations/<LOCATION_ID>/jobs/<JOB_ID>".'
        )  # [observed: googleapis/nodejs-scheduler#114]
    if name in world.store[JOBS]:
        raise Refused("ALREADY_EXISTS", f"Job {name} already exists.")  # [observed: provider-google#16919]
    return _stored(world, name, {**given, "state": "ENABLED"})


@service.on(f"{STEM}.create")
def create(call: Call) -> Json:
    """Make a job; one without a name gets one."""
    parent = location_path(call)
    name = call.body.get("name") or f"{parent}/jobs/{call.world.ids.number()}"
    if name.rpartition("/jobs/")[0] not in (
        parent,
        call.request.path.partition("/v1/")[2].rpartition("/")[0],
    ):
        raise invalid(f"The job's name must begin with {parent}/jobs/; it is {name}.")
    return create_job(call.world, f"{parent}/jobs/{name.rpartition('/jobs/')[2]}", dict(call.body))


@service.on(f"{STEM}.get")
def get(call: Call) -> Json:
    """One job."""
    return _job(call)


@service.on(f"{STEM}.list")
def list_jobs(call: Call) -> Json:
    """The jobs of a location."""
    return page(call, "jobs", [_shown(call.world, each) for each in in_location(call, JOBS)], MOST)


@service.on(f"{STEM}.patch")
def patch(call: Call) -> Json:
    """Change a job; it is due by its new schedule from now on."""
    before = require(call, JOBS, _job(call)["name"])
    given = {key: value for key, value in call.body.items() if key not in OUTPUT}
    changed = masked(before, given, call.query("updateMask"), MAPS)
    own = {key: before[key] for key in OUTPUT if key in before}
    return _stored(call.world, before["name"], {**changed, **own})


@service.on(f"{STEM}.pause")
def pause(call: Call) -> Json:
    """Let a job not fire until it is resumed."""
    name = _job(call)["name"]
    call.world.store[JOBS].change(name, state="PAUSED")
    call.world[FIRING].forget(name)
    return _job(call)


@service.on(f"{STEM}.resume")
def resume(call: Call) -> Json:
    """Let a job fire by its schedule again; one that does so already is left alone."""
    job = _job(call)
    if job["state"] != "ENABLED":
        call.world.store[JOBS].change(job["name"], state="ENABLED")
        call.world[FIRING].schedule(job["name"])
    return _job(call)


@service.on(f"{STEM}.run")
def run(call: Call) -> Json:
    """Let a job fire now."""
    call.world[FIRING].force(_job(call)["name"])
    return _job(call)


@service.on(f"{STEM}.delete")
def delete(call: Call) -> Json:
    """Delete a job."""
    name = _job(call)["name"]
    call.world[FIRING].forget(name)
    call.world.store[JOBS].delete(name)
    call.world.store[ATTEMPTS].delete(name)
    return {}


def _job(call: Call) -> Json:
    job = require(call, JOBS, f"{location_path(call)}/jobs/{call.params['jobsId']}", "Job not found.")
    return _shown(call.world, job)


def _shown(world: World, job: Json) -> Json:
    return {**job, **(world.store[ATTEMPTS].get(job["name"]) or {})}


def _stored(world: World, name: str, given: Json) -> Json:
    for kind in ("appEngineHttpTarget", "pubsubTarget"):
        if kind in given:
            raise not_implemented(f"jobs with {kind}")
    job = {
        "timeZone": "UTC",
        "attemptDeadline": DEADLINE,
        **given,
        "name": name,
        "retryConfig": {**RETRY, **given.get("retryConfig", {})},
        "httpTarget": _target(world, name, given.get("httpTarget", {})),
        "userUpdateTime": rfc3339(world.clock.now, 0),
    }
    _check(job)
    world.store[JOBS].put(name, job)
    world[FIRING].schedule(name)
    return _shown(world, job)


def _check(job: Json) -> None:
    check_schedule(job.get("schedule", ""), job["timeZone"])
    if len(job.get("description", "")) > MOST_TEXT:
        raise invalid(f"The description has more than {MOST_TEXT} characters.")
    if not SHORTEST <= seconds(job["attemptDeadline"]) <= LONGEST:
        raise invalid(f"attemptDeadline must be between 15s and 1800s; it is {job['attemptDeadline']}.")
    retry = job["retryConfig"]
    for key in ("maxRetryDuration", "minBackoffDuration", "maxBackoffDuration"):
        seconds(retry[key])
    if int(retry["maxDoublings"]) < 0:
        raise invalid(f"maxDoublings must not be negative; it is {retry['maxDoublings']}.")
    if not 0 <= int(retry.get("retryCount", 0)) <= 5:
        raise invalid(f"retryCount must be between 0 and 5; it is {retry['retryCount']}.")


def _target(world: World, name: str, given: Json) -> Json:
    """The target with its defaults, if it is one that can be called here.

    Raises:
        Refused: INVALID_ARGUMENT; UNIMPLEMENTED, it is no Google API of this cloud, or called without its token.
    """
    uri = given.get("uri", "")
    if not _is_uri(uri):
        raise invalid(f"The URI must begin with http:// or https://; it is {uri!r}.")
    path = local_path(uri, world.base_url)
    if path is None or not world[GOOGLE_APIS].serves(path):
        raise not_implemented(f"jobs that call {urlsplit(uri).netloc}; it calls Google's APIs that are here")
    if "oauthToken" not in given:
        raise not_implemented("jobs that call without an oauthToken")
    method = given.get("httpMethod", "POST")
    if given.get("body") and method not in WITH_BODY:
        raise invalid(f"A body is allowed with {', '.join(WITH_BODY)} alone, not with {method}.")
    return {
        **given,
        "httpMethod": method,
        "headers": _headers(given),
        "oauthToken": {"scope": SCOPE, **_account(world, name, given["oauthToken"])},
    }


def _is_uri(text: str) -> bool:
    try:
        return urlsplit(text).scheme in ("http", "https")
    except ValueError:
        return False


def _headers(given: Json) -> dict[str, Any]:
    """With what Google adds [documented: HttpTarget.headers]."""
    headers = {**given.get("headers", {}), "User-Agent": AGENT}
    if given.get("body") and "content-type" not in {key.lower() for key in headers}:
        headers["Content-Type"] = "application/octet-stream"
    return headers


def _account(world: World, name: str, token: Json) -> Json:
    """The token of an account of the job's own project [documented: OAuthToken], which must be there; words ours."""
    email, project = token.get("serviceAccountEmail", ""), name.split("/")[1]
    own = (
        f"@{project}.iam.gserviceaccount.com",
        "@developer.gserviceaccount.com",
        "@appspot.gserviceaccount.com",
    )
    if not email.endswith(own):
        raise invalid(f"The service account must be within the project {project}; it is {email!r}.")
    if not exists(world, email):
        raise Refused("NOT_FOUND", f"The service account {email} does not exist.")
    return token
