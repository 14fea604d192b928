"""How long a server may work on a call: what the caller allows it."""

from __future__ import annotations

import math
import re

from localcloud.wire.messages import Request

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")


def time_limit(request: Request) -> float:
    """Seconds, infinite if none are told, or not so that it can be read.

    Google's APIs have a header for it [documented: apis/docs/system-parameters, X-Server-Timeout], API servers of
    clusters a parameter [documented: k8s.io/apiserver, endpoints/filters/request_deadline.go]. What they would answer
    when the time is over, nobody here waits for: the caller's own limit is as short.
    """
    told = request.headers.get("x-server-timeout", "")
    if re.fullmatch(r"\d+(\.\d+)?", told):
        return float(told)
    duration = _DURATION.fullmatch(request.one("timeout"))
    return float(duration[1]) * _UNITS[duration[2]] if duration else math.inf
