"""`time`, `sys` and `uuid`: what depends on clock, chance or execution [documented: stdlib]."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from localcloud.workflows.errors import fail
from localcloud.workflows.host import Host
from localcloud.workflows.library.registry import expect, function, host_function

SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")


@function("time.format", "seconds", timezone="UTC")
def time_format(seconds: Any, timezone: Any) -> str:
    """ISO 8601 text of unix seconds, in UTC (`Z`) or in a named zone (with its offset)."""
    when = expect(seconds, (int, float), "time.format")
    try:
        zone = ZoneInfo(expect(timezone, str, "time.format"))
        moment = datetime.fromtimestamp(when, zone)
    except (ZoneInfoNotFoundError, ValueError, OverflowError, OSError) as error:
        raise fail("ValueError", f"time.format: {error}") from None
    return moment.isoformat().replace("+00:00", "Z")


@function("time.parse", "value")
def time_parse(value: Any) -> float:
    """Unix seconds of an ISO 8601 text."""
    return parse_timestamp(value, "time.parse")


def parse_timestamp(value: Any, where: str) -> float:
    """Unix seconds of an ISO 8601 text; one without an offset is UTC.

    Raises:
        WorkflowError: TypeError, no string; ValueError, no timestamp.
    """
    try:
        moment = datetime.fromisoformat(expect(value, str, where))
    except ValueError:
        raise fail("ValueError", f"{where}: not a timestamp: {value!r}") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@host_function("sys.now")
def now(host: Host) -> float:
    """Unix seconds, as a double."""
    return float(host.now)


@host_function("sys.get_env", "name", default=None)
def get_env(host: Host, name: Any, default: Any) -> Any:
    """A built-in or user variable of the execution, or the default.

    Raises:
        WorkflowError: KeyError, there is neither.
    """
    value = host.environment(expect(name, str, "sys.get_env"))
    if value is not None:
        return value
    if default is None:
        raise fail("KeyError", f"environment variable not found: {name}")
    return default


@host_function("uuid.generate")
def generate(host: Host) -> str:
    """A random UUID."""
    return host.uuid()


@host_function("events.create_callback_endpoint", http_callback_method="POST")
def create_callback_endpoint(host: Host, http_callback_method: Any) -> dict[str, str]:
    """A new endpoint, as {url}.

    Raises:
        WorkflowError: ValueError, no method of HTTP that a callback can have.
    """
    method = expect(http_callback_method, str, "events.create_callback_endpoint")
    if method not in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        raise fail("ValueError", f"events.create_callback_endpoint: unsupported method '{method}'")
    return {"url": host.create_callback(method)}


def write_log(host: Host, arguments: dict[str, Any]) -> None:
    """`sys.log`: one of data, text and json, with a severity.

    Raises:
        WorkflowError: ValueError, none or several payloads, or an unknown severity.
    """
    given = [arguments[key] for key in ("data", "text", "json") if arguments.get(key) is not None]
    if len(given) > 1:
        raise fail("ValueError", "sys.log: only one of data, text and json can be given")
    severity = arguments.get("severity") or "DEFAULT"
    if severity not in SEVERITIES:
        raise fail("ValueError", f"sys.log: unknown severity '{severity}'")
    host.log(severity, given[0] if given else None)
