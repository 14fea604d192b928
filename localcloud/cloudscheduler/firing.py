"""Firing: a job that is enabled is due by its schedule, calls its target, and is tried again if that fails.

An execution begins when the one before has ended [documented: Job.schedule].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from localcloud.cloudscheduler.schedules import backoff, may_retry, next_time
from localcloud.cloudscheduler.service import ATTEMPTS, JOBS
from localcloud.google_apis import GOOGLE_APIS, local_path
from localcloud.serviceusage.identities import deprived
from localcloud.serviceusage.known import find
from localcloud.time.clock import Timer, rfc3339, seconds_of
from localcloud.wire.codes import rpc_status
from localcloud.wire.messages import Abort, Caller, Json, Request
from localcloud.wire.validation import decoded
from localcloud.world import Part, World

AGENT = "Google-Cloud-Scheduler"  # as the User-Agent [documented: HttpTarget.headers]
# What a job's status says of an answer [documented: google.rpc.Code, of HTTP statuses].
CODES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


@dataclass
class Firing:
    """The jobs that are waited for, by full name, and those that call just now: such a one may run itself."""

    world: World
    timers: dict[str, Timer] = field(default_factory=dict)
    under_way: set[str] = field(default_factory=set)

    def schedule(self, name: str) -> None:
        """Let a job fire at its next time, or not at all if it is not enabled; what was set before is forgotten."""
        self.forget(name)
        job = self.world.store[JOBS].get(name)
        if job is None or job["state"] != "ENABLED":
            return
        due = next_time(job["schedule"], job["timeZone"], self.world.clock.now)
        self._at(name, due, lambda: self._execute(name, due))

    def forget(self, name: str) -> None:
        """Let a job not fire any more."""
        if timer := self.timers.pop(name, None):
            timer.cancel()

    def force(self, name: str) -> None:
        """Let a job fire now, whatever its schedule and its state."""
        self._attempt(name)

    def _at(self, name: str, when: float, then: Callable[[], None]) -> None:
        self.timers[name] = self.world.clock.at(when, then)
        self._tell(name, scheduleTime=rfc3339(when))

    def _execute(self, name: str, begun: float, retries: int = 0) -> None:
        """One attempt of an execution that has begun then; after it, the next attempt or the next execution."""
        if self._attempt(name):
            self._next(name, begun)
            return
        job = self.world.store[JOBS].get(name) or {}
        if not job or not may_retry(retries, self.world.clock.now - begun, job["retryConfig"]):
            self._next(name, begun)
            return
        when = self.world.clock.now + backoff(retries, job["retryConfig"])
        self._at(name, when, lambda: self._execute(name, begun, retries + 1))

    def _next(self, name: str, begun: float) -> None:
        """What fell due while an execution was under way is done when that has ended, once."""
        job = self.world.store[JOBS].get(name)
        if job is None or job["state"] != "ENABLED":
            return
        missed = next_time(job["schedule"], job["timeZone"], begun)
        due = max(missed, self.world.clock.now)
        self._at(name, due, lambda: self._execute(name, due))

    def _attempt(self, name: str) -> bool:
        """Call the target; whether it succeeded. The job shows when it was tried, and how that ended."""
        job = self.world.store[JOBS].get(name)
        if job is None or name in self.under_way:
            return True
        self.under_way.add(name)
        try:
            status = self._call(name, job)
        finally:
            self.under_way.remove(name)
        if name in self.world.store[JOBS]:
            self._tell(name, status=status, lastAttemptTime=rfc3339(self.world.clock.now))
        return not status

    def _tell(self, name: str, **fields: Any) -> None:
        attempts = self.world.store[ATTEMPTS]
        attempts.put(name, {**(attempts.get(name) or {}), **fields})

    def _call(self, name: str, job: Json) -> Json:
        """The status of one call: empty if it succeeded.

        The service agent makes the account's token, by its role; without that the target is not called [documented:
        scheduler/docs/http-target-auth].
        """
        project = self.world.projects.get(name.split("/")[1])
        if deprived(self.world, project, find("cloudscheduler.googleapis.com")):
            return rpc_status("PERMISSION_DENIED", "")
        try:
            answer = self.world[GOOGLE_APIS].answer(self._request(name, job))
        except Abort:  # nobody answered
            return rpc_status("UNAVAILABLE", "")
        return {} if answer.status < 300 else rpc_status(CODES.get(answer.status, "UNKNOWN"), "")

    def _request(self, name: str, job: Json) -> Request:
        target = job["httpTarget"]
        url = urlsplit(target["uri"])
        headers = {key.lower(): value for key, value in target.get("headers", {}).items()}
        told = self.world.store[ATTEMPTS].get(name) or {}
        due = told.get("scheduleTime") or rfc3339(self.world.clock.now)
        headers |= {
            "user-agent": AGENT,
            "x-cloudscheduler": "true",
            "x-cloudscheduler-jobname": name.rsplit("/", 1)[-1],
            "x-cloudscheduler-scheduletime": rfc3339(seconds_of(due), 0),
        }
        return Request(
            target["httpMethod"],
            local_path(target["uri"], self.world.base_url) or url.path,
            parse_qs(url.query),
            headers,
            decoded(target.get("body", "")),
            Caller(target["oauthToken"]["serviceAccountEmail"]),
        )


FIRING: Part[Firing] = Part("the jobs of Cloud Scheduler that are waited for", Firing)
