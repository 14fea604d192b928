"""A plugin of coverage: an instance of a function that is killed still hands in what it ran.

The local cloud kills instances as containers are taken away, with SIGKILL, which leaves no time to write anything.
While coverage is measured they are asked with SIGTERM instead, on which coverage writes and then ends the process.
"""

from __future__ import annotations

import signal
from typing import Any


def coverage_init(registry: Any, options: dict[str, Any]) -> None:
    """Called in each process that is measured, forked ones included."""
    signal.SIGKILL = signal.SIGTERM  # type: ignore[misc]
