"""Reads the log entries of one execution: `entries.list` of Cloud Logging, page by page.

The filter names the one log that functions write to, and a time to begin at: both are indexed, so that the search is
quick [documented: Logging query language]. It does not name the environment: in mode claim a function does not know it
yet, and an execution's id is unique.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from shared.google.answers import ANY, Form
from shared.json_types import Json

SERVICE = "logging"
PAGE = 1000  # entries: the most that the API gives at once [observed: gcloud asks for no more]
MARGIN = 60.0  # seconds by which an entry may seem older than its execution: clocks differ [inferred]
NEWEST = "timestamp desc"  # recommended for what was written lately; the default may take long [documented]
LOG = "run.googleapis.com%2Fstdout"  # what a service on Cloud Run prints [documented: Cloud Run, logging]


class Posting(Protocol):
    """Whoever can POST to one of Google's APIs: a `shared.google.session.Session`, or a local cloud."""

    def post(self, service: str, path: str, body: Any, form: Form | None = ..., /, **query: str) -> Json:
        """The answer's JSON.

        Raises:
            ApiError: the call was refused, or not answered.
        """
        ...


@dataclass(frozen=True)
class LogSource:
    """Where the log of one execution is: its project, its id, and the unix seconds at which it began."""

    project: str
    execution: str
    since: float

    @property
    def filter(self) -> str:
        """In the Logging query language."""
        moment = datetime.fromtimestamp(self.since - MARGIN, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        parts = (
            f'logName="projects/{self.project}/logs/{LOG}"',
            f'labels.execution="{self.execution}"',
            f'timestamp>="{moment}"',
        )
        return " AND ".join(parts)


def pages(calls: Posting, source: LogSource) -> Iterator[list[Json]]:
    """The entries of each page. A page may be empty and still not the last [documented: entries.list].

    Raises:
        ApiError: a page was refused, or not answered.
    """
    body: Json = {
        "resourceNames": [f"projects/{source.project}"],
        "filter": source.filter,
        "orderBy": NEWEST,
        "pageSize": PAGE,
    }
    while True:
        page = calls.post(SERVICE, "v2/entries:list", body, _is_page)
        yield page.get("entries", [])
        if not (token := page.get("nextPageToken")):
            return
        body = {**body, "pageToken": token}


def _is_page(answer: Any) -> bool:
    """Entries, a token, or nothing at all [documented: entries.list]; an object of other fields is not the API's."""
    entries, token = answer.get("entries", []), answer.get("nextPageToken", "")
    is_its = not answer or not answer.keys().isdisjoint({"entries", "nextPageToken"})
    return is_its and isinstance(token, str) and isinstance(entries, list) and all(map(ANY, entries))
