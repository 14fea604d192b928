"""How an instance sleeps: in the cloud's time, as everything else that it waits for.

Where time jumps, real seconds would say nothing; where it runs faster than the machine's, they would be too long. So
the platform's side of the process answers for `time.sleep`, too: it asks the cloud, by the port that the instance has
for its metadata, and has its answer when the seconds are over.
"""

from __future__ import annotations

import http.client
import time
from typing import SupportsIndex

from localcloud.wire.messages import Request, Response

PATH = "/localcloud/pause"  # of no API: only this module asks for it


def install(host: str) -> None:
    """Let this process sleep by the cloud's clock; `host` is the instance's metadata server."""

    def sleep(seconds: float | SupportsIndex) -> None:
        connection = http.client.HTTPConnection(host)
        connection.request("GET", f"{PATH}?seconds={seconds}")
        connection.getresponse().read()
        connection.close()

    time.sleep = sleep


def seconds_of(request: Request) -> float | None:
    """How long an instance asks to sleep; None if it asks for something else."""
    return float(request.one("seconds")) if request.path == PATH else None


def over() -> Response:
    """The answer, when the time has passed."""
    return Response(200)
