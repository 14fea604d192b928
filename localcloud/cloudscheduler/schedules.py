"""When a job is due, and how long it waits before it tries again [documented: scheduler/docs]."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from localcloud.wire.errors import Refused, invalid, not_implemented
from localcloud.wire.messages import Json

# unix-cron: five fields of numbers, names, lists, ranges and steps [documented: configuring/cron-job-schedules].
UNIX_CRON = re.compile(r"([0-9A-Za-z*/,-]+\s+){4}[0-9A-Za-z*/,-]+")
ENGLISH = re.compile(r"(?i)(every|\d+(st|nd|rd|th)|first|second|third|fourth|fifth)\b")
# What letters may say in it; others are extensions that unix-cron has not, as `L` and `W`.
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
NAMES = {*MONTHS, *DAYS}
WORD = re.compile(r"[A-Za-z]+")
DURATION = re.compile(r"(\d+(?:\.\d+)?)s")
LONGEST = 315_576_000_000.0  # seconds [documented: google.protobuf.Duration]
SHORTEST_PAUSE = 1.0  # seconds between two attempts [inferred]; without any they would never end
MOST_DOUBLINGS = 64  # beyond it a wait is longer than any limit


def check_schedule(schedule: str, zone: str) -> None:
    """Refuse a schedule or a time zone that is none.

    Raises:
        Refused: INVALID_ARGUMENT in Google's words [observed: schedules with seconds, in deployments of Firebase];
            UNIMPLEMENTED, the schedule is one in English.
    """
    if ENGLISH.match(schedule.strip()):
        raise not_implemented("schedules in English; write unix-cron")
    if not UNIX_CRON.fullmatch(schedule.strip()) or not NAMES.issuperset(WORD.findall(schedule.lower())):
        raise _invalid()
    next_time(schedule, zone, 0.0)


def next_time(schedule: str, zone: str, after: float) -> float:
    """The first moment (unix seconds) after `after` at which `schedule` is due in the time zone.

    Raises:
        Refused: INVALID_ARGUMENT, it never is, or one of the two is none.
    """
    if zone not in _zones():
        raise _invalid()
    try:
        begin = datetime.fromtimestamp(after, ZoneInfo(zone))
        return next(CronSim(schedule.strip(), begin)).timestamp()
    except (CronSimError, StopIteration):
        raise _invalid() from None


def backoff(retries: int, config: Json) -> float:
    """Seconds until the attempt after `retries` retries: doubled so many times, then growing by the same, to a limit.

    [documented: configuring/retry-jobs]
    """
    least, most = seconds(config["minBackoffDuration"]), seconds(config["maxBackoffDuration"])
    doublings = min(int(config["maxDoublings"]), MOST_DOUBLINGS)
    doubled = least * 2.0 ** min(retries, doublings)
    waits = doubled * max(1, retries - doublings + 1)
    return max(SHORTEST_PAUSE, min(waits, most))


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
    value = float(match[1])
    if value > LONGEST:
        raise invalid(f"A duration has at most {LONGEST:.0f} seconds: {duration[:40]!r}")  # words ours
    return value


@cache
def _zones() -> frozenset[str]:
    """The time zones that there are: of another name, files are sought."""
    return frozenset(available_timezones())


def _invalid() -> Refused:
    return invalid("Schedule or time zone is invalid.")
