"""When a job is due, and how long it waits before it tries again [documented: scheduler/docs]."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from localcloud.wire.errors import Refused, invalid, not_implemented
from localcloud.wire.messages import Json

# unix-cron: five fields of numbers, names, lists, ranges and steps [documented: configuring/cron-job-schedules].
UNIX_CRON = re.compile(r"([0-9A-Za-z*/,-]+\s+){4}[0-9A-Za-z*/,-]+")
ENGLISH = re.compile(r"(?i)(every|\d+(st|nd|rd|th)|first|second|third|fourth|fifth)\b")
LAST = re.compile(r"(?i)\bL\b|\dL\b")  # an extension that unix-cron has not
DURATION = re.compile(r"(\d+(?:\.\d+)?)s")


def check_schedule(schedule: str, zone: str) -> None:
    """Refuse a schedule or a time zone that is none.

    Raises:
        Refused: INVALID_ARGUMENT in Google's words [observed: schedules with seconds, in deployments of Firebase];
            UNIMPLEMENTED, the schedule is one in English.
    """
    if ENGLISH.match(schedule.strip()):
        raise not_implemented("schedules in English; write unix-cron")
    if not UNIX_CRON.fullmatch(schedule.strip()) or LAST.search(schedule):
        raise _invalid()
    next_time(schedule, zone, 0.0)


def next_time(schedule: str, zone: str, after: float) -> float:
    """The first moment (unix seconds) after `after` at which `schedule` is due in the time zone.

    Raises:
        Refused: INVALID_ARGUMENT, it never is, or one of the two is none.
    """
    try:
        begin = datetime.fromtimestamp(after, ZoneInfo(zone))
        return next(CronSim(schedule.strip(), begin)).timestamp()
    except (CronSimError, StopIteration, ZoneInfoNotFoundError, ValueError):
        raise _invalid() from None


def backoff(retries: int, config: Json) -> float:
    """Seconds until the attempt after `retries` retries: doubled so many times, then growing by the same, to a limit.

    [documented: configuring/retry-jobs]
    """
    least, most = seconds(config["minBackoffDuration"]), seconds(config["maxBackoffDuration"])
    doublings = int(config["maxDoublings"])
    longest = least * 2**doublings
    waits = least * 2**retries if retries <= doublings else longest * (retries - doublings + 1)
    return float(min(waits, most))


def may_retry(retries: int, elapsed: float, config: Json) -> bool:
    """Whether a failed job is tried again after so many retries and seconds: until both limits are reached, where
    both are given [documented: RetryConfig]."""
    count, limit = int(config.get("retryCount", 0)), seconds(config["maxRetryDuration"])
    return retries < count if not limit else retries < count or elapsed < limit


def seconds(duration: str) -> float:
    """Of a duration as JSON writes it (`3.5s`).

    Raises:
        Refused: INVALID_ARGUMENT.
    """
    match = DURATION.fullmatch(duration)
    if match is None:
        raise invalid(f"Illegal duration format; duration must end with 's': {duration!r}")
    return float(match[1])


def _invalid() -> Refused:
    return invalid("Schedule or time zone is invalid.")
