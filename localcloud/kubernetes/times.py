"""Times as the Kubernetes API writes them, and ages as its tables print them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def rfc3339(seconds: float) -> str:
    """`2026-11-23T14:50:13Z` for unix `seconds`."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def since(timestamp: str | None, now: float) -> str:
    """The age of an RFC 3339 `timestamp` at `now`, as kubectl shows it; `<unknown>` without one."""
    if not timestamp:
        return "<unknown>"
    try:
        return short_duration(now - datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp())
    except (ValueError, OverflowError, AttributeError):
        return "<invalid>"


def time_fault(text: str) -> str:
    """What is wrong with an RFC 3339 time, in the words of Go's time.Parse; empty if nothing is [documented].

    Go names the part that it could not read; here that is the whole text, read as its year.
    """
    if RFC3339.fullmatch(text):
        try:
            datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
        except ValueError:
            return f'parsing time "{text}": day out of range'
        return ""
    return f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse "{text}" as "2006"'


def short_duration(seconds: float) -> str:
    """k8s.io/apimachinery's duration.HumanDuration [documented]: two units at most, coarser with age."""
    total = int(seconds)
    if total < 0:
        return "<invalid>" if total < -1 else "0s"
    if total < 120:
        return f"{total}s"
    minutes, hours, days = total // 60, total // 3600, total // 86400
    if minutes < 10:
        return _two(minutes, "m", total % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if days < 730:
        return f"{days}d"
    return _two(days // 365, "y", days % 365, "d") if days < 2920 else f"{days // 365}y"


def _two(major: int, unit: str, minor: int, small: str) -> str:
    return f"{major}{unit}{minor}{small}" if minor else f"{major}{unit}"
