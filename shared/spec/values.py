"""The single values of a spec: names, ports, ranges, times to live, each with its checks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    Tag,
    WithJsonSchema,
)

from shared.spec.locations import known_location, known_region, refusal
from shared.spec.ranges import pod_range, proxy_range, service_range

LABEL = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"  # RFC 1123 label
NAME = r"^[a-z]([a-z0-9-]*[a-z0-9])?$"  # RFC 1035 label: what Compute Engine and Services want
PROJECT = r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$"
HOSTNAME = r"^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"
PRECISE_HOSTNAME = HOSTNAME.replace(r"(\*\.)?", "")
HEADER = r"^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$"  # RFC 7230: a header's name
ACCOUNT = r"^[a-z0-9-]+@[a-z0-9.-]+\.(iam\.gserviceaccount|developer\.gserviceaccount|gserviceaccount)\.com$"
MACHINE = r"^[a-z][a-z0-9]*(-[a-z0-9]+)+$"

SWEEP_INTERVAL = (
    15 * 60
)  # seconds between two looks for leases that are over; the bootstrap's schedule says it too
MIN_TTL, MAX_TTL = 30 * 60, 30 * 86400  # a deploy takes about 20 minutes; beyond a month, leave the ttl out
# Seconds that a Service may be missing: the shortest is a look or two, the longest what the step's budget leaves after
# the slowest creation of a cluster.
MIN_SERVICE_WAIT, SERVICE_WAIT, MAX_SERVICE_WAIT = 60, 15 * 60, 30 * 60
_UNITS = {"d": 86400, "h": 3600, "m": 60}
_TTL = re.compile(r"([0-9]{1,6})([dhm])")
_WRONG_IN_PATHS = ("//", "/./", "/../", "%2f", "%2F", "#")
_PATH = re.compile(r"/(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*")


def ttl_seconds(value: object) -> int:
    """`8h`, `30m` or `2d` in seconds.

    Raises:
        PydanticCustomError: it has no unit or another form, or is outside 30 minutes to 30 days.
    """
    seconds = _seconds(value, "time to live", "8")
    if not MIN_TTL <= seconds <= MAX_TTL:
        raise refusal(
            f"{value} is outside 30m to 30d", "write 30m to 30d, or leave ttl out to keep it until torn down"
        )
    return seconds


def service_wait_seconds(value: object) -> int:
    """`10m` in seconds.

    Raises:
        PydanticCustomError: it has no unit or another form, or is outside 1 to 30 minutes.
    """
    seconds = _seconds(value, "time to wait", "10")
    if not MIN_SERVICE_WAIT <= seconds <= MAX_SERVICE_WAIT:
        raise refusal(f"{value} is outside 1m to 30m", "write 1m to 30m, or leave serviceWait out for 15m")
    return seconds


def _seconds(value: object, what: str, example: str) -> int:
    form = _TTL.fullmatch(value) if isinstance(value, str) else None
    if form is None:
        digits = re.match(r"[0-9]+", str(value))
        some = digits[0] if digits else example
        raise refusal(
            f"{value!r} is not a {what}", f"write a number and its unit: {some}m, {some}h or {some}d"
        )
    return int(form[1]) * _UNITS[form[2]]


def ttl_text(seconds: int) -> str:
    """Seconds in the largest unit that divides them: 28800 is `8h`."""
    unit = next(each for each, size in _UNITS.items() if seconds % size == 0)
    return f"{seconds // _UNITS[unit]}{unit}"


def route_path(value: str) -> str:
    """A path that a route may match or use as a replacement: the HTTPRoute CRD's own rule.

    Raises:
        PydanticCustomError: it is relative, not normal, or has characters that a path cannot have.
    """
    if not value.startswith("/"):
        raise refusal(f"{value!r} does not start with /", f"write /{value}")
    wrong = next((each for each in _WRONG_IN_PATHS if each in value), None)
    wrong = wrong or next((each for each in ("/..", "/.") if value.endswith(each)), None)
    if wrong:
        raise refusal(f"{value!r} contains {wrong}", "write the path without it, as a client sends it")
    if not _PATH.fullmatch(value):
        raise refusal(
            f"{value!r} has characters that a path cannot have", "percent-encode them: a space is %20"
        )
    return value


def own_name(value: object) -> object:
    """A name, not a path: everything is in one VPC network of the environment's own project.

    Raises:
        PydanticCustomError: it is a path, as a network of another project (Shared VPC) would be given.
    """
    if isinstance(value, str) and "/" in value:
        fault = f"{value!r} is a path; a network of another project (Shared VPC) is not supported"
        fix = f"write the name alone, of one in the environment's own project, such as {value.rpartition('/')[2]}"
        raise refusal(fault, fix)
    return value


def _variant(value: Any) -> str:
    return "#map" if isinstance(value, dict) else "#word"


Label = Annotated[str, Field(pattern=LABEL, max_length=63)]
Name = Annotated[str, Field(pattern=NAME, max_length=63)]
OwnName = Annotated[Name, BeforeValidator(own_name)]
Hostname = Annotated[str, Field(pattern=HOSTNAME, max_length=253)]
Port = Annotated[int, Field(strict=True, ge=1, le=65535)]
Flag = Annotated[bool, Field(strict=True)]
Region = Annotated[str, AfterValidator(known_region)]
Location = Annotated[str, AfterValidator(known_location)]
RoutePath = Annotated[str, Field(max_length=1024), AfterValidator(route_path)]
Ttl = Annotated[
    int,
    BeforeValidator(ttl_seconds),
    PlainSerializer(ttl_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,6}[dhm]$"}),
]
ServiceWait = Annotated[
    int,
    BeforeValidator(service_wait_seconds),
    PlainSerializer(ttl_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,6}[dhm]$"}),
]
ProxyRanges = Annotated[
    Annotated[Literal["auto"], Tag("#word")]
    | Annotated[Mapping[Region, Annotated[str, AfterValidator(proxy_range)]], Tag("#map")],
    Discriminator(_variant),
]
PodRange = Annotated[str, AfterValidator(pod_range)]
ServiceRange = Annotated[str, AfterValidator(service_range)]
Addresses = Annotated[
    Annotated[Literal["ephemeral", "static"], Tag("#word")] | Annotated[Mapping[Region, Name], Tag("#map")],
    Discriminator(_variant),
]
