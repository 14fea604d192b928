"""Log entries as Cloud Logging gives those of a function's lines, and a log that a `GoogleServer` serves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.support.google_server import NOW, GoogleServer

Json = dict[str, Any]

EXECUTION = "x-1"
LIST = "POST /logging/v2/entries:list"


def change(name: str) -> Json:
    """A cluster that was created."""
    return {"verb": "create", "resource": f"projects/shop-prod/locations/us-west1-a/clusters/{name}"}


def entry(  # one a field
    step: str = "clusters",
    mode: str = "apply",
    attempt: int = 1,
    *,
    invocation: str = "",
    part: int = 1,
    parts: int = 1,
    callback: str = "sent",
    execution: str = EXECUTION,
    after: float = 0.0,
    **lists: Any,
) -> Json:
    """One entry, written `after` seconds; `lists` are `changes`, `traffic`, …"""
    invocation = invocation or f"{attempt:08x}"
    moment = datetime.fromtimestamp(NOW + after, UTC).isoformat(timespec="microseconds")
    labels = {
        "environment": "store",
        "generation": "1-77",
        "execution": execution,
        "step": step,
        "mode": mode,
    }
    return {
        "logName": "projects/hub/logs/run.googleapis.com%2Fstdout",
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": f"fleetgate-{step}"}},
        "labels": {**labels, "instanceId": "00a1"},
        "timestamp": moment.replace("+00:00", "Z"),
        "insertId": f"{step}-{mode}-{attempt}-{invocation}-{part}",
        "severity": "INFO",
        "jsonPayload": {
            "message": f"{step} done",
            "attempt": attempt,
            "invocation": invocation,
            "part": part,
            "parts": parts,
            "callback": callback,
            **({"answer": {"outcome": "done"}} if part == 1 else {}),
            **lists,
        },
    }


@dataclass
class FakeLog:
    """Serves its entries as `entries.list`, newest first, `page` at a time; `asked` are the bodies that came."""

    entries: list[Json] = field(default_factory=list)
    page: int = 1000
    asked: list[Json] = field(default_factory=list)

    def at(self, google: GoogleServer) -> FakeLog:
        """Make it the log of this server."""
        google.answers[LIST] = self._answer
        return self

    def _answer(self, body: Json, _: object) -> Json:
        self.asked.append(body)
        first = int(body.get("pageToken") or 0)
        ordered: Sequence[Json] = sorted(self.entries, key=lambda each: str(each["timestamp"]), reverse=True)
        shown, rest = ordered[first : first + self.page], ordered[first + self.page :]
        return {"entries": shown} | ({"nextPageToken": str(first + self.page)} if rest else {})
